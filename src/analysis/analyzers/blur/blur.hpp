#pragma once
// Shots without any sharp detail. See README.md beside.

#include <pier/analysis/analyzer.hpp>

#include "runs.hpp"

namespace pier::analysis {

class BlurAnalyzer final : public Analyzer {
 public:
  static constexpr int kEvery = 6;
  static constexpr int64_t kBlurredMillionths = 12'000;
  static constexpr int64_t kMinMilliseconds = 1000;

  explicit BlurAnalyzer(const AnalyzerContext& context);
  static std::unique_ptr<Analyzer> make(const AnalyzerContext& context);

  std::string_view name() const override { return "blur"; }
  Needs needs() const override { return {.video = true, .luma_quarter = true, .every = kEvery}; }
  std::unique_ptr<Measured> measure(const FrameViews& views) const override;
  void observe(const FrameTime& time, const Measured& measured) override;
  Outcome finish() override;
  Result<json::value> save() const override;
  Result<void> load(const json::value& state) override;
  Result<void> merge(const json::value& later) override;

 private:
  VideoContext x_video;
  impl::RunCollector x_runs;
  int64_t x_frames = 0, x_judged = 0, x_sum = 0;
  int64_t x_least = INT64_MAX;  // of the judged frames
};

}  // namespace pier::analysis
