#pragma once
// Loudness of one set of channels, by libebur128, with a timeline of bounded length.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include <pier/core/json.hpp>

namespace pier::analysis::impl {

/// Not thread-safe. Memory does not grow with the length beyond kHistoryHours.
class LoudnessMeter {
 public:
  static constexpr size_t kTimelinePoints = 1024;
  static constexpr int kHistoryHours = 24;  // integrated loudness and range look at so much, the latest

  /// `mask`: WAVE bits, one per channel; 0: unknown, every channel weighs 1. `peaks`: measure true peak too.
  LoudnessMeter(int sample_rate, int channels, uint64_t mask, bool peaks);
  ~LoudnessMeter();
  LoudnessMeter(LoudnessMeter&&) noexcept;
  LoudnessMeter& operator=(LoudnessMeter&&) noexcept;

  /// False for rates and numbers of channels that nothing can measure.
  bool works() const { return x_state != nullptr; }
  /// `channels` points at `samples` values each; `pts` in samples places them on the timeline, a gap counts for nothing
  /// else. Values that are not finite become 0.
  void add(int64_t pts, const std::vector<const float*>& channels, size_t samples);

  /// "integrated_lufs", "range_lu", "max_momentary_lufs", "max_short_term_lufs"; null where there is no value.
  json::object measures() const;
  /// Rows of seconds, largest short-term and largest momentary loudness up to the next row.
  json::array timeline() const;
  std::vector<double> true_peaks() const;  // per channel, 1 = full scale

 private:
  struct Library;
  struct Point {
    double short_term, momentary;
  };
  void step(int64_t pts);

  std::unique_ptr<Library> x_state;
  int x_rate = 0, x_channels = 0;
  size_t x_step = 1, x_until_step = 1;
  int x_steps = 0;  // since the last short-term value
  double x_max_momentary, x_max_short_term;
  std::vector<float> x_interleaved;
  std::optional<int64_t> x_first;
  int x_shift = 0;  // points are 100 ms << x_shift long
  std::map<int64_t, Point> x_timeline;
};

json::value finite_or_null(double value);
/// 20 log10.
double decibel_of(double amplitude);

}  // namespace pier::analysis::impl
