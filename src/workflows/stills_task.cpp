// stills: pictures of a master for a report, as JPEG inside one JSON object.

#include <pier/reports/stills.hpp>

#include "task_kind.hpp"

namespace pier::workflows::impl {
namespace {

Result<json::object> run(const json::object& params, ChildFiles& files, const Progress& progress) {
  PIER_TRY(const json::object facts_json, get_object(params, "facts"));
  PIER_TRY(const media::Facts facts, media::facts_from_json(facts_json));
  PIER_TRY(const json::array asked, get_array(params, "requests"));
  PIER_TRY(const std::vector<reports::StillRequest> requests, reports::requests_from_json(asked));
  const int threads = static_cast<int>(std::max<int64_t>(1, int_or(params, "threads", 1)));
  PIER_TRY(const reports::Stills stills, reports::make_stills(files.source, facts, requests, threads,
                                                              [&](double share) { return progress(share, 0); }));
  PIER_CHECK(write_all(files.outputs.at(0), as_bytes(json::serialize(reports::to_json(stills)))));
  return json::object{{"stills", static_cast<int64_t>(stills.made.size())}};
}

}  // namespace

const TaskKind kStillsTask{"stills", 1, false, nullptr, run, nullptr};

}  // namespace pier::workflows::impl
