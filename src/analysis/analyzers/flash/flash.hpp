#pragma once
// Flashes that may harm people with photosensitive epilepsy, by two rule sets in one measurement. See README.md beside.

#include <array>
#include <vector>

#include <pier/analysis/analyzer.hpp>

#include "analyzers/flash/transitions.hpp"
#include "runs.hpp"
#include "windowed.hpp"

namespace pier::analysis {

namespace impl {

/// The rule sets, frame by frame.
class FlashCore {
 public:
  using Frame = FlashFrame;
  explicit FlashCore(const VideoContext& video);

  bool full(const std::vector<FlashFrame>& head) const;
  void feed(const FlashFrame& frame, bool record);
  void resume(FlashCore&& later);
  json::value save() const;
  Result<void> load(const json::value& state);

  /// A rule set on one quantity.
  enum Series : uint8_t { kBtLight, kBtRed, kIrisLight, kIrisRed, kSeries };
  std::vector<RunCollector> runs;          // one a kind
  std::array<int64_t, kSeries> largest{};  // transitions within a second
  int64_t frames = 0;

 private:
  static constexpr size_t kHeadFrames = 2 * FlashSpans::kSecondFrames + FlashSpans::kWindowFrames + 8;
  void judge(const FlashFrame& frame, bool record);

  FlashSpans x_spans;
  CellTracker x_light{CellTracker::Quantity::kLight}, x_red{CellTracker::Quantity::kRed};
  MeanTracker x_mean, x_red_mean;
  std::vector<CountJudge> x_judges;  // one a series
  std::vector<uint16_t> x_before_light, x_before_red;
};

}  // namespace impl

class FlashAnalyzer final : public Analyzer {
 public:
  explicit FlashAnalyzer(const AnalyzerContext& context);
  static std::unique_ptr<Analyzer> make(const AnalyzerContext& context);

  std::string_view name() const override { return "flash"; }
  Needs needs() const override { return {.video = true, .eighth = true}; }
  std::unique_ptr<Measured> measure(const FrameViews& views) const override;
  void observe(const FrameTime& time, const Measured& measured) override;
  void observe_damaged(const FrameTime& time) override;
  Outcome finish() override;
  Result<json::value> save() const override { return x_state.save(); }
  Result<void> load(const json::value& state) override { return x_state.load(state); }
  Result<void> merge(const json::value& later) override { return x_state.merge(later); }

 private:
  VideoContext x_video;
  impl::Windowed<impl::FlashCore> x_state;
};

}  // namespace pier::analysis
