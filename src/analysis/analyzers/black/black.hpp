#pragma once
// Pictures without light, judged in cd/m2. See README.md beside.

#include <pier/analysis/analyzer.hpp>

#include "runs.hpp"

namespace pier::analysis {

class BlackAnalyzer final : public Analyzer {
 public:
  static constexpr double kDarkNits = 0.05;             // a sample is dark up to this display light
  static constexpr int64_t kShareMillionths = 985'000;  // so many samples must be dark

  explicit BlackAnalyzer(const AnalyzerContext& context);
  static std::unique_ptr<Analyzer> make(const AnalyzerContext& context);

  std::string_view name() const override { return "black"; }
  Needs needs() const override { return {.video = true}; }
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
