#pragma once
// Edges of coding blocks. See README.md beside.

#include <array>

#include <pier/analysis/analyzer.hpp>

#include "runs.hpp"

namespace pier::analysis {

class BlockinessAnalyzer final : public Analyzer {
 public:
  static constexpr int kEvery = 12;
  static constexpr std::array<int, 4> kSides{8, 16, 32, 64};

  explicit BlockinessAnalyzer(const AnalyzerContext& context);
  static std::unique_ptr<Analyzer> make(const AnalyzerContext& context);

  std::string_view name() const override { return "blockiness"; }
  Needs needs() const override { return {.video = true, .every = kEvery}; }
  std::unique_ptr<Measured> measure(const FrameViews& views) const override;
  void observe(const FrameTime& time, const Measured& measured) override;
  Outcome finish() override;
  Result<json::value> save() const override;
  Result<void> load(const json::value& state) override;
  Result<void> merge(const json::value& later) override;

 private:
  VideoContext x_video;
  impl::RunCollector x_runs;
  int64_t x_frames = 0;
  std::array<int64_t, kSides.size()> x_blocky{};  // frames by side of the blocks
  int64_t x_worst = 0;                            // largest ratio, percent
};

}  // namespace pier::analysis
