#pragma once
// How cases are written down: lengths, signals and strengths around one planted fault.

#include <array>
#include <cmath>
#include <cstdio>
#include <functional>
#include <numbers>
#include <string>
#include <utility>
#include <vector>

#include "faults.hpp"

namespace pier::analysis::bench {

/// "0.045"
inline std::string digits(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%g", value);
  return text.data();
}

inline std::string frames(int count) {
  return std::to_string(count) + (count == 1 ? " frame" : " frames");
}

class CaseList {
 public:
  explicit CaseList(bool quick) : x_quick(quick) {}
  bool quick() const { return x_quick; }
  std::vector<Case> take() && { return std::move(x_cases); }
  void add(Case one) { x_cases.push_back(std::move(one)); }

  /// Calls make(signal, variant) for SDR, HLG and PQ with variants 0 to 3, each of which adds a case; quick: one
  /// variant a signal. The first of PQ comes in 2160p too.
  template <typename Make>
  void each(Make make) {
    for (const test::Kind kind : {test::Kind::kSdr, test::Kind::kHlg, test::Kind::kPq}) {
      for (int variant = 0; variant < 4; ++variant) {
        if (!x_quick || variant == static_cast<int>(kind)) make(kind, variant);
      }
    }
    if (!x_quick) in_uhd([&] { make(test::Kind::kPq, 0); });
  }

  template <typename Work>
  void in_uhd(Work work) {
    x_uhd = true;
    work();
    x_uhd = false;
  }

  /// A clip of pictures at 50 Hz without a fault yet. `fault` is an entry of tests/cases/findings.toml.
  Case picture(const std::string& fault, const std::string& strength, test::Kind kind, Content content,
               int count) const {
    Case one;
    one.fault = fault;
    one.strength = strength;
    one.clip = {.kind = kind,
                .width = x_uhd ? 3840 : 1920,
                .height = x_uhd ? 2160 : 1080,
                .bit_depth = 10,
                .frames = count,
                .fps = 50};
    one.content = content;
    return one;
  }

  /// A clip of sound at 48 kHz.
  static Case heard(const std::string& fault, const std::string& strength, int channels, int64_t seconds) {
    Case one;
    one.fault = fault;
    one.strength = strength;
    one.clip.frames = 0;
    one.channels = channels;
    one.samples = seconds * 48000;
    return one;
  }

  /// Draws into the picture of every frame of `planted`.
  template <typename Draw>
  static std::function<void(media::Frame&, int)> inside(const Case& one, Draw draw) {
    return [range = *one.planted, draw](media::Frame& frame, int index) {
      if (index < range.first || index > range.last) return;
      MutablePictureView view = frame.picture.writable();
      draw(view, index);
    };
  }

  /// Changes the samples of `planted`: change(channel, value, sample number) gives the new value.
  template <typename Change>
  static std::function<void(media::AudioBlock&)> within(const Case& one, Change change) {
    return [range = *one.planted, change](media::AudioBlock& block) {
      for (size_t c = 0; c < block.channels.size(); ++c) {
        for (size_t i = 0; i < block.channels[c].size(); ++i) {
          const int64_t at = block.pts + static_cast<int64_t>(i);
          float& value = block.channels[c][i];
          if (at >= range.first && at <= range.last) value = static_cast<float>(change(c, value, at));
        }
      }
    };
  }

 private:
  bool x_quick;
  bool x_uhd = false;
  std::vector<Case> x_cases;
};

void add_controls(CaseList& list);
void add_signal_faults(CaseList& list);   // levels, light, colour, damage
void add_picture_faults(CaseList& list);  // what a viewer would see
void add_content_faults(CaseList& list);  // what a picture shows that it should not
void add_sound_faults(CaseList& list);

}  // namespace pier::analysis::bench
