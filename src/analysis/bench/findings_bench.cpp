// The planted-fault matrix: makes every clip of faults.cpp in memory, hands it to the pass and prints one line of JSON
// a clip with what was found; tools/bench/findings judges them. Arguments: [--short] [--part I/N] [--fault NAME].

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <tuple>

#include "faults.hpp"

namespace pier::analysis::bench {

namespace {

constexpr int64_t kBlock = 960;  // samples of sound at a time

/// Scenes are made once and serve many clips.
class Scenes {
 public:
  const Scenery& of(const Case& one) {
    const auto key = std::tuple(one.clip.kind, one.clip.width, one.content);
    auto& scene = x_scenes[key];
    if (!scene || scene->spec().frames < one.clip.frames) scene = std::make_unique<Scenery>(one.clip, one.content);
    return *scene;
  }

 private:
  std::map<std::tuple<test::Kind, int, Content>, std::unique_ptr<Scenery>> x_scenes;
};

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

void show_pictures(const Case& one, const Scenery& scenery, Pass& pass) {
  for (int i = 0; i < one.clip.frames; ++i) {
    const int shown = one.source ? one.source(i) : i;
    media::Frame frame = scenery.frame(shown, one.own_noise ? i : shown);
    frame.key = i % 25 == 0;
    if (one.plant) one.plant(frame, i);
    frame.pts = i;
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

json::value at_path(const json::object& measures, std::string_view path) {
  json::value here = measures;
  while (!path.empty()) {
    const std::string key(path.substr(0, path.find('.')));
    path.remove_prefix(std::min(path.size(), key.size() + 1));
    if (here.is_array()) {
      const auto index = static_cast<size_t>(std::strtoul(key.c_str(), nullptr, 10));
      if (index >= here.get_array().size()) return nullptr;
      here = json::value(here.get_array()[index]);
    } else if (here.is_object() && here.get_object().contains(key)) {
      here = json::value(here.get_object().at(key));
    } else {
      return nullptr;
    }
  }
  return here;
}

json::object line_of(const Case& one, const AnalysisResult& result) {
  json::array findings;
  for (const Finding& finding : result.findings) {
    const bool sound = finding.first_frame < 0;
    const double scale = sound ? 48000 : 1;
    const double first = sound ? finding.time.start.value() * scale : static_cast<double>(finding.first_frame);
    const double last = sound ? finding.time.end.value() * scale - 1 : static_cast<double>(finding.last_frame);
    findings.push_back(
        json::object{{"kind", finding.kind}, {"first", first}, {"last", last}, {"measures", finding.measures}});
  }
  json::object line{{"fault", one.fault},
                    {"strength", one.strength},
                    {"signal", one.clip.frames > 0 ? test::name(one.clip.kind) : "sound"},
                    {"height", one.clip.frames > 0 ? one.clip.height : 0},
                    {"content", one.clip.frames > 0 ? name(one.content) : "sound"},
                    {"unit", one.clip.frames > 0 && !one.planted_sound ? 1 : 960},
                    {"findings", std::move(findings)}};
  if (one.planted && !one.near_miss) line["planted"] = json::array{one.planted->first, one.planted->last};
  if (one.measure) {
    line["measure"] = {{"path", one.measure->path},
                       {"wanted", one.measure->value},
                       {"tolerance", one.measure->tolerance},
                       {"measured", at_path(result.measures, one.measure->path)}};
  }
  return line;
}

int run(bool quick, size_t part, size_t parts, const std::string& only) {
  Scenes scenes;
  size_t number = 0;
  for (const Case& one : all_cases(quick)) {
    if (!only.empty() && one.fault != only) continue;
    if (number++ % parts != part) continue;
    Pass pass(options_of(one));
    if (one.clip.frames > 0) show_pictures(one, scenes.of(one), pass);
    if (one.channels > 0) play_sound(one, pass);
    const auto result = pass.finish();
    if (!result) {
      std::fprintf(stderr, "%s, %s: %s\n", one.fault.c_str(), one.strength.c_str(), result.error().message.c_str());
      return 2;
    }
    std::printf("%s\n", json::serialize(line_of(one, *result)).c_str());
    std::fflush(stdout);
  }
  return 0;
}

}  // namespace

}  // namespace pier::analysis::bench

int main(int argc, char** argv) {
  bool quick = false;
  unsigned part = 0, parts = 1;
  std::string only;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--short") == 0) {
      quick = true;
    } else if (std::strcmp(argv[i], "--part") == 0 && i + 1 < argc) {
      if (std::sscanf(argv[++i], "%u/%u", &part, &parts) != 2 || parts == 0) return 2;
    } else if (std::strcmp(argv[i], "--fault") == 0 && i + 1 < argc) {
      only = argv[++i];
    } else {
      std::fprintf(stderr, "usage: pier_findings_bench [--short] [--part I/N] [--fault NAME]\n");
      return 2;
    }
  }
  return pier::analysis::bench::run(quick, part, parts, only);
}
