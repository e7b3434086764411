#pragma once
// Code values where no video may be, and beyond nominal black and peak. See README.md beside.

#include <array>

#include <pier/analysis/analyzer.hpp>

#include "runs.hpp"

namespace pier::analysis {

class LevelsAnalyzer final : public Analyzer {
 public:
  static constexpr int64_t kExcursionMillionths = 10'000;  // of the samples of a picture, beyond black to peak

  explicit LevelsAnalyzer(const AnalyzerContext& context);
  static std::unique_ptr<Analyzer> make(const AnalyzerContext& context);

  std::string_view name() const override { return "levels"; }
  Needs needs() const override { return {.video = true, .scan = true}; }
  std::unique_ptr<Measured> measure(const FrameViews& views) const override;
  void observe(const FrameTime& time, const Measured& measured) override;
  Outcome finish() override;
  Result<json::value> save() const override;
  Result<void> load(const json::value& state) override;
  Result<void> merge(const json::value& later) override;

 private:
  struct PlaneTotals {
    int64_t samples = 0, reserved = 0, below = 0, above = 0;
    int64_t smallest = 65535, largest = 0;
  };
  static void add(PlaneTotals& to, const PlaneTotals& more);
  static Result<std::array<PlaneTotals, 3>> totals_from(const json::value& value);

  VideoContext x_video;
  impl::RunCollector x_reserved, x_excursions;
  std::array<PlaneTotals, 3> x_planes;
  friend struct LevelsOfFrame;
};

}  // namespace pier::analysis
