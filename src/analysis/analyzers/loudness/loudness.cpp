#include "loudness.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <memory>

#include <ebur128.h>

namespace pier::analysis {

namespace {

constexpr int kMaxChannels = 64;

// WAVE channel bits and where libebur128 puts such a loudspeaker. BS.1770-4 annex 1 weighs azimuths of 60 to 120
// degrees by 1.41; in 5.1 the surrounds are at 110 degrees whether a file calls them back or side.
struct Speaker {
  uint64_t bit;
  int channel;
};
constexpr uint64_t kBackPair = 0x30, kSidePair = 0x600;
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
                                             {0x2000000, EBUR128_UNUSED}}};

int speaker_channel(uint64_t bit, uint64_t mask) {
  const bool only_back = (mask & kSidePair) == 0;
  if (only_back && bit == 0x10) return EBUR128_Mp110;
  if (only_back && bit == 0x20) return EBUR128_Mm110;
  const auto found = std::find_if(kSpeakers.begin(), kSpeakers.end(), [bit](const Speaker& s) { return s.bit == bit; });
  return found != kSpeakers.end() ? found->channel : EBUR128_CENTER;  // weight 1
}

/// The mask of a stream that does not name its channels: mono, stereo and 5.1 by their number, else unknown.
uint64_t assumed_mask(int channels) {
  switch (channels) {
    case 1:
      return 0x4;
    case 2:
      return 0x3;
    case 6:
      return 0x3F;
    default:
      return 0;
  }
}

json::value finite(double value) {
  return std::isfinite(value) ? json::value(value) : json::value();
}
double decibel(double amplitude) {
  return 20.0 * std::log10(amplitude);
}

}  // namespace

struct LoudnessAnalyzer::Meter {
  struct Free {
    void operator()(ebur128_state* held) const { ebur128_destroy(&held); }
  };
  AudioContext context;
  std::unique_ptr<ebur128_state, Free> state;
  bool layout_assumed = false;
  bool layout_unknown = false;
  double max_momentary = -HUGE_VAL;
  double max_short_term = -HUGE_VAL;
  std::vector<float> interleaved;
  size_t step = 0;  // frames between momentary values: 100 ms
  size_t until_step = 0;

  explicit Meter(const AudioContext& audio) : context(audio) {
    if (audio.channels < 1 || audio.channels > kMaxChannels || audio.sample_rate < 16 || audio.sample_rate > 2'822'400)
      return;
    state.reset(ebur128_init(static_cast<unsigned>(audio.channels), static_cast<unsigned long>(audio.sample_rate),
                             EBUR128_MODE_I | EBUR128_MODE_LRA | EBUR128_MODE_TRUE_PEAK));
    if (!state) return;
    step = until_step = std::max<size_t>(1, static_cast<size_t>(audio.sample_rate) / 10);
    set_channels();
  }

  void set_channels() {
    uint64_t mask = context.channel_mask;
    if (std::popcount(mask) != context.channels) {
      mask = assumed_mask(context.channels);
      layout_assumed = mask != 0;
      layout_unknown = mask == 0;
    }
    uint64_t left = mask;
    for (int c = 0; c < context.channels; ++c) {
      const uint64_t bit = left & (~left + 1);
      left &= left - 1;
      ebur128_set_channel(state.get(), static_cast<unsigned>(c),
                          mask == 0 ? EBUR128_CENTER : speaker_channel(bit, mask));
    }
  }

  void add(const media::AudioBlock& block) {
    const size_t channels = block.channels.size();
    const size_t samples = block.samples();
    interleaved.resize(samples * channels);
    for (size_t c = 0; c < channels; ++c) {
      for (size_t i = 0; i < samples; ++i) {
        const float v = block.channels[c][i];
        interleaved[i * channels + c] = std::isfinite(v) ? v : 0.0F;
      }
    }
    for (size_t done = 0; done < samples;) {
      const size_t count = std::min(samples - done, until_step);
      ebur128_add_frames_float(state.get(), interleaved.data() + done * channels, count);
      done += count;
      until_step -= count;
      if (until_step == 0) take_short_values();
    }
  }

  void take_short_values() {
    until_step = step;
    double value = 0;
    if (ebur128_loudness_momentary(state.get(), &value) == EBUR128_SUCCESS)
      max_momentary = std::max(max_momentary, value);
    if (ebur128_loudness_shortterm(state.get(), &value) == EBUR128_SUCCESS)
      max_short_term = std::max(max_short_term, value);
  }

  json::object measures() const {
    double integrated = 0;
    double range = 0;
    ebur128_loudness_global(state.get(), &integrated);
    ebur128_loudness_range(state.get(), &range);
    double highest = 0;
    json::array peaks;
    for (int c = 0; c < context.channels; ++c) {
      double peak = 0;
      ebur128_true_peak(state.get(), static_cast<unsigned>(c), &peak);
      highest = std::max(highest, peak);
      peaks.push_back(finite(decibel(peak)));
    }
    return {{"stream", context.stream_index},
            {"channels", context.channels},
            {"sample_rate", context.sample_rate},
            {"layout_assumed", layout_assumed},
            {"layout_unknown", layout_unknown},
            {"integrated_lufs", finite(integrated)},
            {"range_lu", finite(range)},
            {"max_momentary_lufs", finite(max_momentary)},
            {"max_short_term_lufs", finite(max_short_term)},
            {"true_peak_dbtp", finite(decibel(highest))},
            {"true_peak_by_channel_dbtp", std::move(peaks)}};
  }
};

LoudnessAnalyzer::LoudnessAnalyzer(const AnalyzerContext& context) {
  for (const AudioContext& audio : context.audio) x_meters.push_back(std::make_unique<Meter>(audio));
}

LoudnessAnalyzer::~LoudnessAnalyzer() = default;

std::unique_ptr<Analyzer> LoudnessAnalyzer::make(const AnalyzerContext& context) {
  return std::make_unique<LoudnessAnalyzer>(context);
}

void LoudnessAnalyzer::hear(int stream_index, const media::AudioBlock& block) {
  for (const auto& meter : x_meters) {
    if (meter->context.stream_index != stream_index || !meter->state) continue;
    if (static_cast<int>(block.channels.size()) == meter->context.channels) meter->add(block);
  }
}

Outcome LoudnessAnalyzer::finish() {
  Outcome outcome;
  json::array streams;
  for (const auto& meter : x_meters) {
    if (meter->state) streams.push_back(meter->measures());
  }
  outcome.measures["streams"] = std::move(streams);
  return outcome;
}

}  // namespace pier::analysis
