#pragma once
// Holes in the timeline of a sound stream. See README.md beside.

#include <map>

#include <pier/analysis/analyzer.hpp>

namespace pier::analysis {

class AudioGapAnalyzer final : public Analyzer {
 public:
  explicit AudioGapAnalyzer(const AnalyzerContext& context) : x_context(context) {}
  static std::unique_ptr<Analyzer> make(const AnalyzerContext& context);

  std::string_view name() const override { return "audio_gap"; }
  Needs needs() const override { return {.audio = true}; }
  void hear(int stream_index, const media::AudioBlock& block) override;
  Outcome finish() override;

 private:
  struct Stream {
    bool heard = false;
    int64_t next_pts = 0;
    int64_t missing = 0, overlapping = 0;  // samples
    int64_t gaps = 0, overlaps = 0;
  };
  void report(int stream_index, const media::AudioBlock& block, int64_t expected);

  AnalyzerContext x_context;
  std::map<int, Stream> x_streams;
  Outcome x_outcome;
};

}  // namespace pier::analysis
