#include "meter.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <ebur128.h>

namespace pier::analysis::impl {

namespace {

constexpr int kMaxChannels = 64;
constexpr int kStepsPerSecond = 100;    // momentary values
constexpr int kStepsPerShortTerm = 10;  // short-term values ten times a second

// WAVE channel bits and where libebur128 puts such a loudspeaker. BS.1770-4 annex 1 weighs azimuths of 60 to 120
// degrees by 1.41; in 5.1 the surrounds are at 110 degrees whether a file calls them back or side.
struct Speaker {
  uint64_t bit;
  int channel;
};
constexpr uint64_t kSidePair = 0x600;
constexpr std::array<Speaker, 12> kSpeakers{{{0x1, EBUR128_LEFT},
                                             {0x2, EBUR128_RIGHT},
                                             {0x4, EBUR128_CENTER},
                                             {0x8, EBUR128_UNUSED},
                                             {0x10, EBUR128_Mp135},
                                             {0x20, EBUR128_Mm135},
                                             {0x40, EBUR128_MpSC},
                                             {0x80, EBUR128_MmSC},
                                             {0x100, EBUR128_Mp180},
                                             {0x200, EBUR128_Mp090},
                                             {0x400, EBUR128_Mm090},
                                             {0x800000000, EBUR128_UNUSED}}};

int speaker_channel(uint64_t bit, uint64_t mask) {
  const bool only_back = (mask & kSidePair) == 0;
  if (only_back && bit == 0x10) return EBUR128_Mp110;
  if (only_back && bit == 0x20) return EBUR128_Mm110;
  const auto found = std::find_if(kSpeakers.begin(), kSpeakers.end(), [bit](const Speaker& s) { return s.bit == bit; });
  return found != kSpeakers.end() ? found->channel : EBUR128_CENTER;  // weight 1
}

double rounded(double value) {
  return std::round(value * 100.0) / 100.0;
}

}  // namespace

struct LoudnessMeter::Library {
  ebur128_state* state;
  explicit Library(ebur128_state* from) : state(from) {}
  ~Library() { ebur128_destroy(&state); }
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;
};

json::value finite_or_null(double value) {
  return std::isfinite(value) ? json::value(value) : json::value();
}

double decibel_of(double amplitude) {
  return 20.0 * std::log10(amplitude);
}

LoudnessMeter::LoudnessMeter(int sample_rate, int channels, uint64_t mask, bool peaks)
    : x_rate(sample_rate), x_channels(channels), x_max_momentary(-HUGE_VAL), x_max_short_term(-HUGE_VAL) {
  if (channels < 1 || channels > kMaxChannels || sample_rate < 16 || sample_rate > 2'822'400) return;
  const int mode = EBUR128_MODE_I | EBUR128_MODE_LRA | (peaks ? EBUR128_MODE_TRUE_PEAK : 0);
  ebur128_state* state = ebur128_init(static_cast<unsigned>(channels), static_cast<unsigned long>(sample_rate), mode);
  if (state == nullptr) return;
  x_state = std::make_unique<Library>(state);
  ebur128_set_max_history(state, kHistoryHours * 3'600'000UL);
  x_step = x_until_step = std::max<size_t>(1, static_cast<size_t>(sample_rate / kStepsPerSecond));
  uint64_t left = mask;
  for (int c = 0; c < channels; ++c) {
    const uint64_t bit = left & (~left + 1);
    left &= left - 1;
    ebur128_set_channel(state, static_cast<unsigned>(c), mask == 0 ? EBUR128_CENTER : speaker_channel(bit, mask));
  }
}

LoudnessMeter::~LoudnessMeter() = default;
LoudnessMeter::LoudnessMeter(LoudnessMeter&&) noexcept = default;
LoudnessMeter& LoudnessMeter::operator=(LoudnessMeter&&) noexcept = default;

void LoudnessMeter::add(int64_t pts, const std::vector<const float*>& channels, size_t samples) {
  if (!x_state || channels.size() != static_cast<size_t>(x_channels)) return;
  if (!x_first) x_first = pts;
  x_interleaved.resize(samples * channels.size());
  for (size_t c = 0; c < channels.size(); ++c) {
    for (size_t i = 0; i < samples; ++i) {
      const float v = channels[c][i];
      x_interleaved[i * channels.size() + c] = std::isfinite(v) ? v : 0.0F;
    }
  }
  for (size_t done = 0; done < samples;) {
    const size_t count = std::min(samples - done, x_until_step);
    ebur128_add_frames_float(x_state->state, x_interleaved.data() + done * channels.size(), count);
    done += count;
    x_until_step -= count;
    if (x_until_step == 0) step(pts + static_cast<int64_t>(done));
  }
}

void LoudnessMeter::step(int64_t pts) {
  x_until_step = x_step;
  double momentary = -HUGE_VAL, short_term = -HUGE_VAL;
  ebur128_loudness_momentary(x_state->state, &momentary);
  x_max_momentary = std::max(x_max_momentary, momentary);
  if (++x_steps == kStepsPerShortTerm) {
    x_steps = 0;
    ebur128_loudness_shortterm(x_state->state, &short_term);
    x_max_short_term = std::max(x_max_short_term, short_term);
  }
  const int64_t tenth = std::max<int64_t>(0, pts - 1 - *x_first) / std::max(1, x_rate / 10);
  Point& point = x_timeline.try_emplace(tenth >> x_shift, Point{-HUGE_VAL, -HUGE_VAL}).first->second;
  point.momentary = std::max(point.momentary, momentary);
  point.short_term = std::max(point.short_term, short_term);
  while (x_timeline.size() > kTimelinePoints) {
    std::map<int64_t, Point> half;
    for (const auto& [key, from] : x_timeline) {
      Point& to = half.try_emplace(key >> 1, from).first->second;
      to.momentary = std::max(to.momentary, from.momentary);
      to.short_term = std::max(to.short_term, from.short_term);
    }
    x_timeline = std::move(half);
    ++x_shift;
  }
}

json::object LoudnessMeter::measures() const {
  double integrated = -HUGE_VAL, range = 0;
  if (x_state) {
    ebur128_loudness_global(x_state->state, &integrated);
    ebur128_loudness_range(x_state->state, &range);
  }
  return {{"integrated_lufs", finite_or_null(integrated)},
          {"range_lu", finite_or_null(range)},
          {"max_momentary_lufs", finite_or_null(x_max_momentary)},
          {"max_short_term_lufs", finite_or_null(x_max_short_term)}};
}

json::array LoudnessMeter::timeline() const {
  json::array rows;
  const double tenth = static_cast<double>(std::max(1, x_rate / 10));
  for (const auto& [key, point] : x_timeline) {
    const double at = static_cast<double>(*x_first) + static_cast<double>(key << x_shift) * tenth;
    rows.push_back(json::array{rounded(at / x_rate), finite_or_null(rounded(point.short_term)),
                               finite_or_null(rounded(point.momentary))});
  }
  return rows;
}

std::vector<double> LoudnessMeter::true_peaks() const {
  std::vector<double> peaks(static_cast<size_t>(x_channels), 0.0);
  for (size_t c = 0; x_state && c < peaks.size(); ++c) {
    ebur128_true_peak(x_state->state, static_cast<unsigned>(c), &peaks[c]);
  }
  return peaks;
}

}  // namespace pier::analysis::impl
