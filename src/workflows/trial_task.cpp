// trial: a few pictures of a shot, encoded in every form that a steered rung may take, and measured.

#include <pier/transcode/steering.hpp>

#include "task_kind.hpp"

namespace pier::workflows::impl {
namespace {

Result<Work> prepare(Context& context, const TaskRow& task) {
  PIER_TRY(const catalogue::AssetRow asset, asset_of(context, task));
  Work work;
  work.params = {{"chunk", task.params.at("chunk")}};
  PIER_TRY(work.source, open_master(context, asset));
  return work;
}

Result<json::object> run(const json::object& params, ChildFiles& files, const Progress& progress) {
  PIER_TRY(const transcode::ChunkSpec chunk, transcode::chunk_from_json(params.at("chunk")));
  PIER_TRY(const auto trials, transcode::run_trial(files.source, chunk, progress));
  json::array rungs;
  for (const transcode::TrialPoints& points : trials) rungs.emplace_back(transcode::to_json(points));
  return json::object{{"rungs", std::move(rungs)}};
}

Result<json::object> commit(Context&, Transaction&, const TaskRow&, const json::object& result,
                            std::span<const ObjectInfo> outputs) {
  return with_objects(result, outputs);
}

}  // namespace

const TaskKind kTrialTask{"trial", 1, false, prepare, run, commit};

}  // namespace pier::workflows::impl
