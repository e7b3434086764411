#pragma once
// Dead and stuck pixels, lost lines, blocks of a wrong colour. See README.md beside.

#include <pier/analysis/analyzer.hpp>

#include "analyzers/dropout/impulses.hpp"
#include "analyzers/dropout/stuck.hpp"

namespace pier::analysis {

class DropoutAnalyzer final : public Analyzer {
 public:
  static constexpr int kDotStep = 120;     // thousandths of nominal by which a stuck pixel sticks out
  static constexpr size_t kMaxDots = 256;  // more of them in one picture: grain, stars, rain

  explicit DropoutAnalyzer(const AnalyzerContext& context) : x_video(context.video.value_or(VideoContext{})) {}
  static std::unique_ptr<Analyzer> make(const AnalyzerContext& context);

  std::string_view name() const override { return "dropout"; }
  Needs needs() const override { return {.video = true, .previous_frame = true, .luma_quarter = true, .eighth = true}; }
  std::unique_ptr<Measured> measure(const FrameViews& views) const override;
  void observe(const FrameTime& time, const Measured& measured) override;
  Outcome finish() override;
  Result<json::value> save() const override;
  Result<void> load(const json::value& state) override;
  Result<void> merge(const json::value& later) override;

 private:
  VideoContext x_video;
  impl::StuckPixels x_stuck;
  impl::Impulses x_impulses;
};

}  // namespace pier::analysis
