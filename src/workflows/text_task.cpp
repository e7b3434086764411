// text: a subtitle file becomes its tracks of WebVTT and IMSC; then all is read back and held against the file.

#include "task_kind.hpp"
#include "text_tracks.hpp"

namespace pier::workflows::impl {
namespace {

Result<UniqueFd> open_named(Context& context, const json::object& params) {
  PIER_TRY(const std::string text, get_string(params, "object"));
  PIER_TRY(const ObjectKey key, storage::parse_key(text));
  return open_input(context, key);
}

Result<Work> prepare(Context& context, const TaskRow& task) {
  const json::object& params = task.params.as_object();
  Work work;
  work.params = {{"spec", params.at("spec")}};
  PIER_TRY(UniqueFd file, open_named(context, params));
  work.inputs.push_back(std::move(file));
  for (const char* kind : {"track", "index", "track", "index"}) {
    PIER_TRY(auto output, new_output(context, task, kind));
    work.outputs.push_back(std::move(output));
  }
  return work;
}

Result<json::object> run(const json::object& params, ChildFiles& files, const Progress&) {
  PIER_TRY(const TextSpec spec, text_spec_from_json(params.at("spec")));
  PIER_TRY(const subtitles::Reading reading, read_text(files.inputs.at(0), spec));
  PIER_CHECK(write_text_tracks(reading.document, spec,
                               {files.outputs.at(0), files.outputs.at(1), files.outputs.at(2), files.outputs.at(3)}));
  json::array notes;
  for (const subtitles::Note& note : reading.notes) notes.push_back(subtitles::to_json(note));
  return json::object{{"samples", static_cast<int64_t>(reading.document.cues.size())},
                      {"format", subtitles::to_string(reading.format)},
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
  const json::object& params = task.params.as_object();
  Work work;
  work.params = {{"spec", params.at("spec")}};
  PIER_TRY(UniqueFd file, open_named(context, params));
  work.inputs.push_back(std::move(file));
  for (const ObjectKey& key : keys) {
    PIER_TRY(UniqueFd input, open_input(context, key));
    work.inputs.push_back(std::move(input));
  }
  return work;
}

Result<json::object> run_verify(const json::object& params, ChildFiles& files, const Progress&) {
  PIER_TRY(const TextSpec spec, text_spec_from_json(params.at("spec")));
  PIER_TRY(const subtitles::Reading reading, read_text(files.inputs.at(0), spec));
  PIER_CHECK(verify_text_tracks(reading.document, spec,
                                {files.inputs.at(1), files.inputs.at(2), files.inputs.at(3), files.inputs.at(4)}));
  return json::object{{"cues", static_cast<int64_t>(reading.document.cues.size())}};
}

}  // namespace

const TaskKind kTextTask{"text", 1, false, prepare, run, commit};
const TaskKind kVerifyTextTask{"verify_text", 1, false, prepare_verify, run_verify, commit};

}  // namespace pier::workflows::impl
