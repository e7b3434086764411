// subtitles: a subtitle file read, moved in time, and written in another format into the scratch file.

#include <pier/subtitles/retiming.hpp>
#include <pier/subtitles/writing.hpp>

#include "broadcast_captions.hpp"
#include "task_kind.hpp"
#include "text_tracks.hpp"

namespace pier::workflows::impl {
namespace {

Result<Rational> rational_of(const json::object& params, std::string_view key) {
  PIER_TRY(const json::array pair, get_array(params, key));
  if (pair.size() != 2 || !pair[0].is_int64() || !pair[1].is_int64())
    return fail(ErrorCode::kInternal, std::string(key) + " is no pair of numbers");
  return Rational(pair[0].as_int64(), pair[1].as_int64());
}

json::array list(const std::vector<subtitles::Note>& notes) {
  json::array all;
  for (const subtitles::Note& note : notes) all.push_back(subtitles::to_json(note));
  return all;
}

json::array pair(const Rational& time) {
  return {time.num, time.den};
}

struct Input {
  subtitles::Reading reading;
  std::string from;
};

Result<Input> read_file(const json::object& params, const ChildFiles& files) {
  subtitles::ReadOptions options;
  options.encoding = string_or(params, "encoding", "");
  options.language = string_or(params, "language", "");
  if (const std::string from = string_or(params, "from", ""); !from.empty()) {
    PIER_TRY(options.format, subtitles::format_from(from));
  }
  if (files.inputs.size() != 1) return fail(ErrorCode::kInternal, "the task wants one input");
  PIER_TRY(const Bytes bytes, read_subtitle_file(files.inputs[0]));
  Input input;
  PIER_TRY(input.reading, subtitles::read(bytes, options));
  input.from = subtitles::to_string(input.reading.format);
  return input;
}

/// Captions of a media file; what they are written in is part of their system.
Result<Input> read_media(const json::object& params, const std::string& from, const ChildFiles& files,
                         const Progress& progress) {
  const int service = static_cast<int>(int_or(params, "service", 0));
  PIER_TRY(subtitles::Captions captions, read_broadcast(files.source, from, service, progress));
  Input input;
  input.from = from;
  input.reading.document = std::move(captions.document);
  input.reading.notes = std::move(captions.notes);
  input.reading.encoding = from;
  input.reading.encoding_source = subtitles::EncodingSource::kContent;
  if (const std::string language = string_or(params, "language", ""); !language.empty())
    input.reading.document.language = language;
  return input;
}

Result<json::object> run(const json::object& params, ChildFiles& files, const Progress& progress) {
  PIER_TRY(const subtitles::Format to, subtitles::format_from(string_or(params, "to", "")));
  subtitles::Retiming retiming;
  PIER_TRY(retiming.stretch, rational_of(params, "stretch"));
  PIER_TRY(retiming.shift, rational_of(params, "shift"));
  const std::string from = string_or(params, "from", "");
  PIER_TRY(Input input, is_broadcast(from) ? read_media(params, from, files, progress) : read_file(params, files));
  subtitles::Reading& reading = input.reading;
  subtitles::Document& document = reading.document;
  const auto moved = subtitles::retime(document, retiming);
  reading.notes.insert(reading.notes.end(), moved.begin(), moved.end());
  if (document.cues.empty())
    return fail(ErrorCode::kInvalidArgument, "moved like that, all cues lie before the beginning; move them by less");
  PIER_TRY(const subtitles::Written written, subtitles::write(document, to));
  PIER_CHECK(write_all(files.scratch, as_bytes(written.text)));
  Rational end = 0;
  for (const subtitles::Cue& cue : document.cues) end = std::max(end, cue.end);
  return json::object{{"from", input.from},
                      {"to", subtitles::to_string(to)},
                      {"encoding", reading.encoding},
                      {"encoding_source", subtitles::to_string(reading.encoding_source)},
                      {"encoding_confidence", reading.encoding_confidence},
                      {"language", document.language},
                      {"cues", static_cast<int64_t>(document.cues.size())},
                      {"start", pair(document.cues.front().start)},
                      {"end", pair(end)},
                      {"notes", list(reading.notes)},
                      {"lost", list(written.notes)}};
}

}  // namespace

const TaskKind kSubtitlesTask{"subtitles", 1, false, nullptr, run, nullptr};

}  // namespace pier::workflows::impl
