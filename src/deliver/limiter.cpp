#include "limiter.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace pier::deliver {
namespace {

constexpr size_t kTaps = 12, kCentre = kTaps / 2;
constexpr double kAheadSeconds = 0.005, kRecoverySeconds = 0.15;

/// ITU-R BS.1770-4 annex 2: between the samples six and five before the newest.
constexpr std::array<std::array<double, kTaps>, 4> kPhases = {
    {{0.0017089843750, 0.0109863281250, -0.0196533203125, 0.0332031250000, -0.0594482421875, 0.1373291015625,
      0.9721679687500, -0.1022949218750, 0.0476074218750, -0.0266113281250, 0.0148925781250, -0.0083007812500},
     {-0.0291748046875, 0.0292968750000, -0.0517578125000, 0.0891113281250, -0.1665039062500, 0.4650878906250,
      0.7797851562500, -0.2003173828125, 0.1015625000000, -0.0582275390625, 0.0330810546875, -0.0189208984375},
     {-0.0189208984375, 0.0330810546875, -0.0582275390625, 0.1015625000000, -0.2003173828125, 0.7797851562500,
      0.4650878906250, -0.1665039062500, 0.0891113281250, -0.0517578125000, 0.0292968750000, -0.0291748046875},
     {-0.0083007812500, 0.0148925781250, -0.0266113281250, 0.0476074218750, -0.1022949218750, 0.9721679687500,
      0.1373291015625, -0.0594482421875, 0.0332031250000, -0.0196533203125, 0.0109863281250, 0.0017089843750}}};

}  // namespace

Limiter::Limiter(size_t channels, int sample_rate, double gain, double ceiling)
    : x_rate(sample_rate),
      x_ahead(static_cast<size_t>(std::lround(kAheadSeconds * sample_rate))),
      x_gain(gain),
      x_ceiling(ceiling),
      x_recovery(1 - std::exp(-1 / (kRecoverySeconds * sample_rate))),
      x_samples(channels),
      x_window(channels, std::vector<float>(kTaps, 0.0F)) {
  // The first gains are means of what comes before the first sample too.
  media::AudioBlock nothing;
  nothing.channels.resize(channels);
  take({}, x_ahead, nothing);
}

media::AudioBlock Limiter::process(const media::AudioBlock& block) {
  media::AudioBlock out;
  out.sample_rate = x_rate;
  out.channels.resize(x_samples.size());
  take(block.channels, block.samples(), out);
  return out;
}

media::AudioBlock Limiter::flush() {
  media::AudioBlock out;
  out.sample_rate = x_rate;
  out.channels.resize(x_samples.size());
  take({}, x_ahead + kCentre, out);
  return out;
}

/// Without channels: silence.
void Limiter::take(const std::vector<std::vector<float>>& channels, size_t samples, media::AudioBlock& out) {
  for (size_t i = 0; i < samples; ++i) {
    push(i, channels);
    if (x_pushed <= kCentre) continue;
    // A sample has two places beside it, before and behind; the one behind has just become known.
    const double behind = needed_of_newest();
    follow(std::min(x_before, behind));
    x_before = behind;
    if (x_followed > x_ahead) give(out);
  }
}

void Limiter::push(size_t at, const std::vector<std::vector<float>>& channels) {
  for (size_t c = 0; c < x_samples.size(); ++c) {
    const float sample = channels.empty() ? 0.0F : static_cast<float>(channels[c][at] * x_gain);
    x_samples[c].push_back(sample);
    auto& window = x_window[c];
    std::shift_right(window.begin(), window.end(), 1);
    window.front() = sample;
  }
  x_pushed++;
}

double Limiter::needed_of_newest() const {
  double peak = 0;
  for (const std::vector<float>& window : x_window) {
    peak = std::max(
        {peak, std::abs(static_cast<double>(window[kCentre])), std::abs(static_cast<double>(window[kCentre - 1]))});
    for (const auto& phase : kPhases) {
      double value = 0;
      for (size_t tap = 0; tap < kTaps; ++tap) value += phase[tap] * static_cast<double>(window[tap]);
      peak = std::max(peak, std::abs(value));
    }
  }
  return peak > x_ceiling ? x_ceiling / peak : 1.0;
}

/// Down at once, up slowly; then the least of what lies ahead.
void Limiter::follow(double needed) {
  x_envelope = std::min(needed, x_envelope + x_recovery * (1 - x_envelope));
  while (!x_falling.empty() && x_falling.back().second >= x_envelope) x_falling.pop_back();
  x_falling.emplace_back(x_followed, x_envelope);
  x_followed++;
}

/// The gain of the sample x_given is the mean of the least values ahead of the last x_ahead samples: none of them is
/// above what this one needs, and their mean has no steps.
void Limiter::give(media::AudioBlock& out) {
  const size_t first = x_followed - 1 - x_ahead;
  while (x_falling.front().first < first) x_falling.pop_front();
  x_lowest.push_back(x_falling.front().second);
  x_sum += x_lowest.back();
  if (x_lowest.size() > x_ahead + 1) {
    x_sum -= x_lowest.front();
    x_lowest.pop_front();
  }
  const double gain = std::min(1.0, x_sum / static_cast<double>(x_lowest.size()));
  const bool real = x_given++ >= x_ahead;  // before that: the silence in front
  if (real) x_least = std::min(x_least, gain);
  for (size_t c = 0; c < x_samples.size(); ++c) {
    if (real) out.channels[c].push_back(static_cast<float>(x_samples[c].front() * gain));
    x_samples[c].pop_front();
  }
}

}  // namespace pier::deliver
