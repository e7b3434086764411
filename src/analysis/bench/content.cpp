#include "content.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <deque>
#include <numbers>
#include <tuple>

namespace pier::analysis::bench {

namespace {

constexpr int kGrainSamples = 1 << 16;
constexpr int kFramesOfScene = 25;
constexpr uint32_t kScenes = 6;  // of kCuts

/// -1 ... 1
float lattice(int64_t x, uint32_t seed) {
  return static_cast<float>(hash(static_cast<uint32_t>(x), 0, seed) & 0xFFFFU) / 32767.5F - 1;
}

/// Where the window of a frame lies: back and forth over the plate, in even steps so that chroma moves along.
int panned(int frame, int step, int margin) {
  const int at = frame * step % (2 * margin);
  return (at < margin ? at : 2 * margin - at) & ~1;
}

/// A quarter of the side, so that plates can be made in a half, third or two thirds of their raster.
int margin_of(int side) {
  return (side * 5 / 4 + 23) / 24 * 24 - side;
}

/// Discs of one tone each.
Texture make_discs(int width, int height, uint32_t seed) {
  Texture texture(width, height);
  std::ranges::fill(texture.samples, -0.4F);
  for (uint32_t i = 0; i < 40; ++i) {
    const int radius = height / 24 + static_cast<int>(hash(i, 1, seed) % static_cast<uint32_t>(height / 8));
    const int cx = static_cast<int>(hash(i, 2, seed) % static_cast<uint32_t>(width));
    const int cy = static_cast<int>(hash(i, 3, seed) % static_cast<uint32_t>(height));
    const float tone = i % 2 == 0 ? 1.0F : -0.9F + 0.04F * static_cast<float>(i);
    for (int y = std::max(0, cy - radius); y < std::min(height, cy + radius); ++y) {
      const int half = static_cast<int>(std::sqrt(static_cast<double>(radius * radius - (y - cy) * (y - cy))));
      const int from = std::max(0, cx - half), to = std::min(width, cx + half);
      if (from < to) std::fill(texture.row(y) + from, texture.row(y) + to, tone);
    }
  }
  return texture;
}

/// Made once for all signals; a few are kept.
const Texture& texture_of(int width, int height, uint32_t seed, const Look& look) {
  using Key = std::tuple<int, int, uint32_t, int, double, int, int, Kernel>;
  static std::deque<std::pair<Key, Texture>> kept;
  const bool soft = look.content == Content::kSoft, flat = look.content == Content::kFlat;
  const Key key{width, height, seed, flat ? 2 : soft ? 1 : 0, look.softness, look.small, look.big, look.kernel};
  for (const auto& [other, texture] : kept) {
    if (other == key) return texture;
  }
  const auto make = [&](int w, int h) {
    Texture texture = flat ? make_discs(w, h, seed) : make_texture(w, h, seed, soft ? 3.0F : 0.0F, !soft);
    soften(texture, look.softness);
    return texture;
  };
  if (kept.size() >= 12) kept.pop_front();
  if (look.small == look.big) return kept.emplace_back(key, make(width, height)).second;
  const Texture first = make(width * look.small / look.big, height * look.small / look.big);
  return kept.emplace_back(key, scaled(first, width, height, look.kernel)).second;
}

}  // namespace

std::string name(Content content) {
  constexpr std::array kNames{"detail", "soft", "dark", "flat", "sky", "grain", "motion", "cuts", "highlights"};
  return kNames[static_cast<size_t>(content)];
}

Look look_of(Content content) {
  Look look{.content = content};
  if (content == Content::kMotion) look.step = 24;
  if (content == Content::kFlat) look.grain = 0;
  if (content == Content::kGrain) look.grain = 16;
  return look;
}

Scenery::Scenery(const ClipSpec& spec, const Look& look)
    : x_spec(spec),
      x_look(look),
      x_margin_x(margin_of(spec.width)),
      x_margin_y(margin_of(spec.height)),
      x_noise(look.grain << (spec.bit_depth - 10)) {
  for (uint32_t scene = 0; scene < (look.content == Content::kCuts ? kScenes : 1); ++scene)
    add_scene(look.seed * 131 + scene * 17);
  x_grain.resize(kGrainSamples);
  for (int i = 0; i < kGrainSamples && x_noise > 0; ++i) {
    // The sum of two is nearer to real noise than one flat distribution.
    const uint32_t h = hash(static_cast<uint32_t>(i), 77, look.seed);
    const int wide = 2 * x_noise + 1;
    x_grain[static_cast<size_t>(i)] =
        static_cast<int8_t>((static_cast<int>(h & 0xFFFFU) % wide + static_cast<int>(h >> 16U) % wide) / 2 - x_noise);
  }
}

void Scenery::add_scene(uint32_t seed) {
  const auto code = [&](double nits) { return test::luma_code(x_spec, nits); };
  switch (x_look.content) {
    case Content::kDark:
      x_luma.push_back(textured(seed, code(0.2), code(4)));
      break;
    case Content::kSky:
      x_luma.push_back(sky(seed, code(1), code(x_look.peak)));
      break;
    default:
      x_luma.push_back(textured(seed, code(1), code(x_luma.size() % 2 == 0 ? x_look.peak : 50)));
  }
  const int swing = x_look.content == Content::kDark ? 10 : x_look.content == Content::kFlat ? 0 : x_look.colour;
  x_blue.push_back(chroma(seed + 1, swing));
  x_red.push_back(chroma(seed + 2, swing));
}

Scenery::Plate Scenery::textured(uint32_t seed, int low, int high) const {
  const Texture& texture = texture_of(x_spec.width + x_margin_x, x_spec.height + x_margin_y, seed, x_look);
  Plate plate{texture.width, texture.height, std::vector<uint16_t>(texture.samples.size())};
  const auto base = static_cast<float>(low), span = static_cast<float>(high - low);
  for (size_t i = 0; i < plate.samples.size(); ++i) {
    const float t = std::clamp(0.5F + 0.4F * texture.samples[i], 0.0F, 1.0F);
    plate.samples[i] = static_cast<uint16_t>(std::lround(base + t * span));
  }
  return plate;
}

Scenery::Plate Scenery::sky(uint32_t seed, int low, int high) const {
  Plate plate = textured(seed, low, high);
  const int horizon = plate.height * 6 / 10;
  for (int y = 0; y < horizon; ++y) {
    const int code = high - (high - low) / 2 * y / horizon;
    std::fill_n(plate.row(y), plate.width, static_cast<uint16_t>(code));
  }
  return plate;
}

Scenery::Plate Scenery::chroma(uint32_t seed, int swing) const {
  Look smooth;
  smooth.content = Content::kSoft;
  const Texture& texture =
      texture_of((x_spec.width + x_margin_x) / 2, (x_spec.height + x_margin_y) / 2, seed % 5, smooth);
  Plate plate{texture.width, texture.height, std::vector<uint16_t>(texture.samples.size())};
  const int middle = 1 << (x_spec.bit_depth - 1);
  const auto scale = static_cast<float>(swing << (x_spec.bit_depth - 10));
  for (size_t i = 0; i < plate.samples.size(); ++i) {
    const float value = std::clamp(texture.samples[i], -1.2F, 1.2F) * scale;
    plate.samples[i] = static_cast<uint16_t>(middle + static_cast<int>(std::lround(value)));
  }
  return plate;
}

void Scenery::copy_window(const Plate& plate, MutablePlane& plane, int dx, int dy) const {
  for (int y = 0; y < plane.height; ++y) {
    std::memcpy(plane.row<uint16_t>(y), plate.row(y + dy) + dx, static_cast<size_t>(plane.width) * 2);
  }
}

void Scenery::add_noise(MutablePictureView& view, int index) const {
  if (x_noise == 0) return;
  const auto& plane = view.planes[0];
  for (int y = 0; y < plane.height; ++y) {
    const uint32_t from = hash(static_cast<uint32_t>(y), static_cast<uint32_t>(index), x_look.seed);
    uint16_t* row = plane.row<uint16_t>(y);
    for (int x = 0; x < plane.width; x += 4096) {
      const auto at = static_cast<size_t>((from + static_cast<uint32_t>(x)) % (kGrainSamples - 4096));
      const int8_t* grain = x_grain.data() + at;
      const int count = std::min(4096, plane.width - x);
      for (int i = 0; i < count; ++i) row[x + i] = static_cast<uint16_t>(row[x + i] + grain[i]);
    }
  }
}

void Scenery::draw_lights(MutablePictureView& view, int index) const {
  const int code = test::luma_code(x_spec, x_spec.kind == test::Kind::kSdr ? 98 : 600);
  const int size = std::max(2, view.height / 45);
  for (int i = 0; i < 5; ++i) {
    const int x = (view.width * (2 * i + 1) / 10 + 4 * index) % (view.width - size);
    const int y = view.height * (3 + i % 3) / 8;
    test::fill(view, x & ~1, y & ~1, size & ~1, size & ~1, code);
  }
}

media::Frame Scenery::frame(int index, int noise) const {
  const PixelFormat format{.bit_depth = static_cast<uint8_t>(x_spec.bit_depth), .chroma = Chroma::k420, .rgb = false};
  media::Frame frame;
  frame.picture = Picture::allocate(format, x_spec.width, x_spec.height, test::colour_of(x_spec.kind));
  MutablePictureView view = frame.picture.writable();
  const size_t scene = static_cast<size_t>(index / kFramesOfScene) % x_luma.size();
  const int dx = panned(index, x_look.step, x_margin_x), dy = panned(index, std::min(2, x_look.step / 2), x_margin_y);
  copy_window(x_luma[scene], view.planes[0], dx, dy);
  copy_window(x_blue[scene], view.planes[1], dx / 2, dy / 2);
  copy_window(x_red[scene], view.planes[2], dx / 2, dy / 2);
  add_noise(view, noise);
  if (x_look.content == Content::kHighlights) draw_lights(view, index);
  frame.pts = index;
  frame.duration = 1;
  frame.key = index % kFramesOfScene == 0;
  return frame;
}

std::shared_ptr<const Scenery> Sceneries::of(const ClipSpec& spec, const Look& look) {
  for (const Entry& entry : x_entries) {
    const ClipSpec& s = entry.spec;
    if (s.kind == spec.kind && s.width == spec.width && s.height == spec.height && s.bit_depth == spec.bit_depth &&
        entry.look == look)
      return entry.scenery;
  }
  if (x_entries.size() >= 4) x_entries.erase(x_entries.begin());
  x_entries.push_back({spec, look, std::make_shared<Scenery>(spec, look)});
  return x_entries.back().scenery;
}

media::AudioBlock sound(int channels, int64_t first, int64_t samples) {
  media::AudioBlock block;
  block.pts = first;
  block.sample_rate = 48000;
  block.channels.resize(static_cast<size_t>(channels));
  // Smoothed noise by interpolation of a lattice: little above 3 kHz (LFE: 50 Hz); a slow swell over it.
  const auto voice = [](int64_t at, uint32_t seed, int64_t cell) {
    const float t = static_cast<float>(at % cell) / static_cast<float>(cell);
    const float blend = t * t * (3 - 2 * t);
    return (1 - blend) * lattice(at / cell, seed) + blend * lattice(at / cell + 1, seed);
  };
  for (int c = 0; c < channels; ++c) {
    auto& channel = block.channels[static_cast<size_t>(c)];
    channel.resize(static_cast<size_t>(samples));
    const bool front = c < 2, lfe = channels == 6 && c == 3;
    for (int64_t i = 0; i < samples; ++i) {
      const int64_t at = first + i;
      const auto swell = static_cast<float>(1 + 0.6 * std::sin(2 * std::numbers::pi * static_cast<double>(at) / 16000));
      const float own = voice(at, 100 + static_cast<uint32_t>(c), lfe ? 512 : 8);
      const float common = front ? voice(at, 99, 8) : 0;
      const float level = lfe ? 0.05F : c > 3 ? 0.06F : 0.1F;
      channel[static_cast<size_t>(i)] = level * swell * (0.6F * own + 0.8F * common);
    }
  }
  return block;
}

}  // namespace pier::analysis::bench
