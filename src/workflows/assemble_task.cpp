// assemble: the chunk files of one rung become its track and index.

#include <pier/transcode/assemble.hpp>

#include "task_kind.hpp"

namespace pier::workflows::impl {
namespace {

Result<Work> prepare(Context& context, const TaskRow& task) {
  PIER_TRY(const int64_t rung, get_int(task.params.as_object(), "rung"));
  PIER_TRY(const std::vector<TaskRow> encodes, dependency_rows(context, task));
  Work work;
  work.params = {{"track", task.params.at("track")}};
  for (const TaskRow& encode : encodes) {
    PIER_TRY(const std::vector<ObjectKey> keys, objects_of(encode.result));
    if (static_cast<size_t>(rung) >= keys.size())
      return fail(ErrorCode::kInternal, "an encoded chunk lacks rung " + std::to_string(rung));
    PIER_TRY(UniqueFd input, open_input(context, keys[static_cast<size_t>(rung)]));
    work.inputs.push_back(std::move(input));
  }
  PIER_TRY(auto media_out, new_output(context, task, "track"));
  PIER_TRY(auto index_out, new_output(context, task, "index"));
  work.outputs.push_back(std::move(media_out));
  work.outputs.push_back(std::move(index_out));
  return work;
}

Result<json::object> run(const json::object& params, ChildFiles& files, const Progress&) {
  PIER_TRY(const transcode::TrackSpec track, transcode::track_spec_from_json(params.at("track")));
  const bool images = track.description.kind == packaging::TrackKind::kImage;
  PIER_TRY(const transcode::AssembledTrack assembled,
           images ? transcode::assemble_images(track, files.inputs, files.outputs[0], files.outputs[1])
                  : transcode::assemble_track(track, files.inputs, files.outputs[0], files.outputs[1]));
  return transcode::to_json(assembled, track);
}

Result<json::object> commit(Context&, Transaction&, const TaskRow&, const json::object& result,
                            std::span<const ObjectInfo> outputs) {
  return with_objects(result, outputs);
}

}  // namespace

const TaskKind kAssembleTask{"assemble", 2, false, prepare, run, commit};

}  // namespace pier::workflows::impl
