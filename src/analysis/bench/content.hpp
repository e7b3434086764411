#pragma once
// Fault-free pictures and sound for the planted-fault matrix: what cameras, graders and graphics make, in SDR, HLG and
// PQ, cheap enough to be made anew for each clip. Everything is repeatable.

#include <cstdint>
#include <string>
#include <vector>

#include <pier/media/frame.hpp>

#include "../test_clip.hpp"

namespace pier::analysis::bench {

using test::ClipSpec;

enum class Content : uint8_t {
  kDetail,      // texture up to the last sample, a slow pan
  kSoft,        // out of focus, a little sensor noise
  kDark,        // 0.2 to 4 cd/m2
  kFlat,        // flat graphics: moving discs on plain ground, no noise
  kGrain,       // detail under heavy film grain
  kMotion,      // a fast pan
  kCuts,        // another scene every 25 frames
  kHighlights,  // detail with small bright lights that move; HDR: to 600 cd/m2
};
constexpr Content kAllContents[] = {Content::kDetail, Content::kSoft,   Content::kDark, Content::kFlat,
                                    Content::kGrain,  Content::kMotion, Content::kCuts, Content::kHighlights};
std::string name(Content content);

/// Pictures of one clip. Not thread-safe.
class Scenery {
 public:
  /// `seed` makes another scene of the same kind.
  Scenery(const ClipSpec& spec, Content content, uint32_t seed = 1);
  /// Picture `index` of the scene under the noise of frame `noise`.
  media::Frame frame(int index, int noise) const;
  media::Frame frame(int index) const { return frame(index, index); }
  const ClipSpec& spec() const { return x_spec; }

 private:
  struct Plate {
    int width = 0, height = 0;
    std::vector<uint16_t> samples;
    const uint16_t* row(int y) const { return samples.data() + static_cast<size_t>(y) * static_cast<size_t>(width); }
  };
  Plate textured(int width, int height, uint32_t seed, int low, int high, int finest) const;
  Plate flat(int width, int height, uint32_t seed) const;
  Plate chroma(int width, int height, uint32_t seed, int swing) const;
  void copy_window(const Plate& plate, MutablePlane& plane, int dx, int dy) const;
  void add_noise(MutablePictureView& view, int index) const;
  void draw_lights(MutablePictureView& view, int index) const;

  ClipSpec x_spec;
  Content x_content;
  uint32_t x_seed;
  int x_noise = 0;                           // largest change of a code
  std::vector<Plate> x_luma, x_blue, x_red;  // a scene each
  std::vector<int8_t> x_grain;
};

/// Sound of a clip: noise with the fall and the swell of speech and music, a part common to the front pair, another
/// voice in every channel. Loudness about -23 LUFS.
media::AudioBlock sound(int channels, int64_t first, int64_t samples);

}  // namespace pier::analysis::bench
