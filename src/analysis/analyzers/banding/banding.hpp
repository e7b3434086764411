#pragma once
// False contours, and depth that is only pretended. See README.md beside.

#include <pier/analysis/analyzer.hpp>

#include "runs.hpp"

namespace pier::analysis {

class BandingAnalyzer final : public Analyzer {
 public:
  static constexpr int kEvery = 12;
  static constexpr int64_t kContourMillionths = 20'000;  // of the picture on staircases
  static constexpr int64_t kContourMilliseconds = 300;

  explicit BandingAnalyzer(const AnalyzerContext& context);
  static std::unique_ptr<Analyzer> make(const AnalyzerContext& context);

  std::string_view name() const override { return "banding"; }
  Needs needs() const override { return {.video = true, .luma_quarter = true, .every = kEvery}; }
  std::unique_ptr<Measured> measure(const FrameViews& views) const override;
  void observe(const FrameTime& time, const Measured& measured) override;
  Outcome finish() override;
  Result<json::value> save() const override;
  Result<void> load(const json::value& state) override;
  Result<void> merge(const json::value& later) override;

 private:
  VideoContext x_video;
  impl::RunCollector x_contours, x_low_depth;
  int64_t x_frames = 0, x_low_frames = 0;
  int64_t x_staircase_sum = 0, x_staircase_worst = 0;  // millionths
};

}  // namespace pier::analysis
