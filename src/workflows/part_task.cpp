// part: the pictures of one range of a long master, analysed. Named by the coded packets it depends on: in a new
// version of the master only what differs is analysed again.

#include "analysis_inputs.hpp"

namespace pier::workflows::impl {
namespace {

Result<Work> prepare(Context& context, const TaskRow& task) {
  PIER_TRY(const catalogue::AssetRow asset, asset_of(context, task));
  Work work;
  PIER_TRY(work.params, analysis_params(asset, 1));
  work.params["range"] = task.params.at("range");
  PIER_TRY(work.source, open_master(context, asset));
  PIER_TRY(auto output, new_output(context, task, "part"));
  work.outputs.push_back(std::move(output));
  return work;
}

Result<json::object> run(const json::object& params, ChildFiles& files, const Progress& progress) {
  PIER_TRY(const AnalysisInputs inputs, analysis_inputs(params, progress));
  PIER_TRY(const analysis::PartRange range, analysis::part_range_from_json(params.at("range")));
  const auto part = analysis::analyse_part(files.source, inputs.facts, inputs.options, range);
  if (part) {
    PIER_CHECK(write_part(files.outputs[0], *part));
    return json::object{{"frames", static_cast<int64_t>(part->frames.frames.size())}};
  }
  // No failure: what follows damage is not judged either, which takes one pass over all.
  if (part.error().code != ErrorCode::kInputDamaged) return Failure(part.error());
  return json::object{{"in_one_piece", part.error().message}};
}

/// Parts of which nobody has need any more are not begun.
Result<void> give_up_the_others(Transaction& tx, const TaskRow& task) {
  PIER_TRY(const std::vector<TaskRow> rows, jobs::list_tasks(tx, task.job_id));
  for (const TaskRow& row : rows) {
    const bool waits = row.state == jobs::TaskState::kBlocked || row.state == jobs::TaskState::kReady;
    if (row.kind == kPartTask.name && row.id != task.id && waits) PIER_CHECK(jobs::supersede(tx, row.id));
  }
  return {};
}

Result<json::object> commit(Context&, Transaction& tx, const TaskRow& task, const json::object& result,
                            std::span<const ObjectInfo> outputs) {
  if (!whole_part(result)) PIER_CHECK(give_up_the_others(tx, task));
  return with_objects(result, outputs);
}

}  // namespace

bool whole_part(const json::value& result) {
  return result.is_object() && !result.as_object().contains("in_one_piece");
}

const TaskKind kPartTask{"part", 1, false, prepare, run, commit};

}  // namespace pier::workflows::impl
