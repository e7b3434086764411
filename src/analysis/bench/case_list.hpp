#pragma once
// How cases are written down: lengths, signals and strengths around one planted fault.

#include <algorithm>
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

inline constexpr std::array kKinds{test::Kind::kSdr, test::Kind::kHlg, test::Kind::kPq};

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
  explicit CaseList(Extent extent) : x_extent(extent) {}
  bool full() const { return x_extent == Extent::kFull; }
  bool tiny() const { return x_extent == Extent::kTiny; }
  std::vector<Case> take() && { return std::move(x_cases); }
  void add(Case one) { x_cases.push_back(std::move(one)); }

  /// Calls make(signal, variant) for SDR, HLG and PQ with variants 0 to `variants` - 1, each of which adds a case; not
  /// full: one variant a signal. The first of PQ comes in 2160p too.
  template <typename Make>
  void each(Make make, int variants = 4) {
    for (const test::Kind kind : kKinds) {
      for (int variant = 0; variant < variants; ++variant) {
        if (full() || variant == static_cast<int>(kind) % variants) make(kind, variant);
      }
    }
    if (full()) in_uhd([&] { make(test::Kind::kPq, 0); });
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
    one.clip = {.kind = kind, .width = 1920, .height = 1080, .bit_depth = 10, .frames = count, .fps = 50};
    if (x_uhd) one.clip.width = 3840, one.clip.height = 2160;
    if (tiny()) one.clip.width = 640, one.clip.height = 360;
    one.look = look_of(content);
    if (tiny()) one.look.step = std::max(2, one.look.step / 3 & ~1);
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

  /// Draws into the picture of every frame of the first range of `planted`.
  template <typename Draw>
  static std::function<void(media::Frame&, int, const Scenery*)> inside(const Case& one, Draw draw) {
    return [range = one.planted.front(), draw](media::Frame& frame, int index, const Scenery*) {
      if (index < range.first || index > range.last) return;
      MutablePictureView view = frame.picture.writable();
      draw(view, index);
    };
  }

  /// Changes the samples of the first range of `planted`: change(channel, value, sample number) gives the new value.
  template <typename Change>
  static std::function<void(media::AudioBlock&)> within(const Case& one, Change change) {
    return [range = one.planted.front(), change](media::AudioBlock& block) {
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
  Extent x_extent;
  bool x_uhd = false;
  std::vector<Case> x_cases;
};

/// A rectangle of one colour, chroma too. Even numbers.
void paint(MutablePictureView& view, const Region& area, const std::array<int, 3>& codes);
/// Y'CbCr codes of narrow range at 10 bits of a signal R'G'B', 0 ... 1.
std::array<int, 3> codes_of(const std::array<double, 3>& tone, test::Kind kind);

void add_controls(CaseList& list);
void add_signal_faults(CaseList& list);   // levels, light, colour, damage
void add_picture_faults(CaseList& list);  // black, held, framed, test signals
void add_defect_faults(CaseList& list);   // dropouts, stuck samples, captions
void add_motion_faults(CaseList& list);   // shots and cadence
void add_flash_faults(CaseList& list);
void add_quality_faults(CaseList& list);  // resolution, blocks, bands, blur
void add_use_faults(CaseList& list);      // what is made of HDR
void add_sound_faults(CaseList& list);
void add_stream_faults(CaseList& list);

}  // namespace pier::analysis::bench
