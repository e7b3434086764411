#pragma once
// Pictures that stand still. See README.md beside.

#include <pier/analysis/analyzer.hpp>

#include "runs.hpp"

namespace pier::analysis {

class FreezeAnalyzer final : public Analyzer {
 public:
  static constexpr int64_t kStillMillionths = 600;  // mean change of a block, in millionths of black to peak
  static constexpr int64_t kMinMilliseconds = 500;

  explicit FreezeAnalyzer(const AnalyzerContext& context);
  static std::unique_ptr<Analyzer> make(const AnalyzerContext& context);

  std::string_view name() const override { return "freeze"; }
  Needs needs() const override { return {.video = true, .previous_frame = true, .luma_quarter = true}; }
  std::unique_ptr<Measured> measure(const FrameViews& views) const override;
  void observe(const FrameTime& time, const Measured& measured) override;
  Outcome finish() override;
  Result<json::value> save() const override { return x_runs.save(); }
  Result<void> load(const json::value& state) override { return x_runs.load(state); }
  Result<void> merge(const json::value& later) override { return x_runs.merge(later); }

 private:
  VideoContext x_video;
  impl::RunCollector x_runs;
};

}  // namespace pier::analysis
