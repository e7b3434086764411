#pragma once
// Sound streams, and single channels, without sound. See README.md beside.

#include <vector>

#include <pier/analysis/analyzer.hpp>

namespace pier::analysis {

class SilenceAnalyzer final : public Analyzer {
 public:
  static constexpr double kThresholdDbfs = -60.0;  // sample peak of a window of 10 ms, every channel
  static constexpr int64_t kMinMilliseconds = 1000;
  static constexpr int64_t kWindowsPerSecond = 100;

  explicit SilenceAnalyzer(const AnalyzerContext& context);
  SilenceAnalyzer(const SilenceAnalyzer& other);
  SilenceAnalyzer& operator=(const SilenceAnalyzer&) = delete;
  ~SilenceAnalyzer() override;
  static std::unique_ptr<Analyzer> make(const AnalyzerContext& context);

  std::string_view name() const override { return "silence"; }
  Needs needs() const override { return {.audio = true}; }
  void hear(int stream_index, const media::AudioBlock& block) override;
  Outcome finish() override;

 private:
  struct Listener;
  std::vector<std::unique_ptr<Listener>> x_listeners;
};

}  // namespace pier::analysis
