// diff: two versions of a master, held against each other.

#include <pier/analysis/difference.hpp>

#include "task_kind.hpp"

namespace pier::workflows::impl {
namespace {

Result<json::object> run(const json::object& params, ChildFiles& files, const Progress& progress) {
  PIER_TRY(const json::object old_json, get_object(params, "old"));
  PIER_TRY(const json::object new_json, get_object(params, "new"));
  PIER_TRY(const media::Facts old_facts, media::facts_from_json(old_json));
  PIER_TRY(const media::Facts new_facts, media::facts_from_json(new_json));
  analysis::CompareOptions options;
  options.threads = static_cast<int>(std::max<int64_t>(1, int_or(params, "threads", 1)));
  options.on_progress = progress;
  PIER_TRY(const analysis::Difference found,
           analysis::compare(files.source, old_facts, files.other, new_facts, options));
  return analysis::to_json(found);
}

}  // namespace

const TaskKind kDiffTask{"diff", 1, false, nullptr, run, nullptr};

}  // namespace pier::workflows::impl
