#pragma once
// Is the LFE of 5.1 where it is said to be? See README.md beside.

#include <memory>

#include <pier/analysis/analyzer.hpp>

namespace pier::analysis {

class ChannelsAnalyzer final : public Analyzer {
 public:
  static constexpr double kLowHertz = 160;
  static constexpr double kLfeShare = 0.95, kFullRangeShare = 0.6;   // of energy below
  static constexpr double kLfeDbfs = -60.0, kFullRangeDbfs = -50.0;  // RMS
  static constexpr double kLouderDb = 3.0;
  static constexpr int64_t kMinSeconds = 10;

  explicit ChannelsAnalyzer(const AnalyzerContext& context);
  ~ChannelsAnalyzer() override;
  static std::unique_ptr<Analyzer> make(const AnalyzerContext& context);

  std::string_view name() const override { return "channels"; }
  Needs needs() const override { return {.audio = true}; }
  void hear(int stream_index, const media::AudioBlock& block) override;
  Outcome finish() override;

 private:
  struct State;
  std::unique_ptr<State> x_state;
};

}  // namespace pier::analysis
