#pragma once
// How much of HDR and of the wide gamut a programme uses, and whether it was tagged right. See README.md beside.

#include <map>

#include <pier/analysis/analyzer.hpp>

#include "analyzers/hdr_use/light_use.hpp"

namespace pier::analysis {

class HdrUseAnalyzer final : public Analyzer {
 public:
  static constexpr int kEvery = 5;
  static constexpr int64_t kMinSeconds = 10;
  static constexpr int64_t kMinFrames = 50;

  explicit HdrUseAnalyzer(const AnalyzerContext& context);
  static std::unique_ptr<Analyzer> make(const AnalyzerContext& context);

  std::string_view name() const override { return "hdr_use"; }
  Needs needs() const override { return {.video = true, .eighth = true, .every = kEvery}; }
  std::unique_ptr<Measured> measure(const FrameViews& views) const override;
  void observe(const FrameTime& time, const Measured& measured) override;
  Outcome finish() override;
  Result<json::value> save() const override;
  Result<void> load(const json::value& state) override;
  Result<void> merge(const json::value& later) override;

 private:
  struct State {
    /// By signal: Light and whether the primaries are wider than BT.709, see key_of().
    std::map<int64_t, impl::LightUse> uses;
    int64_t key = -1;  // of the first frame: the programme's
    int64_t first = -1, last = -1, start = 0, end = 0;
  };
  static Result<State> state_from(const json::value& value);
  void report(std::string_view kind, json::object measures, Outcome& outcome) const;

  VideoContext x_video;
  State x_state;
};

}  // namespace pier::analysis
