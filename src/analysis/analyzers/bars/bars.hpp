#pragma once
// Colour bars, plain fields, slates. See README.md beside.

#include <optional>

#include <pier/analysis/analyzer.hpp>

#include "runs.hpp"

namespace pier::analysis {

class BarsAnalyzer final : public Analyzer {
 public:
  static constexpr int64_t kMinBarsMilliseconds = 500, kMinFieldMilliseconds = 2000, kMinSlateMilliseconds = 2000;

  explicit BarsAnalyzer(const AnalyzerContext& context);
  static std::unique_ptr<Analyzer> make(const AnalyzerContext& context);

  std::string_view name() const override { return "bars"; }
  Needs needs() const override { return {.video = true, .previous_frame = true, .eighth = true}; }
  std::unique_ptr<Measured> measure(const FrameViews& views) const override;
  void observe(const FrameTime& time, const Measured& measured) override;
  void observe_damaged(const FrameTime& time) override;
  Outcome finish() override;
  Result<json::value> save() const override;
  Result<void> load(const json::value& state) override;
  Result<void> merge(const json::value& later) override;

 private:
  void report_slates(Outcome& outcome);

  VideoContext x_video;
  impl::RunCollector x_bars, x_fields, x_pages;
  std::optional<int64_t> x_programme;  // index of the first picture that is no leader
};

}  // namespace pier::analysis
