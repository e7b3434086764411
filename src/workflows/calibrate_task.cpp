// calibrate: a few pictures of a chunk, encoded for one rung to learn at which quality the chunks around it fit. Its
// result is advice: what a chunk is encoded to begin with is no part of its name, so that another sample makes no chunk
// anew.

#include <pier/transcode/calibrate.hpp>

#include "task_kind.hpp"

namespace pier::workflows::impl {
namespace {

Result<Work> prepare(Context& context, const TaskRow& task) {
  PIER_TRY(const catalogue::AssetRow asset, asset_of(context, task));
  Work work;
  work.params = {{"chunk", task.params.at("chunk")}, {"pictures", task.params.at("pictures")}};
  PIER_TRY(work.source, open_master(context, asset));
  return work;
}

Result<json::object> run(const json::object& params, ChildFiles& files, const Progress& progress) {
  PIER_TRY(const transcode::ChunkSpec chunk, transcode::chunk_from_json(params.at("chunk")));
  const auto pictures = static_cast<size_t>(std::max<int64_t>(0, int_or(params, "pictures", 0)));
  PIER_TRY(const auto points, transcode::calibrate(files.source, chunk, 0, pictures, progress));
  return json::object{{"rung", chunk.rungs.front().rung.name}, {"points", transcode::to_json(points)}};
}

Result<json::object> commit(Context&, Transaction&, const TaskRow&, const json::object& result,
                            std::span<const ObjectInfo> outputs) {
  return with_objects(result, outputs);
}

}  // namespace

const TaskKind kCalibrateTask{"calibrate", 2, false, prepare, run, commit};

}  // namespace pier::workflows::impl
