// verify: the finished tracks, over one chunk, held against the master.

#include <pier/transcode/verify.hpp>

#include "task_kind.hpp"

namespace pier::workflows::impl {
namespace {

Result<Work> prepare(Context& context, const TaskRow& task) {
  PIER_TRY(const catalogue::AssetRow asset, asset_of(context, task));
  PIER_TRY(const std::vector<TaskRow> tracks, dependency_rows(context, task));
  Work work;
  work.params = {{"chunk", task.params.at("chunk")}};
  PIER_TRY(work.source, open_master(context, asset));
  for (const TaskRow& track : tracks) {
    PIER_TRY(const std::vector<ObjectKey> keys, objects_of(track.result));
    for (const ObjectKey& key : keys) {
      PIER_TRY(UniqueFd input, open_input(context, key));
      work.inputs.push_back(std::move(input));
    }
  }
  return work;
}

Result<json::object> run(const json::object& params, ChildFiles& files, const Progress& progress) {
  PIER_TRY(const transcode::ChunkSpec chunk, transcode::chunk_from_json(params.at("chunk")));
  std::vector<transcode::TrackFiles> tracks;
  for (size_t i = 0; i + 1 < files.inputs.size(); i += 2) tracks.push_back({files.inputs[i], files.inputs[i + 1]});
  PIER_TRY(const auto figures, transcode::verify_chunk(files.source, chunk, tracks, progress));
  json::array quality;
  for (const auto& figure : figures) quality.push_back(transcode::to_json(figure));
  return json::object{{"quality", std::move(quality)}};
}

Result<json::object> commit(Context&, Transaction&, const TaskRow&, const json::object& result,
                            std::span<const ObjectInfo> outputs) {
  return with_objects(result, outputs);
}

}  // namespace

const TaskKind kVerifyTask{"verify", 3, false, prepare, run, commit};

}  // namespace pier::workflows::impl
