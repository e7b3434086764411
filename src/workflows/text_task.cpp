// text: a subtitle file, or captions of the master, become tracks of WebVTT and IMSC; then all is read back and held
// against where it came from.

#include "broadcast_captions.hpp"
#include "task_kind.hpp"
#include "text_tracks.hpp"

namespace pier::workflows::impl {
namespace {

Result<UniqueFd> open_named(Context& context, const json::object& params) {
  PIER_TRY(const std::string text, get_string(params, "object"));
  PIER_TRY(const ObjectKey key, storage::parse_key(text));
  return open_input(context, key);
}

/// What the text is made of: the first input, or the master.
Result<void> open_text(Context& context, const TaskRow& task, Work& work) {
  const json::object& params = task.params.as_object();
  work.params = {{"spec", params.at("spec")}};
  if (const auto captions = get_object(params, "captions")) {
    work.params["captions"] = *captions;
    PIER_TRY(const catalogue::AssetRow asset, asset_of(context, task));
    PIER_TRY(work.source, open_master(context, asset));
    return {};
  }
  PIER_TRY(UniqueFd file, open_named(context, params));
  work.inputs.push_back(std::move(file));
  return {};
}

struct TextInput {
  subtitles::Reading reading;
  std::string format;
  std::vector<int> tracks;  // the other inputs
};

Result<TextInput> read_input(const json::object& params, const TextSpec& spec, const ChildFiles& files,
                             const Progress& progress) {
  TextInput input;
  input.tracks = files.inputs;
  if (const auto captions = get_object(params, "captions")) {
    input.format = string_or(*captions, "from", "");
    const int service = static_cast<int>(int_or(*captions, "service", 0));
    PIER_TRY(subtitles::Captions read, read_broadcast(files.source, input.format, service, progress));
    PIER_TRY(input.reading, text_of(std::move(read), input.format, spec));
    return input;
  }
  PIER_TRY(input.reading, read_text(files.inputs.at(0), spec));
  input.format = subtitles::to_string(input.reading.format);
  input.tracks.erase(input.tracks.begin());
  return input;
}

Result<Work> prepare(Context& context, const TaskRow& task) {
  Work work;
  PIER_CHECK(open_text(context, task, work));
  for (const char* kind : {"track", "index", "track", "index"}) {
    PIER_TRY(auto output, new_output(context, task, kind));
    work.outputs.push_back(std::move(output));
  }
  return work;
}

Result<json::object> run(const json::object& params, ChildFiles& files, const Progress& progress) {
  PIER_TRY(const TextSpec spec, text_spec_from_json(params.at("spec")));
  PIER_TRY(const TextInput input, read_input(params, spec, files, progress));
  const subtitles::Reading& reading = input.reading;
  PIER_CHECK(write_text_tracks(reading.document, spec,
                               {files.outputs.at(0), files.outputs.at(1), files.outputs.at(2), files.outputs.at(3)}));
  json::array notes;
  for (const subtitles::Note& note : reading.notes) notes.push_back(subtitles::to_json(note));
  return json::object{{"samples", static_cast<int64_t>(reading.document.cues.size())},
                      {"format", input.format},
                      {"encoding", reading.encoding},
                      {"encoding_source", subtitles::to_string(reading.encoding_source)},
                      {"encoding_confidence", reading.encoding_confidence},
                      {"notes", std::move(notes)}};
}

Result<json::object> commit(Context&, Transaction&, const TaskRow&, const json::object& result,
                            std::span<const ObjectInfo> outputs) {
  return with_objects(result, outputs);
}

Result<Work> prepare_verify(Context& context, const TaskRow& task) {
  PIER_TRY(const std::vector<TaskRow> before, dependency_rows(context, task));
  PIER_TRY(const std::vector<ObjectKey> keys, objects_of(before.at(0).result));
  Work work;
  PIER_CHECK(open_text(context, task, work));
  for (const ObjectKey& key : keys) {
    PIER_TRY(UniqueFd input, open_input(context, key));
    work.inputs.push_back(std::move(input));
  }
  return work;
}

Result<json::object> run_verify(const json::object& params, ChildFiles& files, const Progress& progress) {
  PIER_TRY(const TextSpec spec, text_spec_from_json(params.at("spec")));
  PIER_TRY(const TextInput input, read_input(params, spec, files, progress));
  const subtitles::Document& document = input.reading.document;
  PIER_CHECK(verify_text_tracks(document, spec,
                                {input.tracks.at(0), input.tracks.at(1), input.tracks.at(2), input.tracks.at(3)}));
  return json::object{{"cues", static_cast<int64_t>(document.cues.size())}};
}

}  // namespace

const TaskKind kTextTask{"text", 1, false, prepare, run, commit};
const TaskKind kVerifyTextTask{"verify_text", 1, false, prepare_verify, run_verify, commit};

}  // namespace pier::workflows::impl
