// compare: figures of quality of one file against another. What was found is long: it goes into the scratch file.

#include <pier/quality/compare.hpp>

#include "task_kind.hpp"

namespace pier::workflows::impl {
namespace {

Result<quality::CompareOptions> options_of(const json::object& params) {
  quality::CompareOptions options;
  options.threads = static_cast<int>(std::max<int64_t>(1, int_or(params, "threads", 1)));
  options.worst = static_cast<size_t>(std::max<int64_t>(0, int_or(params, "worst", 0)));
  PIER_TRY(const json::array names, get_array(params, "metrics"));
  for (const json::value& name : names) {
    PIER_TRY(const quality::Metric metric, quality::metric_from(std::string_view(name.as_string())));
    options.metrics.push_back(metric);
  }
  const std::string offset = string_or(params, "offset", "");
  if (!offset.empty()) {
    PIER_TRY(const Rational seconds, quality::parse_offset(offset));
    options.offset = seconds;
  }
  return options;
}

Result<json::object> run(const json::object& params, ChildFiles& files, const Progress& progress) {
  PIER_TRY(const json::object reference_json, get_object(params, "reference"));
  PIER_TRY(const json::object test_json, get_object(params, "test"));
  PIER_TRY(const media::Facts reference, media::facts_from_json(reference_json));
  PIER_TRY(const media::Facts test, media::facts_from_json(test_json));
  PIER_TRY(quality::CompareOptions options, options_of(params));
  options.on_progress = progress;
  PIER_TRY(const quality::Comparison found, quality::compare(files.source, reference, files.other, test, options));
  PIER_CHECK(write_all(files.scratch, as_bytes(json::serialize(quality::to_json(found)))));
  return json::object{{"compared", found.pictures.size()}};
}

}  // namespace

const TaskKind kCompareTask{"compare", 1, false, nullptr, run, nullptr};

}  // namespace pier::workflows::impl
