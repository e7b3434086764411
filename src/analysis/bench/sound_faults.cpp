#include <algorithm>

#include "case_list.hpp"

namespace pier::analysis::bench {

namespace {

constexpr int64_t kAt = 96000 + 480;  // where a fault of sound begins: after two seconds

Range lasting(double seconds) {
  return {kAt, kAt + static_cast<int64_t>(seconds * 48000) - 1};
}

void silence(CaseList& list) {
  struct Quiet {
    double seconds, amplitude;
    bool near_miss;
  };
  for (const Quiet& quiet : {Quiet{1.02, 0.0009, false}, Quiet{1.02, 0, false}, Quiet{3, 0.0009, false},
                             Quiet{0.98, 0, true}, Quiet{3, 0.0011, true}}) {
    for (const int channels : {1, 2, 6}) {
      Case one = CaseList::heard("silence",
                                 digits(quiet.seconds) + " s at " + digits(quiet.amplitude) + " of full scale, " +
                                     std::to_string(channels) + " channels",
                                 channels, 8);
      one.planted = {lasting(quiet.seconds)};
      one.near_miss = quiet.near_miss;
      one.plant_sound = CaseList::within(one, [amplitude = quiet.amplitude](size_t, float, int64_t at) {
        return amplitude * std::sin(0.1 * static_cast<double>(at));
      });
      list.add(std::move(one));
    }
  }
}

void loudness(CaseList& list) {
  for (const double level : {-36.0, -23.0, -18.0}) {
    for (const bool peak : {false, true}) {
      Case one = CaseList::heard("loudness", "1 kHz at " + digits(level) + " dBFS", 2, 8);
      one.measure = ExpectedMeasure{peak ? "loudness.streams.0.true_peak_dbtp" : "loudness.streams.0.integrated_lufs",
                                    level, peak ? 0.3 : 0.1};
      one.plant_sound = [level](media::AudioBlock& block) {
        const double amplitude = std::pow(10.0, level / 20);
        for (auto& channel : block.channels) {
          for (size_t i = 0; i < channel.size(); ++i) {
            const double at = static_cast<double>(block.pts + static_cast<int64_t>(i));
            channel[i] = static_cast<float>(amplitude * std::sin(2 * std::numbers::pi * 1000 * at / 48000));
          }
        }
      };
      list.add(std::move(one));
    }
  }
}

/// Full scale reached by a wave that was too loud, or cut off below it; near misses: a wave that just fits.
void clipping(CaseList& list) {
  for (const int channels : {1, 2, 6}) {
    for (const double top : {1.0, 0.5, 0.3, 0.999}) {
      const bool near_miss = top == 0.999;
      const double gain = near_miss ? 1 : 1.6;
      Case one = CaseList::heard("clipping",
                                 "1 s of a sine of " + digits(gain * top) + " cut off at " + digits(top) + ", " +
                                     std::to_string(channels) + " channels",
                                 channels, 6);
      one.planted = {lasting(1)};
      one.near_miss = near_miss;
      one.plant_sound = CaseList::within(one, [=](size_t channel, float value, int64_t at) {
        if (channel != 0) return static_cast<double>(value);
        const double wave = gain * top * std::sin(2 * std::numbers::pi * 440 * static_cast<double>(at - kAt) / 48000);
        return std::clamp(wave, -top, top);
      });
      list.add(std::move(one));
    }
  }
}

/// Faults of a pair: the right channel becomes something of the left one.
void pairs(CaseList& list) {
  struct Fault {
    const char* name;
    double factor;                  // of the left one
    double own = 0;                 // of itself
    std::array<double, 3> seconds;  // the last is a near miss
  };
  for (const Fault& fault :
       {Fault{"phase.inverted", -1, 0, {2.2, 5, 1.9}}, Fault{"phase.inverted", -1, 0.15, {2.2, 4, 1.9}},
        Fault{"phase.dual_mono", 1, 0, {5.2, 8, 4.8}}, Fault{"phase.mono", 0, 0, {5.2, 8, 4.8}}}) {
    for (const int channels : {2, 6}) {
      for (size_t i = 0; i < 3; ++i) {
        Case one = CaseList::heard(fault.name,
                                   digits(fault.seconds[i]) + " s, " + std::to_string(channels) + " channels, " +
                                       digits(fault.own) + " of its own",
                                   channels, 14);
        one.planted = {lasting(fault.seconds[i])};
        one.near_miss = i == 2;
        one.plant_sound = [range = one.planted[0], fault](media::AudioBlock& block) {
          for (size_t n = 0; n < block.samples(); ++n) {
            const int64_t at = block.pts + static_cast<int64_t>(n);
            if (at < range.first || at > range.last) continue;
            float& right = block.channels[1][n];
            right = static_cast<float>(fault.factor * static_cast<double>(block.channels[0][n]) +
                                       fault.own * static_cast<double>(right));
          }
        };
        list.add(std::move(one));
      }
    }
  }
}

/// 5.1 in another order than its labels say; near miss: less than ten seconds of it.
void channel_order(CaseList& list) {
  struct Order {
    std::array<size_t, 6> from;
    int64_t seconds;
  };
  for (const Order& order : {Order{{0, 2, 1, 4, 5, 3}, 12}, Order{{0, 1, 4, 5, 2, 3}, 12},
                             Order{{0, 1, 3, 2, 4, 5}, 20}, Order{{0, 2, 1, 4, 5, 3}, 9}}) {
    std::string text;
    for (const size_t from : order.from) text += (text.empty() ? "" : " ") + std::to_string(from);
    Case one = CaseList::heard("channels.order", "5.1 as channels " + text, 6, order.seconds);
    one.planted = {{0, one.samples - 1}};
    one.near_miss = order.seconds < 10;
    one.plant_sound = [from = order.from](media::AudioBlock& block) {
      const auto right = block.channels;
      for (size_t c = 0; c < 6; ++c) block.channels[c] = right[from[c]];
    };
    list.add(std::move(one));
  }
}

/// Samples that are missing, or told twice; near miss: less than 20 ms.
void gaps(CaseList& list) {
  for (const int64_t samples : {1008, 1440, 4800, 48000, 912}) {
    for (const bool overlap : {false, true}) {
      Case one = CaseList::heard(overlap ? "audio_gap.overlap" : "audio_gap",
                                 digits(static_cast<double>(samples) / 48) + " ms", 2, 6);
      constexpr int64_t kBreak = 96000;
      one.planted = {{overlap ? kBreak - samples : kBreak, kBreak + (overlap ? 0 : samples) - 1}};
      one.near_miss = samples < 960;
      one.plant_sound = [=](media::AudioBlock& block) {
        if (block.pts >= kBreak) block.pts += overlap ? -samples : samples;
      };
      list.add(std::move(one));
    }
  }
}

/// Sound that ends early or late against the picture; near misses: by two frames.
void lengths(CaseList& list) {
  for (const int off : {-25, -3, 3, 25, -2, 2}) {
    Case one = list.picture("av_length", "sound ends " + std::to_string(off) + " frames after the picture",
                            test::Kind::kHlg, Content::kDetail, 100);
    one.clip.width = 640;
    one.clip.height = 360;
    one.channels = 2;
    one.samples = (100 + off) * 960;
    one.planted = {{std::min(one.samples, int64_t{96000}), std::max(one.samples, int64_t{96000}) - 1}};
    one.near_miss = off == -2 || off == 2;
    one.planted_sound = true;
    list.add(std::move(one));
  }
}

}  // namespace

void add_sound_faults(CaseList& list) {
  silence(list);
  loudness(list);
  clipping(list);
  pairs(list);
  channel_order(list);
  gaps(list);
  lengths(list);
}

}  // namespace pier::analysis::bench
