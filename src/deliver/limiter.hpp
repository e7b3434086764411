#pragma once
// A gain for a whole sound track, and a limiter that keeps its true peaks below a ceiling.

#include <deque>
#include <utility>
#include <vector>

#include <pier/media/frame.hpp>

namespace pier::deliver {

/// Looks 5 ms ahead; all channels get the same gain, so that sounds stay where they are. True peaks are those of the
/// four times oversampled signal, by the filter of ITU-R BS.1770-4 annex 2. Not thread-safe.
class Limiter {
 public:
  /// `gain` and `ceiling` as factors, 1 = full scale.
  Limiter(size_t channels, int sample_rate, double gain, double ceiling);

  /// What is complete: the signal is neither moved nor made longer over all.
  media::AudioBlock process(const media::AudioBlock& block);
  /// The rest.
  media::AudioBlock flush();
  /// The least gain of the limiter so far (1: it had nothing to do).
  double least_gain() const { return x_least; }

 private:
  void take(const std::vector<std::vector<float>>& channels, size_t samples, media::AudioBlock& out);
  void push(size_t at, const std::vector<std::vector<float>>& channels);
  double needed_of_newest() const;
  void follow(double needed);
  void give(media::AudioBlock& out);

  int x_rate;
  size_t x_ahead;  // samples looked ahead
  double x_gain, x_ceiling, x_recovery;
  std::vector<std::deque<float>> x_samples;  // by channel, from sample x_given on
  std::vector<std::vector<float>> x_window;  // by channel, the newest samples, for the filter
  double x_before = 1;                       // what the newest place between two samples needs
  double x_envelope = 1;
  size_t x_pushed = 0, x_followed = 0, x_given = 0;
  std::deque<std::pair<size_t, double>> x_falling;  // envelope: candidates for the least value ahead
  std::deque<double> x_lowest;                      // least values ahead that the mean is taken of
  double x_sum = 0, x_least = 1;
};

}  // namespace pier::deliver
