#pragma once
// Programme loudness and true peak. See README.md beside.

#include <memory>

#include <pier/analysis/analyzer.hpp>

namespace pier::analysis {

class LoudnessAnalyzer final : public Analyzer {
 public:
  explicit LoudnessAnalyzer(const AnalyzerContext& context);
  ~LoudnessAnalyzer() override;
  static std::unique_ptr<Analyzer> make(const AnalyzerContext& context);

  std::string_view name() const override { return "loudness"; }
  Needs needs() const override { return {.audio = true}; }
  void hear(int stream_index, const media::AudioBlock& block) override;
  Outcome finish() override;

 private:
  struct State;
  std::unique_ptr<State> x_state;
};

}  // namespace pier::analysis
