// bundle: the pictures around a finding, without loss, into the scratch file (which here has a name: the caller's).

#include <pier/reports/bundle.hpp>

#include "task_kind.hpp"

namespace pier::workflows::impl {
namespace {

Result<json::object> run(const json::object& params, ChildFiles& files, const Progress& progress) {
  PIER_TRY(const json::object facts_json, get_object(params, "facts"));
  PIER_TRY(const media::Facts facts, media::facts_from_json(facts_json));
  PIER_TRY(const json::object finding_json, get_object(params, "finding"));
  PIER_TRY(const analysis::Finding finding, analysis::finding_from_json(finding_json));
  const int threads = static_cast<int>(std::max<int64_t>(1, int_or(params, "threads", 1)));
  PIER_TRY(const reports::BundledFrames frames,
           reports::write_bundle(files.source, facts, finding, files.scratch, threads,
                                 [&](double share) { return progress(share, 0); }));
  return reports::to_json(frames);
}

}  // namespace

const TaskKind kBundleTask{"bundle", 1, false, nullptr, run, nullptr};

}  // namespace pier::workflows::impl
