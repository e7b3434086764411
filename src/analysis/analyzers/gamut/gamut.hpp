#pragma once
// Colours outside what may be exchanged: EBU R 103 with its filter and its share of the picture. See README.md beside.

#include <array>

#include <pier/analysis/analyzer.hpp>

#include "runs.hpp"

namespace pier::analysis {

class GamutAnalyzer final : public Analyzer {
 public:
  static constexpr int64_t kShareMillionths = 10'000;  // of the picture may lie outside

  explicit GamutAnalyzer(const AnalyzerContext& context);
  static std::unique_ptr<Analyzer> make(const AnalyzerContext& context);

  std::string_view name() const override { return "gamut"; }
  Needs needs() const override { return {.video = true, .scan = true}; }
  std::unique_ptr<Measured> measure(const FrameViews& views) const override;
  void observe(const FrameTime& time, const Measured& measured) override;
  Outcome finish() override;
  Result<json::value> save() const override;
  Result<void> load(const json::value& state) override;
  Result<void> merge(const json::value& later) override;

 private:
  /// Shares in millionths of the picture.
  struct Totals {
    int64_t frames = 0;
    int64_t outside = 0;                   // sum over frames
    int64_t unfiltered = 0;                // the same without the filter
    int64_t worst = -1, worst_frame = -1;  // behind the filter, first frame that has it
    int64_t worst_unfiltered = -1;
    std::array<int64_t, 4> worst_component{};  // R', G', B', Y', each its worst frame
    void add(const Totals& later);
  };
  static Result<Totals> totals_from(const json::value& value);

  VideoContext x_video;
  impl::RunCollector x_runs;
  Totals x_totals;
};

}  // namespace pier::analysis
