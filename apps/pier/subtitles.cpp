#include <memory>

#include <pier/workflows/local.hpp>

#include "commands.hpp"

namespace pier::app {
namespace {

void print_notes(const json::object& found, const char* key, const char* title) {
  const auto notes = get_array(found, key);
  for (size_t i = 0; notes && i < notes->size(); ++i) {
    const json::object& note = (*notes)[i].as_object();
    std::string where;
    if (const int64_t cue = int_or(note, "cue", 0); cue > 0) where += "cue " + std::to_string(cue) + " ";
    if (const int64_t line = int_or(note, "line", 0); line > 0) where += "(line " + std::to_string(line) + ") ";
    std::printf("%-8s %s%s\n", title, where.c_str(), string_or(note, "what", "").c_str());
  }
}

int run_subtitles(const workflows::SubtitlesRequest& request, const Globals& globals) {
  const Result<json::object> found = workflows::convert_subtitles(request);
  if (!found) return report(found.error(), globals);
  if (globals.json) {
    print_json(*found);
    return 0;
  }
  print_notes(*found, "notes", "warning");
  print_notes(*found, "lost", "lost");
  char confidence[40] = "";
  if (const double value = double_or(*found, "encoding_confidence", 1); value < 1)
    std::snprintf(confidence, sizeof confidence, ", confidence %.2f", value);
  const std::string language = string_or(*found, "language", "");
  std::printf("%lld cues of %s (%s, %s%s%s%s) written as %s\n", static_cast<long long>(int_or(*found, "cues", 0)),
              string_or(*found, "from", "").c_str(), string_or(*found, "encoding", "").c_str(),
              string_or(*found, "encoding_source", "").c_str(), confidence, language.empty() ? "" : ", ",
              language.c_str(), string_or(*found, "to", "").c_str());
  return 0;
}

}  // namespace

void add_subtitles(CLI::App& app, Globals& globals, Run& run) {
  auto request = std::make_shared<workflows::SubtitlesRequest>();
  CLI::App* command = app.add_subcommand(
      "subtitles", "Read SRT, WebVTT, IMSC/TTML or EBU-STL in any encoding; write SRT, WebVTT, IMSC or EBU-STL");
  command->add_option("IN", request->input, "A subtitle file, or a media file with --from cea-608, cea-708 or teletext")
      ->required();
  command->add_option("OUT", request->output, "What is written; its name says the format")->required();
  command
      ->add_option("--from", request->from,
                   "srt, webvtt, imsc, ebu-stl (default: by content), cea-608, cea-708, teletext")
      ->type_name("FORMAT");
  command
      ->add_option("--service", request->service,
                   "Channel of cea-608, service of cea-708, page of teletext (the first)")
      ->type_name("N");
  command->add_option("--to", request->to, "srt, webvtt, imsc, ebu-stl (default: by the name of OUT)")
      ->type_name("FORMAT");
  command
      ->add_option("--encoding", request->encoding, "Of IN: utf-8, gb18030, big5, shift-jis ... (default: recognised)")
      ->type_name("NAME");
  command->add_option("--language", request->language, "Of the text, such as zh-Hans")->type_name("TAG");
  command->add_option("--shift", request->shift, "Move all cues: seconds or [-]HH:MM:SS.mmm")->type_name("T");
  command->add_option("--rate", request->rate, "Made for pictures a second : shown at, such as 25:24")
      ->type_name("FROM:TO");
  add_globals(*command, globals, false);
  command->callback(
      [request, &globals, &run] { run = [request, &globals] { return run_subtitles(*request, globals); }; });
}

}  // namespace pier::app
