#pragma once
// The planted faults: each a clip that is fault-free but for one thing whose place, size and time are known.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "content.hpp"

namespace pier::analysis::bench {

/// A number that the analysis must measure.
struct ExpectedMeasure {
  std::string path;  // dotted, below AnalysisResult::measures
  double value = 0, tolerance = 0;
};

/// One clip. Without `planted` it is a control.
struct Case {
  std::string fault;     // entry of tests/cases/findings.toml: expected and implied kinds, bars
  std::string analyzer;  // the case is left out where there is none of this name; empty: always there
  std::string strength;  // for people: "1 frame at 0.04 cd/m2"
  ClipSpec clip;         // frames = 0: sound only
  Content content = Content::kDetail;
  struct Range {
    int64_t first = 0, last = 0;  // frames, or samples of sound
  };
  std::optional<Range> planted;
  bool near_miss = false;      // `planted` lies just below a threshold: nothing may be found
  bool planted_sound = false;  // `planted` counts samples although there are pictures
  std::optional<ExpectedMeasure> measure;

  std::function<void(media::Frame& frame, int index)> plant;  // may replace the frame
  std::function<int(int index)> source;                       // which picture of the scene is shown
  bool own_noise = false;                                     // that picture, but with the noise of this frame
  int channels = 0;                                           // 0: no sound
  int64_t samples = 0;
  std::function<void(media::AudioBlock& block)> plant_sound;
};

/// All cases; `quick`: a third of the signals and strengths, 1080p only.
std::vector<Case> all_cases(bool quick);

}  // namespace pier::analysis::bench
