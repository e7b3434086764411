#include <memory>

#include <pier/workflows/edit.hpp>

#include "commands.hpp"
#include "file_words.hpp"

namespace pier::app {
namespace {

struct Options {
  workflows::EditRequest request;
  std::string save;
  bool blend = false, linear = false;
};

long long count_of(const json::object& object, const char* key) {
  return static_cast<long long>(int_or(object, key, 0));
}

std::string rate_text(const json::object& object) {
  const json::array& rate = object.at("frame_rate").as_array();
  return Rational(rate.at(0).as_int64(), rate.at(1).as_int64()).to_string();
}

void print_plan(const json::object& plan) {
  for (const json::value& value : plan.at("sources").as_array()) {
    const json::object& source = value.as_object();
    if (!source.contains("pictures")) continue;
    std::printf("source   %s: %lld pictures at %s, %s, %s\n", text_of(source, "path").c_str(),
                count_of(source, "pictures"), rate_text(source).c_str(), text_of(source, "transfer").c_str(),
                text_of(source, "primaries").c_str());
  }
  for (const json::value& track : plan.at("tracks").as_array()) {
    for (const json::value& value : track.as_array()) {
      const json::object& clip = value.as_object();
      std::printf("%6lld to %6lld  %-8s %s%s%s  %s\n", count_of(clip, "first"), count_of(clip, "end"),
                  text_of(clip, "kind").c_str(), text_of(clip, "name").c_str(),
                  clip.contains("speed") ? ", speed " : "", text_of(clip, "speed").c_str(),
                  text_of(clip, "media").c_str());
    }
  }
  std::printf("output   %lld pictures at %s, %lldx%lld, %s, %s, %lld sound tracks, crossfades %s, speeds %s\n",
              count_of(plan, "pictures"), rate_text(plan).c_str(), count_of(plan, "width"), count_of(plan, "height"),
              text_of(plan, "transfer").c_str(), text_of(plan, "primaries").c_str(), count_of(plan, "sound_tracks"),
              text_of(plan, "crossfade").c_str(), text_of(plan, "retime").c_str());
}

void print_made(const json::object& made) {
  print_plan(made.at("plan").as_object());
  print_notes(made);
  if (!made.contains("output")) return;
  if (const auto damaged = count_of(made, "damaged"); damaged > 0)
    std::printf("note     %lld pictures of the sources are damaged\n", damaged);
  if (const auto clipped = count_of(made, "clipped_samples"); clipped > 0)
    std::printf("note     %lld samples of sound were beyond full scale and cut to it; lower gain_db\n", clipped);
  std::printf(
      "%lld pictures (%lld mixed, %lld with graphics, %lld copied as they were coded) written to %s (%s), SHA-256 %s\n",
      count_of(made, "pictures"), count_of(made, "mixed"), count_of(made, "drawn"), count_of(made, "copied"),
      text_of(made, "output").c_str(), text_of(made, "format").c_str(), text_of(made, "sha256").c_str());
}

int run_save(const Options& options, const Globals& globals) {
  const auto lost = workflows::save_timeline(options.request, options.save);
  if (!lost) return report(lost.error(), globals);
  json::array all;
  for (const std::string& what : *lost) all.emplace_back(what);
  if (globals.json) {
    print_json(json::object{{"lost", std::move(all)}});
    return 0;
  }
  for (const std::string& what : *lost) std::printf("note     not written: %s\n", display_text(what).c_str());
  return 0;
}

int run_edit(Options& options, const Globals& globals) {
  workflows::EditRequest& request = options.request;
  if (!options.save.empty()) return run_save(options, globals);
  if (request.output.empty() && !request.check)
    return report({ErrorCode::kInvalidArgument, "say where it goes by -o, or --check what would be done", {}}, globals);
  request.wish.retime = options.blend ? edit::Retime::kBlend : edit::Retime::kNearest;
  request.wish.crossfade = options.linear ? edit::Crossfade::kLinear : edit::Crossfade::kEqualPower;
  ProgressBar bar("edit", globals.json);
  const auto made = workflows::edit_file(request, [&](double fraction, int64_t) { bar.update(fraction, ""); });
  bar.finish();
  if (!made) return report(made.error(), globals);
  if (globals.json)
    print_json(*made);
  else
    print_made(*made);
  return 0;
}

}  // namespace

void add_edit(CLI::App& app, Globals& globals, Run& run) {
  auto options = std::make_shared<Options>();
  workflows::EditRequest& request = options->request;
  request.wish.file.format = "hevc";
  CLI::App* command =
      app.add_subcommand("edit", "Render a timeline (OpenTimelineIO, CMX 3600) of SDR and HDR sources into one file");
  command->add_option("TIMELINE", request.timeline, "OpenTimelineIO JSON or a CMX 3600 list, by its content")
      ->required();
  command->add_option("-o,--output", request.output, "What is written; its end (.mov .mxf .mp4 .ts) says the container")
      ->type_name("OUT");
  command->add_option("--format", request.wish.file.format, "As of pier convert (hevc)")->type_name("NAME");
  add_file_options(*command, request.wish.file);
  command->add_option("--rate", request.rate, "Pictures a second of the output (default: of the first source)");
  command->add_flag("--blend", options->blend,
                    "Other rates and speeds by a mean of pictures, not the one on the screen");
  command->add_flag("--linear", options->linear, "Crossfades of sound straight (default: equal power)");
  command
      ->add_option("--tags", request.tags, "What a source should have said: NAME=bt709, NAME=hlg, NAME=transfer=pq,...")
      ->type_name("NAME=LIST");
  command->add_option("--media", request.media, "Folders where media are looked for, besides that of TIMELINE")
      ->type_name("DIR");
  command->add_option("--logo", request.logo, "PNG or SVG over the whole programme")->type_name("FILE");
  command->add_option("--logo-place", request.logo_place, "top-left, top, top-right (default), left, ... bottom-right")
      ->type_name("PLACE");
  command->add_option("--logo-width", request.logo_width, "Of the output's width, 0.1 is a tenth (default: as it is)")
      ->type_name("PART");
  command->add_option("--font", request.font, "A font file for texts, before the declared ones")->type_name("FILE");
  command->add_option("--list-rate", request.list_rate, "Pictures a second of a list's time codes (25)");
  command->add_option("--save", options->save, "Only write TIMELINE as another: .otio or .edl")->type_name("FILE");
  command->add_flag("--check", request.check, "Only say what would be done");
  command->add_flag("--replace", request.replace, "Put it in place of what OUT is now");
  command->footer("Exit codes: 0 done, 1 the file does not say what it should, 2 could not be done.");
  add_globals(*command, globals, false);
  command->callback([options, &globals, &run] { run = [options, &globals] { return run_edit(*options, globals); }; });
}

}  // namespace pier::app
