#pragma once
// Subtitle-like text in the picture. See README.md beside.

#include <pier/analysis/analyzer.hpp>

#include "analyzers/burnt_in/captions.hpp"

namespace pier::analysis {

class BurntInAnalyzer final : public Analyzer {
 public:
  static constexpr int64_t kMinMilliseconds = 1000, kMaxMilliseconds = 7000;

  explicit BurntInAnalyzer(const AnalyzerContext& context);
  static std::unique_ptr<Analyzer> make(const AnalyzerContext& context);

  std::string_view name() const override { return "burnt_in"; }
  Needs needs() const override { return {.video = true, .previous_frame = true, .luma_quarter = true, .eighth = true}; }
  std::unique_ptr<Measured> measure(const FrameViews& views) const override;
  void observe(const FrameTime& time, const Measured& measured) override;
  void observe_damaged(const FrameTime& time) override;
  Outcome finish() override;
  Result<json::value> save() const override { return x_captions.save(); }
  Result<void> load(const json::value& state) override { return x_captions.load(state); }
  Result<void> merge(const json::value& later) override { return x_captions.merge(later); }

 private:
  VideoContext x_video;
  impl::Captions x_captions;
};

}  // namespace pier::analysis
