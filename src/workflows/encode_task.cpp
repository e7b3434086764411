// encode: one chunk of the master, decoded once, for every rung.

#include <pier/transcode/chunk.hpp>

#include "task_kind.hpp"

namespace pier::workflows::impl {
namespace {

Result<Work> prepare(Context& context, const TaskRow& task) {
  PIER_TRY(const catalogue::AssetRow asset, asset_of(context, task));
  PIER_TRY(const json::object chunk_json, get_object(task.params.as_object(), "chunk"));
  PIER_TRY(const json::array rungs, get_array(chunk_json, "rungs"));
  Work work;
  work.params = {{"chunk", chunk_json}};
  PIER_TRY(work.source, open_master(context, asset));
  for (size_t i = 0; i < rungs.size(); i++) {
    PIER_TRY(auto output, new_output(context, task, "chunk"));
    work.outputs.push_back(std::move(output));
  }
  return work;
}

Result<json::object> run(const json::object& params, ChildFiles& files, const Progress& progress) {
  PIER_TRY(const transcode::ChunkSpec chunk, transcode::chunk_from_json(params.at("chunk")));
  PIER_TRY(const transcode::ChunkResult result, transcode::encode_chunk(files.source, chunk, files.outputs, progress));
  json::array rungs;
  for (const auto& rung : result.rungs) rungs.push_back(transcode::to_json(rung));
  return json::object{{"rungs", std::move(rungs)}, {"seconds", result.seconds}};
}

Result<json::object> commit(Context&, Transaction&, const TaskRow&, const json::object& result,
                            std::span<const ObjectInfo> outputs) {
  return with_objects(result, outputs);
}

}  // namespace

const TaskKind kEncodeTask{"encode", 2, false, prepare, run, commit};

}  // namespace pier::workflows::impl
