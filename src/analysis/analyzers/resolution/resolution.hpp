#pragma once
// The raster a picture really resolves. See README.md beside.

#include <array>

#include <pier/analysis/analyzer.hpp>

#include "spectrum.hpp"

namespace pier::analysis {

class ResolutionAnalyzer final : public Analyzer {
 public:
  static constexpr int kEvery = 12;

  /// Ratio of a source raster to ours that is looked for.
  struct Ratio {
    int num, den;
  };
  static constexpr std::array<Ratio, 6> kRatios{{{1, 4}, {1, 3}, {3, 8}, {1, 2}, {2, 3}, {3, 4}}};
  /// Verdict on one direction of a frame: unknown, full detail, or made from ratio number (value - kFirstRatio).
  static constexpr size_t kUnknown = 0, kFull = 1, kFirstRatio = 2, kVerdicts = kFirstRatio + kRatios.size();
  static constexpr size_t kControls = 3;
  static constexpr size_t kFolds = kRatios.size() + kControls;

  explicit ResolutionAnalyzer(const AnalyzerContext& context);
  static std::unique_ptr<Analyzer> make(const AnalyzerContext& context);

  std::string_view name() const override { return "resolution"; }
  Needs needs() const override { return {.video = true, .luma_quarter = true, .every = kEvery}; }
  std::unique_ptr<Measured> measure(const FrameViews& views) const override;
  void observe(const FrameTime& time, const Measured& measured) override;
  Outcome finish() override;
  Result<json::value> save() const override;
  Result<void> load(const json::value& state) override;
  Result<void> merge(const json::value& later) override;

  /// What is summed up over the lines of one direction; of one frame or of many.
  struct Sums {
    std::array<int64_t, kFolds> coherence{};                  // Q15 a frame
    std::array<int64_t, impl::Spectrum::kBands> log_power{};  // Q8, mean of the tiles of a frame
  };

 private:
  struct State {
    int64_t frames = 0, judged = 0, tiles = 0;
    int64_t width = 0, height = 0;  // of the frames that are counted: the largest raster seen
    int64_t first_frame = -1, last_frame = -1, start = 0, end = 0;
    std::array<Sums, 2> sums;                               // horizontal, vertical
    std::array<int64_t, kVerdicts * kVerdicts> verdicts{};  // horizontal * kVerdicts + vertical
    void add(const State& other);
  };
  struct Judgement;
  static Result<State> state_from(const json::value& value);
  Judgement judgement() const;

  VideoContext x_video;
  State x_state;
};

}  // namespace pier::analysis
