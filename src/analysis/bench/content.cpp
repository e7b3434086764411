#include "content.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <numbers>

namespace pier::analysis::bench {

namespace {

constexpr int kMarginX = 512, kMarginY = 256;  // how far a window can pan over its plate
constexpr int kGrainSamples = 1 << 16;
constexpr int kFramesOfScene = 25;

uint32_t hash(uint32_t x, uint32_t y, uint32_t seed) {
  uint32_t h = x * 374761393U + y * 668265263U + seed * 2246822519U;
  h = (h ^ (h >> 13U)) * 1274126177U;
  h = (h ^ (h >> 15U)) * 2246822519U;
  return h ^ (h >> 16U);
}

/// -1 ... 1
float lattice(int x, int y, uint32_t seed) {
  return static_cast<float>(hash(static_cast<uint32_t>(x), static_cast<uint32_t>(y), seed) & 0xFFFFU) / 32767.5F - 1;
}

/// Adds smooth noise of one wavelength: values on a lattice, between them a cubic blend.
void add_octave(std::vector<float>& sum, int width, int height, int wavelength, float amplitude, uint32_t seed) {
  std::vector<float> blend(static_cast<size_t>(wavelength));
  for (int i = 0; i < wavelength; ++i) {
    const float t = (static_cast<float>(i) + 0.5F) / static_cast<float>(wavelength);
    blend[static_cast<size_t>(i)] = t * t * (3 - 2 * t);
  }
  const int columns = width / wavelength + 2;
  std::vector<float> line(static_cast<size_t>(columns));
  for (int y = 0; y < height; ++y) {
    const float v = blend[static_cast<size_t>(y % wavelength)];
    for (int c = 0; c < columns; ++c) {
      line[static_cast<size_t>(c)] =
          (1 - v) * lattice(c, y / wavelength, seed) + v * lattice(c, y / wavelength + 1, seed);
    }
    float* out = sum.data() + static_cast<size_t>(y) * static_cast<size_t>(width);
    for (int x = 0; x < width; ++x) {
      const auto c = static_cast<size_t>(x / wavelength);
      const float u = blend[static_cast<size_t>(x % wavelength)];
      out[x] += amplitude * ((1 - u) * line[c] + u * line[c + 1]);
    }
  }
}

/// Where the window of a frame lies: back and forth over the plate, in even steps so that chroma moves along.
int panned(int frame, int step, int margin) {
  const int at = frame * step % (2 * margin);
  return (at < margin ? at : 2 * margin - at) & ~1;
}

}  // namespace

std::string name(Content content) {
  constexpr std::array kNames{"detail", "soft", "dark", "flat", "grain", "motion", "cuts", "highlights"};
  return kNames[static_cast<size_t>(content)];
}

Scenery::Scenery(const ClipSpec& spec, Content content, uint32_t seed)
    : x_spec(spec), x_content(content), x_seed(seed) {
  const int width = spec.width + kMarginX, height = spec.height + kMarginY;
  const auto code = [&](double nits) { return test::luma_code(spec, nits); };
  const int scenes = content == Content::kCuts ? (spec.frames + kFramesOfScene - 1) / kFramesOfScene : 1;
  for (int scene = 0; scene < scenes; ++scene) {
    const uint32_t own = seed * 131 + static_cast<uint32_t>(scene) * 17;
    switch (content) {
      case Content::kDark:
        x_luma.push_back(textured(width, height, own, code(0.2), code(4), 1));
        break;
      case Content::kSoft:
        x_luma.push_back(textured(width, height, own, code(2), code(60), 24));
        break;
      case Content::kFlat:
        x_luma.push_back(flat(width, height, own));
        break;
      default:
        x_luma.push_back(textured(width, height, own, code(1), code(scene % 2 == 0 ? 80 : 50), 1));
    }
    const int swing = content == Content::kDark ? 10 : 40;
    x_blue.push_back(chroma(width / 2, height / 2, own + 1, swing));
    x_red.push_back(chroma(width / 2, height / 2, own + 2, swing));
  }
  const int depth_scale = 1 << (spec.bit_depth - 10);
  x_noise = content == Content::kFlat ? 0 : (content == Content::kGrain ? 16 : 2) * depth_scale;
  x_grain.resize(kGrainSamples);
  for (int i = 0; i < kGrainSamples && x_noise > 0; ++i) {
    // The sum of two is nearer to real noise than one flat distribution.
    const uint32_t h = hash(static_cast<uint32_t>(i), 77, seed);
    const int wide = 2 * x_noise + 1;
    x_grain[static_cast<size_t>(i)] = static_cast<int8_t>(
        ((static_cast<int>(h & 0xFFFFU) % wide) + (static_cast<int>(h >> 16U) % wide)) / 2 - x_noise);
  }
}

/// Equal contrast in every octave, as in nature, a little less in the finest: optics.
Scenery::Plate Scenery::textured(int width, int height, uint32_t seed, int low, int high, int finest) const {
  std::vector<float> sum(static_cast<size_t>(width) * static_cast<size_t>(height));
  float total = 0;
  for (int wavelength = 256; wavelength >= finest; wavelength /= 2) {
    const float amplitude = wavelength >= 32 ? 1.0F : wavelength >= 8 ? 0.8F : wavelength >= 2 ? 0.6F : 0.4F;
    add_octave(sum, width, height, wavelength, amplitude, seed + static_cast<uint32_t>(wavelength));
    total += amplitude * amplitude;
  }
  const float scale = 1.0F / (2.2F * std::sqrt(total));
  Plate plate{width, height, std::vector<uint16_t>(sum.size())};
  const auto span = static_cast<float>(high - low);
  for (size_t i = 0; i < sum.size(); ++i) {
    const float t = std::clamp(0.5F + sum[i] * scale, 0.0F, 1.0F);
    plate.samples[i] = static_cast<uint16_t>(std::lround(static_cast<float>(low) + t * span));
  }
  return plate;
}

Scenery::Plate Scenery::flat(int width, int height, uint32_t seed) const {
  Plate plate{width, height, std::vector<uint16_t>(static_cast<size_t>(width) * static_cast<size_t>(height))};
  std::ranges::fill(plate.samples, static_cast<uint16_t>(test::luma_code(x_spec, 20)));
  for (uint32_t i = 0; i < 14; ++i) {
    const int radius = height / 16 + static_cast<int>(hash(i, 1, seed) % static_cast<uint32_t>(height / 6));
    const int cx = static_cast<int>(hash(i, 2, seed) % static_cast<uint32_t>(width));
    const int cy = static_cast<int>(hash(i, 3, seed) % static_cast<uint32_t>(height));
    const auto code = static_cast<uint16_t>(test::luma_code(x_spec, 4.0 + 5.0 * (i + 1)));
    for (int y = std::max(0, cy - radius); y < std::min(height, cy + radius); ++y) {
      const int half = static_cast<int>(std::sqrt(static_cast<double>(radius * radius - (y - cy) * (y - cy))));
      const int from = std::max(0, cx - half), to = std::min(width, cx + half);
      auto* row = plate.samples.data() + static_cast<size_t>(y) * static_cast<size_t>(width);
      if (from < to) std::fill(row + from, row + to, code);
    }
  }
  return plate;
}

Scenery::Plate Scenery::chroma(int width, int height, uint32_t seed, int swing) const {
  std::vector<float> sum(static_cast<size_t>(width) * static_cast<size_t>(height));
  for (const int wavelength : {128, 32, 8}) {
    if (x_content != Content::kFlat) add_octave(sum, width, height, wavelength, 1.0F, seed + 5);
  }
  Plate plate{width, height, std::vector<uint16_t>(sum.size())};
  const int middle = 1 << (x_spec.bit_depth - 1);
  const float scale = static_cast<float>(swing << (x_spec.bit_depth - 10)) / 3;
  for (size_t i = 0; i < sum.size(); ++i)
    plate.samples[i] = static_cast<uint16_t>(middle + static_cast<int>(std::lround(sum[i] * scale)));
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
    const uint32_t from = hash(static_cast<uint32_t>(y), static_cast<uint32_t>(index), x_seed);
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
  const size_t scene = x_content == Content::kCuts ? static_cast<size_t>(index / kFramesOfScene) % x_luma.size() : 0;
  const int step = x_content == Content::kMotion ? 24 : 4;
  const int dx = panned(index, step, kMarginX), dy = panned(index, 2, kMarginY);
  copy_window(x_luma[scene], view.planes[0], dx, dy);
  copy_window(x_blue[scene], view.planes[1], dx / 2, dy / 2);
  copy_window(x_red[scene], view.planes[2], dx / 2, dy / 2);
  add_noise(view, noise);
  if (x_content == Content::kHighlights) draw_lights(view, index);
  frame.pts = index;
  frame.duration = 1;
  frame.key = index % kFramesOfScene == 0;
  return frame;
}

media::AudioBlock sound(int channels, int64_t first, int64_t samples) {
  media::AudioBlock block;
  block.pts = first;
  block.sample_rate = 48000;
  block.channels.resize(static_cast<size_t>(channels));
  // Smoothed noise by interpolation of a lattice: little above 3 kHz (LFE: 50 Hz); a slow swell over it.
  const auto voice = [](int64_t at, uint32_t seed, int64_t cell) {
    const auto number = static_cast<int>(at / cell);
    const float t = static_cast<float>(at % cell) / static_cast<float>(cell);
    const float blend = t * t * (3 - 2 * t);
    return (1 - blend) * lattice(number, 0, seed) + blend * lattice(number + 1, 0, seed);
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
