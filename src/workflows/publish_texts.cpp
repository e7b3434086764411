#include "publish_texts.hpp"

#include <algorithm>
#include <cstdio>

#include "broadcast_captions.hpp"
#include "costs.hpp"
#include "text_tracks.hpp"

namespace pier::workflows::impl {
namespace {

constexpr size_t kMostNotes = 5;  // of one file

/// After those of pictures, thumbnails and sound.
uint32_t first_free_track_id(const transcode::PublishPlan& plan) {
  uint32_t last = 0;
  for (const transcode::PlannedRung& rung : plan.ladder.rungs) last = std::max(last, rung.track_id);
  for (const transcode::PlannedSound& sound : plan.sounds) last = std::max(last, sound.track_id);
  return last + 1;
}

TextSpec spec_of(const transcode::PublishPlan& plan, const json::object& text, uint32_t track_id) {
  TextSpec spec;
  spec.encoding = string_or(text, "encoding", "");
  spec.language = string_or(text, "language", "");
  spec.name = string_or(text, "name", "");
  spec.forced = bool_or(text, "forced", false);
  spec.is_default = bool_or(text, "default", false);
  const json::array& offset = text.at("offset").as_array();
  spec.offset = Rational(offset.at(0).to_number<int64_t>(), offset.at(1).to_number<int64_t>());
  spec.track_id = track_id;
  spec.timescale = plan.timescale;
  spec.duration = plan.duration;
  for (const auto& segment : plan.grid.segments) spec.segment_times.push_back(segment.first_pts);
  return spec;
}

std::string clock_text(const Rational& seconds) {
  const auto whole = static_cast<int64_t>(seconds.value());
  char text[40];
  std::snprintf(text, sizeof text, "%02lld:%02lld:%02lld", static_cast<long long>(whole / 3600),
                static_cast<long long>(whole / 60 % 60), static_cast<long long>(whole % 60));
  return text;
}

/// A file by its bytes; captions by the master, whose times do not begin where the programme does.
json::object task_of(const PlannedMaster& master, const json::object& text, TextSpec spec, double seconds) {
  if (!is_captions(text)) {
    const json::object told = to_json(spec);
    return {{"params", {{"object", text.at("object")}, {"file", text.at("file")}, {"spec", told}}},
            {"inputs", json::array{text.at("sha256"), told}},
            {"demand", to_json(text_demand(seconds))},
            {"verify_demand", to_json(verify_text_demand(seconds))}};
  }
  spec.offset = spec.offset - master.in;
  const json::object told = to_json(spec);
  const json::object captions{{"from", text.at("from")}, {"service", text.at("service")}};
  return {{"params", {{"asset", master.asset}, {"captions", captions}, {"file", text.at("file")}, {"spec", told}}},
          {"inputs", json::array{master.sha256, captions, told}},
          {"demand", to_json(captions_demand(seconds, master.bytes))},
          {"verify_demand", to_json(captions_demand(seconds, master.bytes))}};
}

/// That would come out only after everything was encoded.
Result<void> check_in_programme(const json::object& text, const Rational& duration) {
  if (is_captions(text)) return {};
  const json::array& pair = text.at("start").as_array();
  const Rational start(pair.at(0).to_number<int64_t>(), pair.at(1).to_number<int64_t>());
  if (start < duration) return {};
  return fail(ErrorCode::kInvalidArgument, "subtitles " + string_or(text, "file", "") + ": the first cue is at " +
                                               clock_text(start) + ", and the programme ends at " +
                                               clock_text(duration) + "; move them with offset=-TIME");
}

std::string note_text(const json::object& note) {
  std::string where;
  if (const int64_t cue = int_or(note, "cue", 0); cue > 0) where = "cue " + std::to_string(cue) + " ";
  if (const int64_t line = int_or(note, "line", 0); line > 0) where += "(line " + std::to_string(line) + ") ";
  return where + string_or(note, "what", "");
}

void add_notes(const std::string& file, const json::object& result, json::array& all) {
  const auto say = [&](const std::string& what) { all.emplace_back("subtitles " + file + ": " + what); };
  if (string_or(result, "encoding_source", "") == "guessed") {
    char confidence[32];
    std::snprintf(confidence, sizeof confidence, "%.2f", double_or(result, "encoding_confidence", 0));
    say("taken as " + string_or(result, "encoding", "") + ", recognised with confidence " + confidence);
  }
  const auto notes = get_array(result, "notes");
  if (!notes) return;
  // What concerns the whole file stands last.
  std::vector<std::string> texts;
  for (const json::value& note : *notes) {
    const bool whole = int_or(note.as_object(), "cue", 0) == 0;
    texts.insert(whole ? texts.begin() : texts.end(), note_text(note.as_object()));
  }
  for (size_t i = 0; i < std::min(texts.size(), kMostNotes); ++i) say(texts[i]);
  if (texts.size() > kMostNotes)
    say("and " + std::to_string(texts.size() - kMostNotes) + " more such notes; all: pier subtitles");
}

}  // namespace

Result<void> describe_texts(const transcode::PublishPlan& plan, const PlannedMaster& master, const json::array& texts,
                            json::object& planned) {
  const Rational duration(plan.duration, plan.timescale);
  uint32_t track_id = first_free_track_id(plan);
  json::array described;
  for (const json::value& value : texts) {
    const json::object& text = value.as_object();
    PIER_CHECK(check_in_programme(text, duration));
    described.emplace_back(task_of(master, text, spec_of(plan, text, track_id), duration.value()));
    track_id += 2;
    const std::string number = std::to_string(described.size());
    for (const char* format : {"webvtt-", "imsc-"}) planned["rungs"].as_array().emplace_back(format + number);
  }
  planned["texts"] = std::move(described);
  return {};
}

json::array notes_of_texts(const std::vector<TaskRow>& rows) {
  json::array all;
  for (const TaskRow& row : rows) {
    if (row.kind != kTextTask.name || !row.result.is_object()) continue;
    add_notes(string_or(row.params.as_object(), "file", ""), row.result.as_object(), all);
  }
  return all;
}

}  // namespace pier::workflows::impl
