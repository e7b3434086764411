#pragma once
// Light of the programme: measured MaxCLL and MaxFALL and a bounded timeline. See README.md beside.

#include <map>
#include <vector>

#include <pier/analysis/analyzer.hpp>

namespace pier::analysis {

class LuminanceAnalyzer final : public Analyzer {
 public:
  static constexpr size_t kTimelinePoints = 1024;

  explicit LuminanceAnalyzer(const AnalyzerContext& context);
  static std::unique_ptr<Analyzer> make(const AnalyzerContext& context);

  std::string_view name() const override { return "luminance"; }
  Needs needs() const override { return {.video = true, .scan = true}; }
  std::unique_ptr<Measured> measure(const FrameViews& views) const override;
  void observe(const FrameTime& time, const Measured& measured) override;
  Outcome finish() override;
  Result<json::value> save() const override;
  Result<void> load(const json::value& state) override;
  Result<void> merge(const json::value& later) override;

 private:
  /// Largest of all frames and the first frame that had it; millionths of cd/m2.
  struct Peak {
    int64_t micronits = -1;
    int64_t frame = -1;
    void take(int64_t value, int64_t at) {
      if (value > micronits) *this = {value, at};
    }
  };
  struct Bucket {
    int64_t frames = 0, max_micronits = 0, fall_sum = 0, min_micronits = INT64_MAX;
  };
  struct State {
    Peak max_cll, max_cll_9999, max_fall;
    int64_t frames = 0;
    int64_t fall_sum = 0;                    // micronits of all frames
    int64_t assumed = 0;                     // frames whose transfer was not signalled
    int64_t scale = -1;                      // Light of the first frame
    int64_t mixed = 0;                       // frames with another one
    std::map<int64_t, int64_t> fall_by_nit;  // frames by whole cd/m2 of their average
    int64_t bucket_shift = 0;                // frames a bucket = 1 << shift
    std::map<int64_t, Bucket> timeline;      // by frame index >> shift
    void coarsen();
    void merge(State later);
  };
  static Result<State> state_from(const json::value& value);

  VideoContext x_video;
  State x_state;
};

}  // namespace pier::analysis
