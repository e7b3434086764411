#pragma once
// Extent of every sound stream against that of the picture. See README.md beside.

#include <map>
#include <optional>

#include <pier/analysis/analyzer.hpp>

namespace pier::analysis {

class AvLengthAnalyzer final : public Analyzer {
 public:
  static constexpr int64_t kToleratedFrames = 2;

  explicit AvLengthAnalyzer(const AnalyzerContext& context) : x_context(context) {}
  static std::unique_ptr<Analyzer> make(const AnalyzerContext& context);

  std::string_view name() const override { return "av_length"; }
  Needs needs() const override { return {.video = true, .audio = true}; }
  void observe(const FrameTime& time, const Measured& measured) override;
  void observe_damaged(const FrameTime& time) override;
  void hear(int stream_index, const media::AudioBlock& block) override;
  Outcome finish() override;
  Result<json::value> save() const override;
  Result<void> load(const json::value& state) override;
  Result<void> merge(const json::value& later) override;

 private:
  /// Ticks (samples) of what was seen (heard); empty until there is something.
  struct Extent {
    bool any = false;
    int64_t start = 0, end = 0, count = 0;
    void take(int64_t from, int64_t to, int64_t number);
  };
  struct Sound {
    int64_t sample_rate = 0;
    Extent extent;
  };
  Rational frame_seconds() const;
  json::object compare(const AudioContext& stream, Outcome& outcome) const;
  Result<AvLengthAnalyzer> state_from(const json::value& value) const;

  AnalyzerContext x_context;
  Extent x_picture;
  std::map<int, Sound> x_sound;  // by stream
};

}  // namespace pier::analysis
