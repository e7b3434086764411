// sound: one sound track, encoded whole or taken over as it is, and assembled; then decoded again to prove its length,
// or held against the source unit by unit.

#include <fcntl.h>

#include <pier/transcode/assemble.hpp>
#include <pier/transcode/sound.hpp>
#include <pier/transcode/verify.hpp>

#include "task_kind.hpp"

namespace pier::workflows::impl {
namespace {

Result<Work> prepare(Context& context, const TaskRow& task) {
  PIER_TRY(const catalogue::AssetRow asset, asset_of(context, task));
  Work work;
  work.params = {{"sound", task.params.at("sound")}, {"track", task.params.at("track")}};
  PIER_TRY(work.source, open_master(context, asset));
  PIER_TRY(auto media_out, new_output(context, task, "track"));
  PIER_TRY(auto index_out, new_output(context, task, "index"));
  work.outputs.push_back(std::move(media_out));
  work.outputs.push_back(std::move(index_out));
  work.scratch.reset(::open(context.options.data.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (!work.scratch)
    return Failure(errno_error(errno, "cannot make a temporary file in " + display_text(context.options.data)));
  return work;
}

Result<json::object> run(const json::object& params, ChildFiles& files, const Progress& progress) {
  PIER_TRY(const transcode::SoundSpec sound, transcode::sound_from_json(params.at("sound")));
  PIER_TRY(transcode::TrackSpec track, transcode::track_spec_from_json(params.at("track")));
  const auto make = sound.kept ? transcode::keep_sound : transcode::encode_sound;
  PIER_TRY(const transcode::SoundResult made, make(files.source, sound, files.scratch, progress));
  track.description.audio.priming_samples = made.priming;
  track.description.audio.programme_samples = track.description.duration = made.programme_samples;
  PIER_TRY(const transcode::AssembledTrack assembled,
           transcode::assemble_track(track, std::span(&files.scratch, 1), files.outputs[0], files.outputs[1]));
  return json::object{
      {"samples", assembled.samples}, {"bytes", assembled.bytes}, {"silence_samples", made.silence_samples}};
}

Result<json::object> commit(Context&, Transaction&, const TaskRow&, const json::object& result,
                            std::span<const ObjectInfo> outputs) {
  return with_objects(result, outputs);
}

Result<Work> prepare_verify(Context& context, const TaskRow& task) {
  PIER_TRY(const std::vector<TaskRow> before, dependency_rows(context, task));
  PIER_TRY(const std::vector<ObjectKey> keys, objects_of(before.at(0).result));
  Work work;
  work.params = task.params.as_object();
  work.params["made"] = before.at(0).params.at("sound");
  if (bool_or(work.params.at("made").as_object(), "kept", false)) {
    PIER_TRY(const catalogue::AssetRow asset, asset_of(context, task));
    PIER_TRY(work.source, open_master(context, asset));
  }
  for (const ObjectKey& key : keys) {
    PIER_TRY(UniqueFd input, open_input(context, key));
    work.inputs.push_back(std::move(input));
  }
  return work;
}

Result<json::object> run_verify(const json::object& params, ChildFiles& files, const Progress& progress) {
  const transcode::TrackFiles track{files.inputs.at(0), files.inputs.at(1)};
  PIER_TRY(const transcode::SoundSpec sound, transcode::sound_from_json(params.at("made")));
  if (sound.kept) {
    PIER_TRY(const int64_t units, transcode::verify_kept_sound(files.source, sound, track, progress));
    return json::object{{"units", units}};
  }
  PIER_TRY(const int64_t wanted, get_int(params, "programme_samples"));
  PIER_TRY(const int64_t samples, transcode::verify_sound(track, wanted, progress));
  return json::object{{"samples", samples}};
}

}  // namespace

const TaskKind kSoundTask{"sound", 2, false, prepare, run, commit};
const TaskKind kVerifySoundTask{"verify_sound", 2, false, prepare_verify, run_verify, commit};

}  // namespace pier::workflows::impl
