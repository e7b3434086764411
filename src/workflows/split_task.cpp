// split: the pictures of a long master become ranges, each a task of its own; the analysis waits for them.

#include "analysis_inputs.hpp"
#include "costs.hpp"

namespace pier::workflows::impl {
namespace {

/// Of the facts what the analysis of pictures depends on: not what is told of the file they lie in.
json::object facts_of_pictures(const json::object& facts) {
  const auto main = static_cast<size_t>(int_or(facts, "main_video", 0));
  json::object video = facts.at("video").as_array().at(main).as_object();
  for (const char* of_the_file : {"bitrate", "carriers", "disagreements", "duration", "frames"})
    video.erase(of_the_file);
  return {{"video", std::move(video)}, {"timecode", string_or(facts, "timecode", "")}};
}

Result<Work> prepare(Context& context, const TaskRow& task) {
  PIER_TRY(const catalogue::AssetRow asset, asset_of(context, task));
  PIER_TRY(const json::object params, analysis_params(asset, 1));
  PIER_TRY(const std::vector<TaskRow> before, dependency_rows(context, task));
  PIER_TRY(const std::vector<ObjectKey> keys, objects_of(before.at(0).result));
  constexpr uint64_t kLimit = 1U << 30U;
  PIER_TRY(const Bytes table, storage::read_all(context.store, keys.at(1), kLimit));
  PIER_TRY(const analysis::PacketTable packets, analysis::packet_table_from_bytes(table));
  PIER_TRY(const media::Facts facts, media::facts_from_json(params.at("facts").as_object()));
  const std::vector<analysis::PartRange> ranges = analysis::plan_parts(packets, frames_of_a_part(facts));
  json::array parts;
  for (const analysis::PartRange& range : ranges) {
    if (ranges.size() == 1) break;  // time stamps do not allow more: in one piece then
    parts.emplace_back(json::object{
        {"range", analysis::to_json(range)},
        {"coded", to_hex(analysis::coded_digest(packets, range))},
        {"demand", to_json(part_demand(facts, static_cast<double>(range.frames.value_or(frames_of_a_part(facts)))))}});
  }
  Work work;
  work.params = {{"asset", asset.id},
                 {"facts", facts_of_pictures(asset.facts.as_object())},
                 {"in", params.at("in")},
                 {"out", params.at("out")},
                 {"parts", std::move(parts)}};
  return work;
}

Result<json::object> commit(Context&, Transaction& tx, const TaskRow& task, const json::object& planned,
                            std::span<const ObjectInfo>) {
  PIER_TRY(const std::string analysis, get_string(task.params.as_object(), "analysis"));
  const json::array& parts = planned.at("parts").as_array();
  for (const json::value& part : parts) {
    const json::object inputs{{"coded", part.at("coded")},    {"range", part.at("range")},
                              {"facts", planned.at("facts")}, {"in", planned.at("in")},
                              {"out", planned.at("out")},     {"engine", analysis::kEngineVersion}};
    jobs::NewTask next =
        pure_task(task, kPartTask, {{"asset", planned.at("asset")}, {"range", part.at("range")}}, inputs);
    apply(demand_from_json(part.at("demand").as_object()), next);
    PIER_TRY(const TaskRow added, jobs::add_task(tx, task.job_id, next));
    PIER_CHECK(jobs::add_dependency(tx, analysis, added.id));
  }
  return json::object{{"parts", static_cast<int64_t>(parts.size())}};
}

}  // namespace

const TaskKind kSplitTask{"split", 1, false, prepare, nullptr, commit};

}  // namespace pier::workflows::impl
