#include <algorithm>

#include "case_list.hpp"

namespace pier::analysis::bench {

using test::Kind;

namespace {

void silence(CaseList& list) {
  for (const int channels : {1, 2, 6}) {
    for (const double seconds : {1.05, 3.0}) {
      for (const double amplitude : {0.0, 0.0009}) {
        Case one = CaseList::heard("silence",
                                   digits(seconds) + " s at " + digits(amplitude) + " of full scale, " +
                                       std::to_string(channels) + " channels",
                                   channels, 8);
        const int64_t first = 96000 + 480, last = first + static_cast<int64_t>(seconds * 48000) - 1;
        one.planted = {{first, last}};
        one.plant_sound = [=](media::AudioBlock& block) {
          for (auto& channel : block.channels) {
            for (size_t i = 0; i < channel.size(); ++i) {
              const int64_t at = block.pts + static_cast<int64_t>(i);
              if (at >= first && at <= last)
                channel[i] = static_cast<float>(amplitude * std::sin(0.1 * static_cast<double>(at)));
            }
          }
        };
        list.add(std::move(one));
      }
    }
  }
}

void loudness(CaseList& list) {
  for (const double level : {-36.0, -23.0, -18.0}) {
    Case one = CaseList::heard("loudness", "1 kHz at " + digits(level) + " dBFS", 2, 8);
    one.planted = {{0, one.samples - 1}};
    one.measure = ExpectedMeasure{"loudness.streams.0.integrated_lufs", level, 0.1};
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

constexpr int64_t kAt = 96000 + 480;  // where a fault of sound begins: after two seconds

/// Full scale reached by a wave that was too loud, or cut off below it.
void clipping(CaseList& list) {
  for (const int channels : {1, 2, 6}) {
    for (const double top : {1.0, 0.5}) {
      Case one = CaseList::heard(
          "clipping",
          "1 s of a sine cut off at " + digits(top) + " of full scale, " + std::to_string(channels) + " channels",
          channels, 6);
      one.analyzer = "clipping";
      one.planted = {{kAt, kAt + 47999}};
      one.plant_sound = CaseList::within(one, [top](size_t channel, float value, int64_t at) {
        if (channel != 0) return static_cast<double>(value);
        const double wave = 1.6 * top * std::sin(2 * std::numbers::pi * 440 * static_cast<double>(at - kAt) / 48000);
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
    double factor;
    std::array<double, 2> seconds;
  };
  for (const Fault& fault : {Fault{"phase.inverted", -1, {2.3, 5}}, Fault{"phase.dual_mono", 1, {5.3, 8}},
                             Fault{"phase.mono", 0, {5.3, 8}}}) {
    for (const int channels : {2, 6}) {
      for (const double seconds : fault.seconds) {
        Case one = CaseList::heard(fault.name, digits(seconds) + " s, " + std::to_string(channels) + " channels",
                                   channels, 14);
        one.analyzer = "phase";
        const int64_t last = kAt + static_cast<int64_t>(seconds * 48000) - 1;
        one.planted = {{kAt, last}};
        one.plant_sound = [last, factor = fault.factor](media::AudioBlock& block) {
          for (size_t i = 0; i < block.samples(); ++i) {
            const int64_t at = block.pts + static_cast<int64_t>(i);
            if (at >= kAt && at <= last) block.channels[1][i] = static_cast<float>(factor * block.channels[0][i]);
          }
        };
        list.add(std::move(one));
      }
    }
  }
}

/// 5.1 in another order than its labels say.
void channel_order(CaseList& list) {
  const std::array<std::array<size_t, 6>, 2> orders{{{0, 2, 1, 4, 5, 3}, {0, 1, 4, 5, 2, 3}}};
  for (const auto& order : orders) {
    std::string text;
    for (const size_t from : order) text += (text.empty() ? "" : " ") + std::to_string(from);
    Case one = CaseList::heard("channels.order", "5.1 as channels " + text, 6, 12);
    one.analyzer = "channels";
    one.planted = {{0, one.samples - 1}};
    one.plant_sound = [order](media::AudioBlock& block) {
      const auto right = block.channels;
      for (size_t c = 0; c < 6; ++c) block.channels[c] = right[order[c]];
    };
    list.add(std::move(one));
  }
}

/// Samples that are missing, or told twice.
void gaps(CaseList& list) {
  for (const int64_t samples : {1440, 4800, 48000}) {
    for (const bool overlap : {false, true}) {
      Case one = CaseList::heard(overlap ? "audio_gap.overlap" : "audio_gap",
                                 digits(static_cast<double>(samples) / 48) + " ms", 2, 6);
      one.analyzer = "audio_gap";
      constexpr int64_t kBreak = 96000;
      one.planted = {{overlap ? kBreak - samples : kBreak, kBreak + (overlap ? 0 : samples) - 1}};
      one.plant_sound = [=](media::AudioBlock& block) {
        if (block.pts >= kBreak) block.pts += overlap ? -samples : samples;
      };
      list.add(std::move(one));
    }
  }
}

/// Sound that ends early or late against the picture.
void lengths(CaseList& list) {
  for (const int off : {-25, -3, 3, 25}) {
    Case one = list.picture("av_length", "sound ends " + std::to_string(off) + " frames after the picture",
                            test::Kind::kHlg, Content::kDetail, 100);
    one.analyzer = "av_length";
    one.clip.width = 640;
    one.clip.height = 360;
    one.channels = 2;
    one.samples = (100 + off) * 960;
    one.planted = {{std::min(one.samples, int64_t{96000}), std::max(one.samples, int64_t{96000}) - 1}};
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
