#pragma once
// The planted faults: each a clip that is fault-free but for one thing whose place, size and time are known.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <pier/analysis/analyse.hpp>
#include <pier/core/json.hpp>
#include <pier/core/result.hpp>

#include "content.hpp"

namespace pier::analysis::bench {

/// What the analysis must measure: a number, or a text.
struct ExpectedMeasure {
  std::string path;  // dotted, below AnalysisResult::measures
  json::value value;
  double tolerance = 0;
};

/// Frames, or samples of sound; both ends included.
struct Range {
  int64_t first = 0, last = 0;
};

/// One clip. Without `planted` and `measure` it is a control.
struct Case {
  std::string fault;     // entry of tests/cases/findings.toml: expected and implied kinds
  std::string strength;  // for people: "1 frame at 0.04 cd/m2"
  ClipSpec clip;         // frames = 0: sound only
  Look look;
  std::vector<Range> planted;
  bool near_miss = false;      // what is planted lies just below the threshold: none of the expected kinds may be found
  bool planted_sound = false;  // `planted` counts samples although there are pictures
  std::optional<ExpectedMeasure> measure;

  /// Another scene for `plant`, and its raster where it differs.
  std::optional<Look> second_look;
  std::optional<ClipSpec> second_clip;
  /// May replace the frame. `second` is null without `second_look`.
  std::function<void(media::Frame& frame, int index, const Scenery* second)> plant;
  std::function<int(int index)> source;   // which picture of the scene is shown
  bool own_noise = false;                 // that picture, but with the noise of this frame
  std::function<int64_t(int index)> pts;  // of a frame; default: its number
  int channels = 0;                       // 0: no sound
  int64_t samples = 0;
  std::function<void(media::AudioBlock& block)> plant_sound;
  /// Instead of all that: a clip that was encoded, in a folder of its own.
  std::function<Result<AnalysisResult>(const std::string& folder)> encoded;
};

/// kQuick: a third of the signals and strengths, no 2160p. kTiny: the same at 640x360.
enum class Extent : uint8_t { kFull, kQuick, kTiny };
std::vector<Case> all_cases(Extent extent);

}  // namespace pier::analysis::bench
