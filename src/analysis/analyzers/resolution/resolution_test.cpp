#include "resolution.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <numbers>
#include <random>
#include <tuple>

#include <gtest/gtest.h>
#include <unistd.h>

#include <pier/analysis/analyse.hpp>
#include <pier/media/source.hpp>

#include "pass.hpp"
#include "signal.hpp"
#include "test_clip.hpp"

namespace pier::analysis {
namespace {

namespace fs = std::filesystem;
using test::ClipSpec;
using test::Kind;

/// A picture in numbers around 0, about -1 ... 1.
struct Image {
  int width = 0, height = 0;
  std::vector<float> samples;
  Image(int w, int h) : width(w), height(h), samples(static_cast<size_t>(w) * static_cast<size_t>(h)) {}
  float& at(int x, int y) {
    return samples[static_cast<size_t>(y) * static_cast<size_t>(width) + static_cast<size_t>(x)];
  }
  float at(int x, int y) const {
    x = std::clamp(x, 0, width - 1);
    y = std::clamp(y, 0, height - 1);
    return samples[static_cast<size_t>(y) * static_cast<size_t>(width) + static_cast<size_t>(x)];
  }
};

/// Filters both directions with weights around the middle.
Image filtered(const Image& in, const std::vector<float>& weights) {
  const int reach = static_cast<int>(weights.size()) / 2;
  Image across(in.width, in.height);
  Image out(in.width, in.height);
  for (int pass = 0; pass < 2; ++pass) {
    const Image& from = pass == 0 ? in : across;
    Image& to = pass == 0 ? across : out;
    for (int y = 0; y < in.height; ++y) {
      for (int x = 0; x < in.width; ++x) {
        float sum = 0;
        for (int i = -reach; i <= reach; ++i) {
          sum += weights[static_cast<size_t>(i + reach)] * (pass == 0 ? from.at(x + i, y) : from.at(x, y + i));
        }
        to.at(x, y) = sum;
      }
    }
  }
  return out;
}

std::vector<float> gauss(double sigma) {
  const int reach = static_cast<int>(std::ceil(3 * sigma));
  std::vector<float> weights;
  double sum = 0;
  for (int i = -reach; i <= reach; ++i) sum += std::exp(-i * i / (2 * sigma * sigma));
  for (int i = -reach; i <= reach; ++i)
    weights.push_back(static_cast<float>(std::exp(-i * i / (2 * sigma * sigma)) / sum));
  return weights;
}

/// Texture with detail at every scale, stronger the larger the scale (power about 1 / f^2), and strokes like text.
Image make_detailed(int width, int height, uint32_t seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  Image sum(width, height);
  for (const double sigma : {0.0, 0.7, 1.4, 2.8, 5.6}) {
    Image noise(width, height);
    for (float& v : noise.samples) v = normal(random);
    if (sigma > 0) noise = filtered(noise, gauss(sigma));
    // Blurred noise has a deviation of 1 / (2 sqrt(pi) sigma).
    const double gain = sigma == 0 ? 0.02 : 0.5 * std::sqrt(sigma) * 0.5;
    for (size_t i = 0; i < sum.samples.size(); ++i) sum.samples[i] += static_cast<float>(gain) * noise.samples[i];
  }
  for (int stroke = 0; stroke < width * height / 1500; ++stroke) {
    const int x = static_cast<int>(random() % static_cast<unsigned>(width));
    const int y = static_cast<int>(random() % static_cast<unsigned>(height));
    const bool upright = random() % 2 == 0;
    const int length = 4 + static_cast<int>(random() % 12);
    const float light = random() % 2 == 0 ? 0.7F : -0.6F;
    for (int i = 0; i < length; ++i) {
      const int sx = std::min(width - 1, upright ? x : x + i);
      const int sy = std::min(height - 1, upright ? y + i : y);
      sum.at(sx, sy) = light;
    }
  }
  return sum;
}

const Image& detailed(int width, int height, int number) {
  static std::map<std::tuple<int, int, int>, Image> made;
  const auto key = std::tuple(width, height, number);
  const auto found = made.find(key);
  if (found != made.end()) return found->second;
  return made.emplace(key, make_detailed(width, height, static_cast<uint32_t>(number) + 7)).first->second;
}

enum class Kernel { kBilinear, kBicubic, kLanczos, kSpline };

double weight(Kernel kernel, double x) {
  x = std::abs(x);
  const auto cubic = [x](double a) {
    return x < 1 ? (a + 2) * x * x * x - (a + 3) * x * x + 1 : x < 2 ? a * (x * x * x - 5 * x * x + 8 * x - 4) : 0.0;
  };
  switch (kernel) {
    case Kernel::kBilinear:
      return std::max(0.0, 1 - x);
    case Kernel::kBicubic:
      return cubic(-0.5);
    case Kernel::kLanczos: {
      if (x < 1e-9) return 1;
      const double p = std::numbers::pi * x;
      return x < 3 ? 3 * std::sin(p) * std::sin(p / 3) / (p * p) : 0.0;
    }
    case Kernel::kSpline:  // spline16
      return x < 1   ? ((x - 9.0 / 5) * x - 1.0 / 5) * x + 1
             : x < 2 ? ((-1.0 / 3 * (x - 1) + 4.0 / 5) * (x - 1) - 7.0 / 15) * (x - 1)
                     : 0.0;
  }
  return 0;
}

Image resampled_rows(const Image& in, int width, Kernel kernel) {
  Image out(width, in.height);
  for (int x = 0; x < width; ++x) {
    const double place = (x + 0.5) * in.width / width - 0.5;
    const int first = static_cast<int>(std::floor(place)) - 2;
    std::array<double, 6> w{};
    double sum = 0;
    for (int i = 0; i < 6; ++i) sum += w[static_cast<size_t>(i)] = weight(kernel, place - (first + i));
    for (int y = 0; y < in.height; ++y) {
      double v = 0;
      for (int i = 0; i < 6; ++i) v += w[static_cast<size_t>(i)] * static_cast<double>(in.at(first + i, y));
      out.at(x, y) = static_cast<float>(v / sum);
    }
  }
  return out;
}

Image transposed(const Image& in) {
  Image out(in.height, in.width);
  for (int y = 0; y < in.height; ++y) {
    for (int x = 0; x < in.width; ++x) out.at(y, x) = in.at(x, y);
  }
  return out;
}

Image resampled(const Image& in, int width, int height, Kernel kernel) {
  return transposed(resampled_rows(transposed(resampled_rows(in, width, kernel)), height, kernel));
}

/// `grain`: deviation in codes of 10 bits.
Picture picture_of(const Image& image, const ClipSpec& spec, double grain, uint32_t seed) {
  Picture picture = test::picture_of(spec, 0);
  MutablePictureView view = picture.writable();
  const int low = test::luma_code(spec, 2);
  const int high = test::luma_code(spec, 70);
  std::mt19937 random(seed);
  std::normal_distribution<double> normal(0, grain);
  for (int y = 0; y < spec.height; ++y) {
    for (int x = 0; x < spec.width; ++x) {
      const double code = (low + high) / 2.0 + (high - low) / 2.5 * static_cast<double>(image.at(x, y));
      test::set_sample(view, 0, x, y,
                       std::clamp(static_cast<int>(std::lround(code + (grain > 0 ? normal(random) : 0))), 64, 940));
    }
  }
  return picture;
}

/// Made of an image per frame, every twelfth frame seen.
template <typename Make>
Outcome outcome_of(const ClipSpec& spec, int seen, Make image, double grain = 0) {
  const auto analyzer = ResolutionAnalyzer::make(test::options_of(spec).context);
  for (int i = 0; i < seen; ++i) {
    media::Frame frame;
    frame.picture = picture_of(image(i), spec, grain, 100U + static_cast<uint32_t>(i));
    const auto signal = Signal::make(frame.picture.format(), frame.picture.colour());
    const FrameTime time{.index = i * ResolutionAnalyzer::kEvery, .pts = i * ResolutionAnalyzer::kEvery, .duration = 1};
    const FrameViews views(std::move(frame), time, signal, nullptr);
    analyzer->observe(time, *analyzer->measure(views));
  }
  return analyzer->finish();
}

std::string verdict(const Outcome& outcome) {
  return std::string(outcome.measures.at("verdict").as_string());
}

constexpr std::array kKernels{Kernel::kBilinear, Kernel::kBicubic, Kernel::kLanczos, Kernel::kSpline};

class Resolution : public testing::TestWithParam<Kind> {
 protected:
  ClipSpec spec(int width = 640, int height = 360) const {
    return {.kind = GetParam(), .width = width, .height = height};
  }
};
INSTANTIATE_TEST_SUITE_P(Transfers, Resolution, testing::Values(Kind::kSdr, Kind::kHlg, Kind::kPq),
                         [](const auto& param) { return test::name(param.param); });

TEST_P(Resolution, FindsTheRasterOfTheSource) {
  struct Case {
    int width, height;
  };
  for (const Case source : {Case{320, 180}, Case{432, 240}}) {  // 1/2; 2/3 of 648 x 360
    const ClipSpec to = spec(source.width == 320 ? 640 : 648);
    for (const Kernel kernel : kKernels) {
      const auto outcome = outcome_of(to, 3, [&](int i) {
        return resampled(detailed(source.width, source.height, i), to.width, to.height, kernel);
      });
      ASSERT_EQ(outcome.findings.size(), 1U)
          << source.width << ' ' << static_cast<int>(kernel) << json::serialize(outcome.measures);
      EXPECT_EQ(outcome.findings[0].kind, "resolution.upscaled");
      EXPECT_EQ(outcome.measures.at("effective_width").as_int64(), source.width);
      EXPECT_EQ(outcome.measures.at("effective_height").as_int64(), source.height);
      EXPECT_GE(outcome.findings[0].measures.at("coherence_horizontal").as_double(), 0.8);
      EXPECT_GE(outcome.findings[0].measures.at("coherence_vertical").as_double(), 0.8);
    }
  }
}

TEST_P(Resolution, GrainAddedAfterwardsDoesNotHideIt) {
  const ClipSpec to = spec();
  for (const Kernel kernel : kKernels) {
    const auto make = [&](int i) { return resampled(detailed(320, 180, i), 640, 360, kernel); };
    const auto outcome = outcome_of(to, 3, make, 2.5);
    EXPECT_EQ(verdict(outcome), "upscaled") << static_cast<int>(kernel) << json::serialize(outcome.measures);
  }
}

TEST_P(Resolution, NativeDetailIsNative) {
  for (const double grain : {0.0, 2.5}) {
    const auto outcome = outcome_of(spec(), 3, [](int i) { return detailed(640, 360, i); }, grain);
    EXPECT_EQ(verdict(outcome), "native") << json::serialize(outcome.measures);
    EXPECT_TRUE(outcome.findings.empty());
  }
}

TEST_P(Resolution, SoftNativeShotsAreUncertain) {
  for (const double sigma : {1.2, 3.0}) {
    const auto outcome = outcome_of(spec(), 3, [&](int i) { return filtered(detailed(640, 360, i), gauss(sigma)); });
    EXPECT_EQ(verdict(outcome), "uncertain") << sigma << json::serialize(outcome.measures);
    EXPECT_TRUE(outcome.findings.empty());
  }
}

TEST_P(Resolution, APictureInABoxIsJudgedByItself) {
  // 640 x 264 in 640 x 360: the edges of the bars are as sharp as can be.
  const auto outcome = outcome_of(spec(), 3, [](int i) {
    const Image wide = resampled(detailed(320, 132, i), 640, 264, Kernel::kBicubic);
    Image boxed(640, 360);
    for (float& v : boxed.samples) v = -1.2F;
    for (int y = 0; y < 264; ++y) {
      for (int x = 0; x < 640; ++x) boxed.at(x, y + 48) = wide.at(x, y);
    }
    return boxed;
  });
  EXPECT_EQ(verdict(outcome), "upscaled") << json::serialize(outcome.measures);
  EXPECT_EQ(outcome.measures.at("effective_width").as_int64(), 320);
}

TEST(ResolutionVerdict, TooFewFramesOrMixedShotsAreUncertain) {
  const ClipSpec spec{.width = 640, .height = 360};
  const auto make = [](int i) {
    return i % 2 == 0 ? detailed(640, 360, 9) : resampled(detailed(320, 180, 7), 640, 360, Kernel::kLanczos);
  };
  EXPECT_EQ(verdict(outcome_of(spec, 6, make)), "uncertain");
  EXPECT_EQ(verdict(outcome_of(spec, 2, [&](int) { return make(1); })), "uncertain");
  EXPECT_EQ(verdict(outcome_of(spec, 3, [&](int) { return make(1); })), "upscaled");
}

TEST(ResolutionVerdict, PicturesWithoutDetailOrTooSmallSayNothing) {
  const auto flat = outcome_of({.width = 640, .height = 360}, 3, [](int) { return Image(640, 360); });
  EXPECT_EQ(verdict(flat), "uncertain");
  EXPECT_EQ(flat.measures.at("frames_with_detail").as_int64(), 0);
  const auto small = outcome_of({.width = 190, .height = 100}, 3, [](int i) { return detailed(190, 100, i); });
  EXPECT_EQ(small.measures.at("frames_with_detail").as_int64(), 0);
}

/// Through x265 at crf 20 and the whole pass.
TEST(ResolutionVerdict, SurvivesCompression) {
  const fs::path folder = fs::temp_directory_path() / ("pier-resolution-test-" + std::to_string(getpid()));
  fs::create_directories(folder);
  const auto clip_verdict = [&](bool upscaled) {
    const ClipSpec spec{.kind = Kind::kHlg, .width = 640, .height = 360, .frames = 37};
    const int w = upscaled ? 320 : 640;
    const int h = upscaled ? 180 : 360;
    const Image texture = detailed(w + 2 * 36, h + 36, 5);
    const std::string raw = (folder / "clip.yuv").string();
    {
      std::ofstream out(raw, std::ios::binary);
      for (int f = 0; f < spec.frames; ++f) {
        Image part(w, h);
        for (int y = 0; y < h; ++y) {
          for (int x = 0; x < w; ++x) part.at(x, y) = texture.at(x + 2 * f, y + f);
        }
        if (upscaled) part = resampled(part, 640, 360, Kernel::kBicubic);
        const Picture picture = picture_of(part, spec, 0, 1);
        for (const Plane& plane : picture.view().planes) {
          for (int y = 0; y < plane.height; ++y)
            out.write(reinterpret_cast<const char*>(plane.row<uint16_t>(y)), 2L * plane.width);
        }
      }
    }
    const std::string coded = (folder / "clip.mp4").string();
    const std::string command = "ffmpeg -nostdin -v error -y -f rawvideo -pix_fmt yuv420p10le -s 640x360 -r 50 -i " +
                                raw + " -c:v libx265 -preset veryfast -crf 20 -x265-params log-level=error " + coded;
    EXPECT_EQ(std::system(command.c_str()), 0);
    const auto source = media::open_source(coded);
    const auto facts = media::probe(*source);
    const auto result = analyse(*source, *facts);
    return result ? std::string(result->measures.at("resolution").at("verdict").as_string()) : result.error().message;
  };
  EXPECT_EQ(clip_verdict(true), "upscaled");
  EXPECT_EQ(clip_verdict(false), "native");
  fs::remove_all(folder);
}

TEST(Spectrum, TransformIsTheFourierTransform) {
  std::array<impl::Complex, impl::kTile> data;
  std::mt19937 random(3);
  for (auto& v : data)
    v = {static_cast<int32_t>(random() % 131072) - 65536, static_cast<int32_t>(random() % 131072) - 65536};
  auto spectrum = data;
  impl::transform(spectrum);
  for (int k = 0; k < impl::kTile; k += 7) {
    double re = 0;
    double im = 0;
    for (int n = 0; n < impl::kTile; ++n) {
      const double angle = -2 * std::numbers::pi * k * n / impl::kTile;
      const auto& v = data[static_cast<size_t>(n)];
      re += v.re * std::cos(angle) - v.im * std::sin(angle);
      im += v.re * std::sin(angle) + v.im * std::cos(angle);
    }
    EXPECT_NEAR(spectrum[static_cast<size_t>(k)].re, re, 40);  // of about 900,000
    EXPECT_NEAR(spectrum[static_cast<size_t>(k)].im, im, 40);
  }
}

TEST(Spectrum, RootsAndLogarithms) {
  for (const uint64_t v : {uint64_t{0}, uint64_t{1}, uint64_t{15}, uint64_t{16}, uint64_t{1} << 50U, UINT64_MAX}) {
    const uint64_t r = impl::root(v);
    EXPECT_LE(r * r, v) << v;
    const bool fits = r < 0xFFFFFFFFU;
    EXPECT_TRUE(!fits || (r + 1) * (r + 1) > v) << v;
  }
  EXPECT_EQ(impl::log2_q8(1), 0);
  EXPECT_EQ(impl::log2_q8(1U << 20U), 20 * 256);
  EXPECT_NEAR(static_cast<double>(impl::log2_q8(1000)), 256 * std::log2(1000.0), 1.5);
}

}  // namespace
}  // namespace pier::analysis
