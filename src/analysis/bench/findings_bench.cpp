// The planted-fault matrix: makes every clip of faults.hpp, hands it to the pass and prints one line of JSON a clip
// with what was found; tools/bench/findings judges them. Arguments: [--quick|--tiny] [--part I/N] [--faults NAME,NAME…]
// [--kinds]: the kinds of findings there are, and nothing else.

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include <unistd.h>

#include <pier/analysis/profile.hpp>

#include "faults.hpp"
#include "pass.hpp"

namespace pier::analysis::bench {

namespace {

constexpr int64_t kBlock = 960;  // samples of sound at a time
constexpr int kStreamFrameRate = 50;

PassOptions options_of(const Case& one) {
  PassOptions options;
  options.threads = 1;
  if (one.clip.frames > 0) {
    options.context.video =
        VideoContext{.stream_index = 0, .time_base = Rational(1, one.clip.fps), .frame_rate = one.clip.fps};
  }
  if (one.channels > 0) {
    const uint64_t mask = one.channels == 1 ? 0x4 : one.channels == 2 ? 0x3 : 0x3F;
    options.context.audio.push_back(
        {.stream_index = 1, .sample_rate = 48000, .channels = one.channels, .channel_mask = mask});
  }
  return options;
}

void show_pictures(const Case& one, Sceneries& sceneries, Pass& pass) {
  const auto scenery = sceneries.of(one.clip, one.look);
  std::shared_ptr<const Scenery> second;
  if (one.second_look) second = sceneries.of(one.second_clip.value_or(one.clip), *one.second_look);
  for (int i = 0; i < one.clip.frames; ++i) {
    const int shown = one.source ? one.source(i) : i;
    media::Frame frame = scenery->frame(shown, one.own_noise ? i : shown);
    frame.key = i % 25 == 0;
    if (one.plant) one.plant(frame, i, second.get());
    frame.pts = one.pts ? one.pts(i) : i;
    frame.duration = 1;
    pass.add_frame(std::move(frame));
  }
}

void play_sound(const Case& one, Pass& pass) {
  for (int64_t at = 0; at < one.samples; at += kBlock) {
    media::AudioBlock block = sound(one.channels, at, std::min(kBlock, one.samples - at));
    if (one.plant_sound) one.plant_sound(block);
    pass.add_audio(1, std::move(block));
  }
}

Result<AnalysisResult> analyse_case(const Case& one, Sceneries& sceneries, const std::string& folder) {
  if (one.encoded) return one.encoded(folder);
  Pass pass(options_of(one));
  if (one.clip.frames > 0) show_pictures(one, sceneries, pass);
  if (one.channels > 0) play_sound(one, pass);
  return pass.finish();
}

/// "first:KIND.MEASURE" is that of the first finding of the kind.
json::value measured(const AnalysisResult& result, std::string_view path) {
  if (path.starts_with("first:")) {
    path.remove_prefix(6);
    const size_t dot = path.rfind('.');
    for (const Finding& finding : result.findings) {
      if (finding.kind == path.substr(0, dot) && finding.measures.contains(path.substr(dot + 1)))
        return finding.measures.at(path.substr(dot + 1));
    }
    return nullptr;
  }
  std::string pointer = "/" + std::string(path);
  std::ranges::replace(pointer, '.', '/');
  boost::system::error_code error;
  const json::value all(result.measures);
  const json::value* found = all.find_pointer(pointer, error);
  return found == nullptr ? json::value(nullptr) : *found;
}

/// The edges of shots as if they were findings: "shots.cut", "shots.dissolve", "shots.fade_to_black" …
void add_edges(const json::object& measures, json::array& findings) {
  if (!measures.contains("shots")) return;
  for (const json::value& value : measures.at("shots").at("list").as_array()) {
    const json::array& shot = value.as_array();
    const json::value& how = shot[5];
    if (how == "start") continue;
    findings.push_back(json::object{{"kind", "shots." + std::string(how.as_string())},
                                    {"first", shot[0]},
                                    {"last", shot[0]},
                                    {"measures", json::object{}}});
  }
}

json::object line_of(const Case& one, const AnalysisResult& result) {
  json::array findings;
  for (const Finding& finding : result.findings) {
    // Of sound: samples. Findings of streams have a time.
    const bool timed = finding.first_frame < 0;
    const int rate = one.encoded ? kStreamFrameRate : 48000;
    const int64_t first = timed ? std::llround(finding.time.start.value() * rate) : finding.first_frame;
    const int64_t end = timed ? std::llround(finding.time.end.value() * rate) : finding.last_frame + 1;
    const int64_t last = std::max(first, end - 1);
    findings.push_back(
        json::object{{"kind", finding.kind}, {"first", first}, {"last", last}, {"measures", finding.measures}});
  }
  if (!one.encoded) add_edges(result.measures, findings);
  const bool pictures = one.clip.frames > 0 && !one.encoded;
  json::array planted;
  for (const Range& range : one.planted) planted.push_back(json::array{range.first, range.last});
  json::object line{{"fault", one.fault},
                    {"strength", one.strength},
                    {"signal", one.encoded ? "stream"
                               : pictures  ? test::name(one.clip.kind)
                                           : "sound"},
                    {"height", pictures ? one.clip.height : 0},
                    {"content", pictures ? name(one.look.content) : ""},
                    {"unit", pictures && !one.planted_sound ? 1
                             : one.encoded                  ? 1
                                                            : 960},
                    {"near_miss", one.near_miss},
                    {"planted", std::move(planted)},
                    {"findings", std::move(findings)}};
  if (one.measure) {
    line["measure"] = {{"path", one.measure->path},
                       {"wanted", one.measure->value},
                       {"tolerance", one.measure->tolerance},
                       {"measured", measured(result, one.measure->path)}};
  }
  return line;
}

struct Arguments {
  Extent extent = Extent::kFull;
  unsigned part = 0, parts = 1;
  std::string faults;  // ",a,b,"; empty: all
  bool kinds = false;
};

int run(const Arguments& arguments) {
  const std::string folder =
      (std::filesystem::temp_directory_path() / ("pier-findings-" + std::to_string(getpid()))).string();
  Sceneries sceneries;
  size_t number = 0;
  for (const Case& one : all_cases(arguments.extent)) {
    if (!arguments.faults.empty() && arguments.faults.find("," + one.fault + ",") == std::string::npos) continue;
    if (number++ % arguments.parts != arguments.part) continue;
    const auto began = std::chrono::steady_clock::now();
    const auto result = analyse_case(one, sceneries, folder);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    if (!result) {
      std::fprintf(stderr, "%s, %s: %s\n", one.fault.c_str(), one.strength.c_str(), result.error().message.c_str());
      return 2;
    }
    json::object line = line_of(one, *result);
    line["seconds"] = std::round(took.count() * 1000) / 1000;
    std::printf("%s\n", json::serialize(line).c_str());
    std::fflush(stdout);
  }
  return 0;
}

bool parse(int argc, char** argv, Arguments& arguments) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    const bool more = i + 1 < argc;
    if (name == "--quick") {
      arguments.extent = Extent::kQuick;
    } else if (name == "--tiny") {
      arguments.extent = Extent::kTiny;
    } else if (name == "--kinds") {
      arguments.kinds = true;
    } else if (name == "--part" && more) {
      if (std::sscanf(argv[++i], "%u/%u", &arguments.part, &arguments.parts) != 2 || arguments.parts == 0) return false;
    } else if (name == "--faults" && more) {
      arguments.faults = "," + std::string(argv[++i]) + ",";
    } else {
      return false;
    }
  }
  return true;
}

}  // namespace

}  // namespace pier::analysis::bench

int main(int argc, char** argv) {
  pier::analysis::bench::Arguments arguments;
  if (!parse(argc, argv, arguments)) {
    std::fprintf(stderr, "usage: pier_findings_bench [--quick|--tiny] [--part I/N] [--faults NAME,NAME] [--kinds]\n");
    return 2;
  }
  if (arguments.kinds) {
    for (const std::string& kind : pier::analysis::finding_kind_names()) std::printf("%s\n", kind.c_str());
    return 0;
  }
  return run(arguments);
}
