#include "texture.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace pier::analysis::bench {

uint32_t hash(uint32_t x, uint32_t y, uint32_t seed) {
  uint32_t h = x * 374761393U + y * 668265263U + seed * 2246822519U;
  h = (h ^ (h >> 13U)) * 1274126177U;
  h = (h ^ (h >> 15U)) * 2246822519U;
  return h ^ (h >> 16U);
}

namespace {

/// Nearly normal, deviation 1: the sum of four bytes.
float normal(uint32_t bits) {
  const auto sum = static_cast<float>((bits & 255U) + (bits >> 8U & 255U) + (bits >> 16U & 255U) + (bits >> 24U));
  return (sum - 510.0F) / 147.8F;
}

Texture white(int width, int height, uint32_t seed) {
  Texture noise(width, height);
  for (int y = 0; y < height; ++y) {
    float* row = noise.row(y);
    for (int x = 0; x < width; ++x) row[x] = normal(hash(static_cast<uint32_t>(x), static_cast<uint32_t>(y), seed));
  }
  return noise;
}

size_t wrapped(int at, int count) {
  return static_cast<size_t>((at % count + count) % count);
}

/// Mean of 2 reach + 1 neighbours in a row; the ends are joined.
void box_row(float* row, int count, int reach, std::vector<float>& joined) {
  joined.resize(static_cast<size_t>(count + 2 * reach + 1));
  for (int i = 0; i < reach; ++i) joined[static_cast<size_t>(i)] = row[wrapped(i - reach, count)];
  std::copy_n(row, count, joined.begin() + reach);
  for (int i = 0; i <= reach; ++i) joined[static_cast<size_t>(count + reach + i)] = row[wrapped(i, count)];
  float sum = 0;
  for (int i = 0; i < 2 * reach + 1; ++i) sum += joined[static_cast<size_t>(i)];
  const float scale = 1.0F / static_cast<float>(2 * reach + 1);
  const float* out = joined.data();
  const float* in = joined.data() + 2 * reach + 1;
  for (int x = 0; x < count; ++x) {
    row[x] = sum * scale;
    sum += in[x] - out[x];
  }
}

void box_columns(Texture& texture, int reach) {
  const Texture copy = texture;
  const auto width = static_cast<size_t>(texture.width);
  std::vector<float> sum(width, 0);
  const auto add = [&](int y, float factor) {
    const float* row = copy.row(static_cast<int>(wrapped(y, texture.height)));
    for (size_t x = 0; x < width; ++x) sum[x] += factor * row[x];
  };
  const float scale = 1.0F / static_cast<float>(2 * reach + 1);
  for (int y = -reach; y <= reach; ++y) add(y, 1);
  for (int y = 0; y < texture.height; ++y) {
    float* row = texture.row(y);
    for (size_t x = 0; x < width; ++x) row[x] = sum[x] * scale;
    add(y + reach + 1, 1);
    add(y - reach, -1);
  }
}

void narrow_gauss(Texture& texture, double deviation) {
  std::array<float, 4> weights{};
  double sum = 0;
  for (int i = 0; i < 4; ++i) sum += (i == 0 ? 1 : 2) * std::exp(-i * i / (2 * deviation * deviation));
  for (int i = 0; i < 4; ++i)
    weights[static_cast<size_t>(i)] = static_cast<float>(std::exp(-i * i / (2 * deviation * deviation)) / sum);
  const Texture copy = texture;
  Texture across(texture.width, texture.height);
  const auto mix = [&](const Texture& from, Texture& to, bool rows) {
    for (int y = 0; y < to.height; ++y) {
      for (int x = 0; x < to.width; ++x) {
        float value = 0;
        for (int i = -3; i <= 3; ++i) {
          const int sx = rows ? std::clamp(x + i, 0, to.width - 1) : x;
          const int sy = rows ? y : std::clamp(y + i, 0, to.height - 1);
          value += weights[static_cast<size_t>(i < 0 ? -i : i)] * from.row(sy)[sx];
        }
        to.row(y)[x] = value;
      }
    }
  };
  mix(copy, across, true);
  mix(across, texture, false);
}

void draw_strokes(Texture& texture, uint32_t seed) {
  const int count = texture.width * texture.height / 4000;
  for (int i = 0; i < count; ++i) {
    const auto random = [&](uint32_t n, int below) {
      return static_cast<int>(hash(static_cast<uint32_t>(i), n, seed) % static_cast<uint32_t>(below));
    };
    const int x = random(1, texture.width - 16), y = random(2, texture.height - 16), length = 4 + random(3, 12);
    const float light = random(4, 2) == 0 ? 0.7F : -0.6F;
    const bool upright = random(5, 2) == 0;
    for (int n = 0; n < length; ++n) texture.row(upright ? y + n : y)[upright ? x : x + n] = light;
  }
}

double weight(Kernel kernel, double x) {
  x = std::abs(x);
  if (kernel == Kernel::kBilinear) return std::max(0.0, 1 - x);
  if (kernel == Kernel::kBicubic) {
    constexpr double a = -0.5;
    return x < 1 ? (a + 2) * x * x * x - (a + 3) * x * x + 1 : x < 2 ? a * (x * x * x - 5 * x * x + 8 * x - 4) : 0.0;
  }
  const double p = std::numbers::pi * x;
  return x < 1e-9 ? 1 : x < 3 ? 3 * std::sin(p) * std::sin(p / 3) / (p * p) : 0.0;
}

struct Taps {
  int first = 0;
  std::array<float, 6> weights{};
};

std::vector<Taps> taps_of(int from, int to, Kernel kernel) {
  std::vector<Taps> all(static_cast<size_t>(to));
  for (int x = 0; x < to; ++x) {
    const double place = (x + 0.5) * from / to - 0.5;
    Taps& taps = all[static_cast<size_t>(x)];
    taps.first = static_cast<int>(std::floor(place)) - 2;
    double sum = 0;
    for (int i = 0; i < 6; ++i) sum += weight(kernel, place - (taps.first + i));
    for (int i = 0; i < 6; ++i)
      taps.weights[static_cast<size_t>(i)] = static_cast<float>(weight(kernel, place - (taps.first + i)) / sum);
  }
  return all;
}

}  // namespace

