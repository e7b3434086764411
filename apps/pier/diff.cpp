#include <cmath>
#include <memory>

#include <pier/workflows/local.hpp>

#include "commands.hpp"

namespace pier::app {
namespace {

struct Options {
  std::string before, after;
};

Rational rational_in(const json::object& object, std::string_view key) {
  const auto pair = get_array(object, key);
  if (!pair || pair->size() != 2 || (*pair)[1].to_number<int64_t>() == 0) return Rational(0);
  return {(*pair)[0].to_number<int64_t>(), (*pair)[1].to_number<int64_t>()};
}

/// Time code of one version where it has one and a rate, else time from the first picture.
class Clockface {
 public:
  explicit Clockface(const json::object& side) : x_rate(rational_in(side, "frame_rate")) {
    const std::string start = string_or(side, "timecode", "");
    if (x_rate.num <= 0 || start.empty()) return;
    if (const auto parsed = parse_timecode(start, x_rate)) x_start = *parsed;
  }
  std::string at(const Rational& seconds) const {
    if (!x_start) return time_text(seconds);
    Timecode code = *x_start;
    code.frame += std::llround((seconds * x_rate).value());
    return code.to_string();
  }

 private:
  static std::string time_text(const Rational& seconds) {
    const auto milliseconds = std::llround(seconds.value() * 1000);
    char text[32];
    std::snprintf(text, sizeof text, "%02lld:%02lld:%02lld.%03lld", milliseconds / 3'600'000,
                  milliseconds / 60'000 % 60, milliseconds / 1000 % 60, milliseconds % 1000);
    return text;
  }
  Rational x_rate;
  std::optional<Timecode> x_start;
};

std::string pictures_text(const json::object& one, const Clockface& olds, const Clockface& news) {
  const int64_t old_count = int_or(one, "old_count", 0), new_count = int_or(one, "new_count", 0);
  const auto range = [&](const Clockface& clock, const std::string& side) {
    return clock.at(rational_in(one, side + "_start")) + " - " + clock.at(rational_in(one, side + "_end"));
  };
  if (old_count == 0)
    return range(news, "new") + "  " + std::to_string(new_count) + " pictures inserted before " +
           olds.at(rational_in(one, "old_start")) + " of the old version";
  if (new_count == 0) return range(olds, "old") + "  " + std::to_string(old_count) + " pictures removed";
  if (old_count != new_count)
    return range(olds, "old") + "  " + std::to_string(old_count) + " pictures became " + std::to_string(new_count);
  char psnr[32] = "";
  if (one.contains("least_psnr"))
    std::snprintf(psnr, sizeof psnr, ", least PSNR %.1f dB", double_or(one, "least_psnr", 0));
  return range(news, "new") + "  " + std::to_string(new_count) + " pictures changed" + psnr;
}

void print_found(const json::object& found) {
  const json::object none;
  const auto old_side = get_object(found, "old"), new_side = get_object(found, "new");
  const Clockface olds(old_side ? *old_side : none), news(new_side ? *new_side : none);
  const auto each = [&](std::string_view key, const std::function<void(const json::value&)>& print) {
    const auto list = get_array(found, key);
    for (size_t i = 0; list && i < list->size(); ++i) print((*list)[i]);
  };
  each("notes", [](const json::value& note) { std::printf("note     %s\n", note.as_string().c_str()); });
  each("pictures", [&](const json::value& one) {
    std::printf("picture  %s\n", pictures_text(one.as_object(), olds, news).c_str());
  });
  each("sound", [&](const json::value& value) {
    const json::object& one = value.as_object();
    std::printf("sound    %s - %s  stream %lld, difference up to %.1f dBFS\n",
                news.at(rational_in(one, "start")).c_str(), news.at(rational_in(one, "end")).c_str(),
                static_cast<long long>(int_or(one, "stream", 0)), double_or(one, "peak_dbfs", 0));
  });
  each("tags", [](const json::value& value) {
    const json::object& one = value.as_object();
    const auto text = [&](const char* key) { return string_or(one, key, "(absent)"); };
    std::printf("tag      %s: %s -> %s\n", text("what").c_str(), text("old").c_str(), text("new").c_str());
  });
}

bool is_any(const json::object& found) {
  for (const char* key : {"notes", "pictures", "sound", "tags"}) {
    const auto list = get_array(found, key);
    if (list && !list->empty()) return true;
  }
  return false;
}

int run_diff(const Options& options, const Globals& globals) {
  ProgressBar bar("diff", globals.json);
  const auto started = std::chrono::steady_clock::now();
  const auto progress = [&](double fraction, int64_t) {
    if (std::chrono::steady_clock::now() - started > std::chrono::seconds(2)) bar.update(fraction, "");
  };
  const Result<json::object> found = workflows::diff_files(options.before, options.after, progress);
  bar.finish();
  if (!found) return report(found.error(), globals);
  if (globals.json) {
    print_json(*found);
  } else if (is_any(*found)) {
    print_found(*found);
  } else {
    std::printf("no difference in %lld pictures, in sound or in what they say about themselves\n",
                static_cast<long long>(int_or(*found, "new_pictures", 0)));
  }
  return is_any(*found) ? 1 : 0;
}

}  // namespace

void add_diff(CLI::App& app, Globals& globals, Run& run) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("diff", "What changed between two versions of a master: pictures, sound, tags, by time code");
  command->add_option("OLD", options->before, "A media file or an IMF package")->required();
  command->add_option("NEW", options->after, "Its new version")->required();
  command->footer("Exit codes: 0 no difference, 1 there are some, 2 could not be done.");
  add_globals(*command, globals, false);
  command->callback([options, &globals, &run] { run = [options, &globals] { return run_diff(*options, globals); }; });
}

}  // namespace pier::app
