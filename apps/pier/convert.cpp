#include <memory>

#include <pier/core/file.hpp>
#include <pier/workflows/local.hpp>

#include "commands.hpp"
#include "file_words.hpp"
#include "publish_options.hpp"

namespace pier::app {
namespace {

constexpr size_t kLargestTable = size_t{12} << 20;  // 65 nodes a side, with room

void print_tags(const json::array& tags) {
  for (const json::value& value : tags) {
    const json::object& tag = value.as_object();
    const std::string verdict = string_or(tag, "verdict", "");
    std::printf("%-20s %s%s\n", text_of(tag, "field").c_str(), text_of(tag, "wanted").c_str(),
                verdict == "not_carried" ? "  (this container has no place for it)" : "");
  }
}

void print_made(const json::object& made) {
  print_notes(made);
  const auto count = [&](const char* key, const char* what) {
    if (const int64_t n = int_or(made, key, 0); n > 0)
      std::printf("note     %lld %s\n", static_cast<long long>(n), what);
  };
  count("damaged", "pictures of the source are damaged");
  count("burned", "pictures carry subtitles");
  count("repeated", "pictures were shown again, to fill the frame rate");
  count("dropped", "pictures were left out, to keep the frame rate");
  std::printf("%s\n", text_of(made, "conversion").c_str());
  for (const json::value& value : made.at("loudness").as_array()) {
    const json::object& one = value.as_object();
    std::printf("sound    %.1f LUFS, made %.1f LUFS, %.1f dBTP by %+.1f dB, limiter %.1f dB at most\n",
                double_or(one, "source_lufs", -100), double_or(one, "lufs", -100),
                double_or(one, "true_peak_dbtp", -100), double_or(one, "gain_db", 0),
                double_or(one, "most_limited_db", 0));
  }
  print_tags(made.at("tags").as_array());
  std::printf("%lld pictures written to %s (%s), SHA-256 %s\n", static_cast<long long>(int_or(made, "pictures", 0)),
              text_of(made, "output").c_str(), text_of(made, "format").c_str(), text_of(made, "sha256").c_str());
}

deliver::LoudnessWish& loudness_of(deliver::Wish& wish) {
  if (!wish.loudness) wish.loudness.emplace();
  return *wish.loudness;
}

std::string format_help() {
  std::string names;
  for (const media::DeliveryCoding& coding : media::picture_codings())
    names += (names.empty() ? "" : ", ") + std::string(coding.name);
  return names;
}

void add_level_options(CLI::App& command, const std::shared_ptr<workflows::ConvertRequest>& request) {
  command.add_option("--layout", request->wish.layout, "mono, stereo or 5.1: every sound is mixed down to it")
      ->type_name("LAYOUT");
  command
      .add_option_function<double>(
          "--loudness", [request](double lufs) { loudness_of(request->wish).target_lufs = lufs; },
          "Bring every sound to this integrated loudness (BS.1770-4), limit its true peaks")
      ->type_name("LUFS");
  command
      .add_option_function<double>(
          "--true-peak", [request](double dbtp) { loudness_of(request->wish).true_peak_dbtp = dbtp; },
          "With --loudness: the limit (-1)")
      ->type_name("DBTP");
}

Result<void> take_subtitles(const std::string& text, deliver::Wish& wish) {
  PIER_TRY(const workflows::SubtitleWish taken, parse_subtitles(text));
  if (!taken.name.empty() || taken.forced || taken.is_default)
    return fail(ErrorCode::kInvalidArgument, "--burn takes FILE, :encoding= and :offset= alone");
  wish.burn->file = taken.path;
  wish.burn->encoding = taken.encoding;
  wish.burn->offset = taken.offset;
  return {};
}

/// How subtitles are drawn into the pictures; `file` as parse_subtitles() takes it.
struct BurnOptions {
  std::string file, font;
  bool box = false;
  double size = 0;

  Result<void> put_into(deliver::Wish& wish) const {
    if (file.empty()) {
      if (font.empty() && !box && size == 0) return {};
      return fail(ErrorCode::kInvalidArgument, "--font, --burn-box and --burn-size belong to --burn; give it too");
    }
    wish.burn.emplace();
    PIER_CHECK(take_subtitles(file, wish));
    wish.burn->font = font;
    wish.burn->look = box ? "box" : "outline";
    wish.burn->size = size;
    return {};
  }
};

int run_convert(workflows::ConvertRequest& request, const BurnOptions& burn, const Globals& globals) {
  if (const auto burned = burn.put_into(request.wish); !burned) return report(burned.error(), globals);
  ProgressBar bar("convert", globals.json);
  const auto progress = [&](double fraction, int64_t) { bar.update(fraction, ""); };
  const Result<json::object> made = workflows::convert_file(request, progress);
  bar.finish();
  if (!made) return report(made.error(), globals);
  if (globals.json)
    print_json(*made);
  else
    print_made(*made);
  return 0;
}

void add_burn_options(CLI::App& command, BurnOptions& burn) {
  command.add_option("--burn", burn.file, "Subtitles drawn into the pictures: FILE[:encoding=NAME][:offset=T]")
      ->type_name("FILE");
  command.add_option("--font", burn.font, "A font file for them, before the declared ones")->type_name("FILE");
  command.add_flag("--burn-box", burn.box, "A box behind their lines instead of an outline");
  command.add_option("--burn-size", burn.size, "Their size, % of the picture's height (5.4)")->type_name("PERCENT");
}

Result<void> read_table(const std::string& path, deliver::Wish& wish) {
  if (path.empty()) return {};
  PIER_TRY(wish.lut, read_file(path, kLargestTable));
  return {};
}

}  // namespace

void add_convert(CLI::App& app, Globals& globals, Run& run) {
  auto request = std::make_shared<workflows::ConvertRequest>();
  auto burn = std::make_shared<BurnOptions>();
  auto lut = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand(
      "convert", "Make one file for others: other light (SDR, HLG, PQ), coding, container, raster; tags are read back");
  deliver::Wish& wish = request->wish;
  command->add_option("IN", request->input.path, kInputHelp)->required();
  command->add_option("OUT", request->output, "What is written; its end (.mov .mxf .mp4 .ts) says the container")
      ->required();
  command->add_option("--format", wish.format, format_help())->required()->type_name("NAME");
  add_file_options(*command, wish);
  command
      ->add_option("--tags", wish.tags,
                   "What IN should have said: bt709, hlg or pq, or transfer=..,primaries=..,matrix=..,range=..")
      ->type_name("LIST");
  add_burn_options(*command, *burn);
  command
      ->add_option("--lut", *lut, "A .cube table from the light of IN to that of --to, in place of Pier's conversion")
      ->type_name("FILE");
  command->add_option("--audio-map", wish.audio_map, "How the sound of IN is understood: \"1-2 stereo, 3-8 5.1\"");
  add_level_options(*command, request);
  command->add_option("--rate", request->input.rate, kRateHelp);
  command->add_option("--in", request->in, "First picture: time code HH:MM:SS:FF of IN, or seconds")->type_name("TC");
  command->add_option("--out", request->out, "End, exclusive")->type_name("TC");
  command->add_flag("--replace", request->replace, "Put it in place of what OUT is now");
  command->footer("Exit codes: 0 done, 1 the file does not say what it should, 2 could not be done.");
  add_globals(*command, globals, false);
  command->callback([request, burn, lut, &globals, &run] {
    run = [request, burn, lut, &globals] {
      const Result<void> read = read_table(*lut, request->wish);
      return read ? run_convert(*request, *burn, globals) : report(read.error(), globals);
    };
  });
}

}  // namespace pier::app
