#pragma once
// Fault-free pictures and sound for the planted-fault matrix: what cameras, graders and graphics make, in SDR, HLG and
// PQ, cheap enough to be made anew for each clip. Everything is repeatable.

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <pier/media/frame.hpp>

#include "test_clip.hpp"
#include "texture.hpp"

namespace pier::analysis::bench {

using test::ClipSpec;

enum class Content : uint8_t {
  kDetail,      // texture, edges and lines up to the last sample, a slow pan
  kSoft,        // out of focus, a little sensor noise
  kDark,        // 0.2 to 4 cd/m2
  kFlat,        // flat graphics: discs on plain ground, no noise
  kSky,         // a smooth gradient with sensor noise over detail
  kGrain,       // detail under heavy film grain
  kMotion,      // a fast pan
  kCuts,        // another scene every 25 frames
  kHighlights,  // detail with small bright lights that move; HDR: to 600 cd/m2
};
inline constexpr std::array kAllContents{Content::kDetail, Content::kSoft, Content::kDark,
                                         Content::kFlat,   Content::kSky,  Content::kGrain,
                                         Content::kMotion, Content::kCuts, Content::kHighlights};
std::string name(Content content);

/// What is shown, and by what optics.
struct Look {
  Content content = Content::kDetail;
  uint32_t seed = 1;       // another scene of the same kind
  double softness = 0;     // deviation of a Gauss filter, samples
  int small = 1, big = 1;  // made in small/big of the raster and scaled up
  Kernel kernel = Kernel::kBicubic;
  int colour = 40;  // swing of the colour difference codes
  int step = 4;     // samples a frame, even
  int peak = 80;    // brightest part, cd/m2
  int grain = 2;    // largest change of a code by noise, at 10 bits
  friend auto operator<=>(const Look&, const Look&) = default;
};
/// The look that `content` has of itself.
Look look_of(Content content);

/// Pictures of one clip. Not thread-safe.
class Scenery {
 public:
  Scenery(const ClipSpec& spec, const Look& look);
  /// Picture `index` of the scene under the noise of frame `noise`.
  media::Frame frame(int index, int noise) const;
  media::Frame frame(int index) const { return frame(index, index); }
  const ClipSpec& spec() const { return x_spec; }

 private:
  struct Plate {
    int width = 0, height = 0;
    std::vector<uint16_t> samples;
    uint16_t* row(int y) { return samples.data() + static_cast<size_t>(y) * static_cast<size_t>(width); }
    const uint16_t* row(int y) const { return samples.data() + static_cast<size_t>(y) * static_cast<size_t>(width); }
  };
  void add_scene(uint32_t seed);
  Plate textured(uint32_t seed, int low, int high) const;
  Plate sky(uint32_t seed, int low, int high) const;
  Plate chroma(uint32_t seed, int swing) const;
  void copy_window(const Plate& plate, MutablePlane& plane, int dx, int dy) const;
  void add_noise(MutablePictureView& view, int index) const;
  void draw_lights(MutablePictureView& view, int index) const;

  ClipSpec x_spec;
  Look x_look;
  int x_margin_x, x_margin_y;                // how far a window can pan over its plate
  int x_noise = 0;                           // largest change of a code
  std::vector<Plate> x_luma, x_blue, x_red;  // a scene each
  std::vector<int8_t> x_grain;
};

/// Sceneries made lately. Not thread-safe.
class Sceneries {
 public:
  std::shared_ptr<const Scenery> of(const ClipSpec& spec, const Look& look);

 private:
  struct Entry {
    ClipSpec spec;
    Look look;
    std::shared_ptr<const Scenery> scenery;
  };
  std::vector<Entry> x_entries;
};

/// Sound of a clip: noise with the fall and the swell of speech and music, a part common to the front pair, another
/// voice in every channel. Loudness about -23 LUFS.
media::AudioBlock sound(int channels, int64_t first, int64_t samples);

}  // namespace pier::analysis::bench
