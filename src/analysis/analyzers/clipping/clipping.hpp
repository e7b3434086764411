#pragma once
// Cut-off tops of sound waves. See README.md beside.

#include <map>
#include <memory>

#include <pier/analysis/analyzer.hpp>

namespace pier::analysis {

class ClippingAnalyzer final : public Analyzer {
 public:
  static constexpr int64_t kMinRun = 4;             // samples
  static constexpr float kFullScale = 0.99996F;     // just below the largest 16-bit code
  static constexpr float kOverScale = 1.00003F;     // beyond any fixed-point code
  static constexpr float kFullScaleCorner = 5e-4F;  // step next to a run at full scale
  static constexpr float kFlatLevel = 0.25F;        // -12 dBFS
  static constexpr float kFlatness = 6.2e-5F;       // two steps of 16 bits
  static constexpr float kFlatCorner = 0.012F;
  static constexpr int64_t kMinFlat = 3;  // flat tops below full scale in one group
  static constexpr int64_t kJoinMilliseconds = 1000;

  explicit ClippingAnalyzer(const AnalyzerContext& context);
  ClippingAnalyzer(const ClippingAnalyzer& other);
  ClippingAnalyzer& operator=(const ClippingAnalyzer&) = delete;
  ~ClippingAnalyzer() override;
  static std::unique_ptr<Analyzer> make(const AnalyzerContext& context);

  std::string_view name() const override { return "clipping"; }
  Needs needs() const override { return {.audio = true}; }
  void hear(int stream_index, const media::AudioBlock& block) override;
  Outcome finish() override;

 private:
  struct Listener;
  AnalyzerContext x_context;
  std::map<int, std::unique_ptr<Listener>> x_listeners;  // by stream
};

}  // namespace pier::analysis