void soften(Texture& texture, double deviation) {
  if (deviation <= 0) return;
  if (deviation < 1.2) return narrow_gauss(texture, deviation);
  const int reach = std::max(1, static_cast<int>(std::lround((std::sqrt(4 * deviation * deviation + 1) - 1) / 2)));
  std::vector<float> copy;
  for (int pass = 0; pass < 3; ++pass) {
    for (int y = 0; y < texture.height; ++y) box_row(texture.row(y), texture.width, reach, copy);
    box_columns(texture, reach);
  }
}

Texture make_texture(int width, int height, uint32_t seed, float finest, bool strokes) {
  Texture sum(width, height);
  if (finest <= 0) {
    const Texture floor = white(width, height, seed);
    for (size_t i = 0; i < sum.samples.size(); ++i) sum.samples[i] = 0.02F * floor.samples[i];
    finest = 0.7F;
  }
  uint32_t octave = 1;
  const auto add = [&](double deviation, double contrast) {
    Texture noise = white(width, height, seed + octave++ * 7919U);
    soften(noise, deviation);
    double power = 0;
    for (const float v : noise.samples) power += static_cast<double>(v * v);
    const auto gain = static_cast<float>(contrast / std::sqrt(power / static_cast<double>(noise.samples.size())));
    for (size_t i = 0; i < sum.samples.size(); ++i) sum.samples[i] += gain * noise.samples[i];
  };
  for (double deviation = finest; deviation < height / 12.0; deviation *= 2) add(deviation, 0.14);
  add(height / 7.0, 0.35);
  if (strokes) draw_strokes(sum, seed);
  return sum;
}

const char* name(Kernel kernel) {
  return kernel == Kernel::kBilinear ? "bilinear" : kernel == Kernel::kBicubic ? "bicubic" : "lanczos";
}

Texture scaled(const Texture& from, int width, int height, Kernel kernel) {
  Texture wide(width, from.height);
  const auto columns = taps_of(from.width, width, kernel);
  for (int y = 0; y < from.height; ++y) {
    const float* in = from.row(y);
    for (int x = 0; x < width; ++x) {
      const Taps& taps = columns[static_cast<size_t>(x)];
      float value = 0;
      for (int i = 0; i < 6; ++i)
        value += taps.weights[static_cast<size_t>(i)] * in[std::clamp(taps.first + i, 0, from.width - 1)];
      wide.row(y)[x] = value;
    }
  }
  Texture out(width, height);
  const auto rows = taps_of(from.height, height, kernel);
  for (int y = 0; y < height; ++y) {
    const Taps& taps = rows[static_cast<size_t>(y)];
    float* to = out.row(y);
    for (int i = 0; i < 6; ++i) {
      const float* in = wide.row(std::clamp(taps.first + i, 0, from.height - 1));
      for (int x = 0; x < width; ++x) to[x] += taps.weights[static_cast<size_t>(i)] * in[x];
    }
  }
  return out;
}

}  // namespace pier::analysis::bench
