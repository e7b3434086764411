#pragma once
// Left against right: inverted, identical, one silent. See README.md beside.

#include <memory>

#include <pier/analysis/analyzer.hpp>

namespace pier::analysis {

class PhaseAnalyzer final : public Analyzer {
 public:
  static constexpr int64_t kWindowsPerSecond = 10;
  static constexpr double kSilentDbfs = -60.0, kSoundingDbfs = -40.0;  // RMS of a window
  static constexpr double kInverted = -0.9;                            // correlation
  static constexpr double kIdenticalDb = -60.0;                        // difference against sum
  static constexpr int64_t kMinInvertedSeconds = 2, kMinSameSeconds = 5, kMinMonoSeconds = 5;

  explicit PhaseAnalyzer(const AnalyzerContext& context);
  PhaseAnalyzer(const PhaseAnalyzer& other);
  PhaseAnalyzer& operator=(const PhaseAnalyzer&) = delete;
  ~PhaseAnalyzer() override;
  static std::unique_ptr<Analyzer> make(const AnalyzerContext& context);

  std::string_view name() const override { return "phase"; }
  Needs needs() const override { return {.audio = true}; }
  void hear(int stream_index, const media::AudioBlock& block) override;
  Outcome finish() override;

 private:
  struct State;
  std::unique_ptr<State> x_state;
};

}  // namespace pier::analysis
