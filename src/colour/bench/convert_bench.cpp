// CPU time of conversions, one JSON object a line: milliseconds of this thread per picture. With the argument
// "accuracy": how far HDR to SDR is from the double-precision reference. See tools/bench/convert.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <random>
#include <string>
#include <vector>

#include <pier/colour/convert.hpp>
#include <pier/colour/reference.hpp>

using namespace pier;
using namespace pier::colour;

namespace {

constexpr ColourInfo kHlg{Primaries::kBt2020, Transfer::kHlg, Matrix::kBt2020Ncl, Range::kNarrow};
constexpr ColourInfo kPq{Primaries::kBt2020, Transfer::kPq, Matrix::kBt2020Ncl, Range::kNarrow};
constexpr ColourInfo kP3{Primaries::kP3D65, Transfer::kPq, Matrix::kRgb, Range::kFull};
constexpr ColourInfo kSdr{Primaries::kBt709, Transfer::kBt709, Matrix::kBt709, Range::kNarrow};
constexpr PixelFormat k420p10{10, Chroma::k420}, k420p8{8, Chroma::k420}, kRgb12{12, Chroma::k444, true};

double thread_ms() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) * 1e-6;
}

/// Smooth shades with grain: neighbouring samples lie near each other, as in pictures.
Picture shades(const PictureSpec& spec) {
  Picture picture = Picture::allocate(spec.format, spec.width, spec.height, spec.colour);
  std::mt19937 random(7);
  const auto view = picture.writable();
  const int top = 1 << spec.format.bit_depth;
  for (size_t p = 0; p < 3; ++p) {
    const MutablePlane& plane = view.planes[p];
    for (int y = 0; y < plane.height; ++y) {
      for (int x = 0; x < plane.width; ++x) {
        const int shade =
            p == 0 ? (x * 3 + y * 2) % (top * 3 / 4) + top / 8 : top / 2 + (x + y * 3) % (top / 8) - top / 16;
        const int value = shade + static_cast<int>(random() % static_cast<unsigned>(top / 64));
        if (spec.format.bit_depth > 8) {
          plane.row<uint16_t>(y)[x] = static_cast<uint16_t>(value);
        } else {
          plane.row<uint8_t>(y)[x] = static_cast<uint8_t>(value);
        }
      }
    }
  }
  return picture;
}

void measure(const char* name, const PictureSpec& from, const PictureSpec& to) {
  const double begin = thread_ms();
  auto converter = Converter::make(from, to);
  const double make_ms = thread_ms() - begin;
  if (!converter) {
    std::printf("{\"name\":\"%s\",\"error\":\"%s\"}\n", name, converter.error().message.c_str());
    return;
  }
  const Picture picture = shades(from);
  (void)converter->run(picture);
  constexpr int kRuns = 20;
  double best = 1e9, sum = 0;
  for (int run = 0; run < kRuns; ++run) {
    const double start = thread_ms();
    (void)converter->run(picture);
    const double took = thread_ms() - start;
    best = std::min(best, took);
    sum += took;
  }
  std::printf("{\"name\":\"%s\",\"way\":\"%s\",\"make_ms\":%.1f,\"best_ms\":%.2f,\"mean_ms\":%.2f}\n", name,
              converter->describe().c_str(), make_ms, best, sum / kRuns);
}

struct Accuracy {
  int codes = 0;  // of one component at most
  double mean = 0, p999 = 0;
};

std::array<int, 3> codes_of(const Rgb& signal, const PictureSpec& spec) {
  const Rgb ycbcr = to_ycbcr(signal, *luma_weights(spec.colour.matrix));
  const int depth = spec.format.bit_depth;
  const Range range = spec.colour.range;
  return {static_cast<int>(std::lround(luma_code(ycbcr[0], depth, range))),
          static_cast<int>(std::lround(chroma_code(ycbcr[1], depth, range))),
          static_cast<int>(std::lround(chroma_code(ycbcr[2], depth, range)))};
}

Rgb signal_of(const std::array<int, 3>& codes, const PictureSpec& spec) {
  const int depth = spec.format.bit_depth;
  const Range range = spec.colour.range;
  return from_ycbcr({luma_signal(codes[0], depth, range), chroma_signal(codes[1], depth, range),
                     chroma_signal(codes[2], depth, range)},
                    *luma_weights(spec.colour.matrix));
}

std::array<int, 3> sample(const Picture& picture, int x, int y) {
  std::array<int, 3> codes{};
  for (size_t p = 0; p < 3; ++p) {
    const Plane& plane = picture.view().planes[p];
    codes[p] = picture.format().bit_depth > 8 ? plane.row<uint16_t>(y)[x] : plane.row<uint8_t>(y)[x];
  }
  return codes;
}

/// Random signals of the whole gamut, even in R'G'B'.
Picture random_colours(const PictureSpec& spec, double top) {
  Picture picture = Picture::allocate(spec.format, spec.width, spec.height, spec.colour);
  const auto view = picture.writable();
  std::mt19937 random(91);
  std::uniform_real_distribution<double> signal(0.0, top);
  for (int y = 0; y < spec.height; ++y) {
    for (int x = 0; x < spec.width; ++x) {
      const double red = signal(random), green = signal(random), blue = signal(random);
      const std::array<int, 3> codes = codes_of({red, green, blue}, spec);
      for (size_t p = 0; p < 3; ++p) view.planes[p].row<uint16_t>(y)[x] = static_cast<uint16_t>(codes[p]);
    }
  }
  return picture;
}

Accuracy accuracy(const PictureSpec& from, const PictureSpec& to) {
  ConversionOptions options;
  options.dither = false;
  const Reference reference = Reference::make(from.colour, to.colour, options).value();
  const Picture in = random_colours(from, reference.source_top());
  const Picture out = Converter::make(from, to, options).value().run(in).value();
  Accuracy found;
  std::vector<double> errors;
  for (int y = 0; y < from.height; ++y) {
    for (int x = 0; x < from.width; ++x) {
      const auto got = sample(out, x, y), wanted = codes_of(reference(signal_of(sample(in, x, y), from)), to);
      for (size_t p = 0; p < 3; ++p) found.codes = std::max(found.codes, std::abs(got[p] - wanted[p]));
      errors.push_back(
          delta_e_itp(reference.target_nits(signal_of(got, to)), reference.target_nits(signal_of(wanted, to))));
    }
  }
  std::sort(errors.begin(), errors.end());
  for (const double error : errors) found.mean += error / static_cast<double>(errors.size());
  found.p999 = errors[errors.size() * 999 / 1000];
  return found;
}

void print_accuracy() {
  for (const auto& [name, colour] : {std::pair{"hlg", kHlg}, std::pair{"pq", kPq}}) {
    for (const int depth : {10, 8}) {
      const PixelFormat fine{10, Chroma::k444}, out{static_cast<uint8_t>(depth), Chroma::k444};
      const Accuracy found = accuracy({fine, 1024, 1024, colour}, {out, 1024, 1024, kSdr});
      const bool holds = found.codes <= 1 && (depth == 8 || (found.mean <= 0.3 && found.p999 <= 1.0));
      std::printf(
          "{\"name\":\"convert-%s-accuracy-%d\",\"codes\":%d,\"de_itp_mean\":%.4f,\"de_itp_999\":%.3f,"
          "\"holds\":%s}\n",
          name, depth, found.codes, found.mean, found.p999, holds ? "true" : "false");
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1 && std::string(argv[1]) == "accuracy") {
    print_accuracy();
    return 0;
  }
  measure("hlg-2160-sdr8", {k420p10, 3840, 2160, kHlg}, {k420p8, 3840, 2160, kSdr});
  measure("hlg-2160-sdr10", {k420p10, 3840, 2160, kHlg}, {k420p10, 3840, 2160, kSdr});
  measure("pq-2160-sdr10", {k420p10, 3840, 2160, kPq}, {k420p10, 3840, 2160, kSdr});
  measure("hlg-2160-pq10", {k420p10, 3840, 2160, kHlg}, {k420p10, 3840, 2160, kPq});
  measure("pq-2160-hlg10", {k420p10, 3840, 2160, kPq}, {k420p10, 3840, 2160, kHlg});
  measure("sdr8-2160-hlg10", {k420p8, 3840, 2160, kSdr}, {k420p10, 3840, 2160, kHlg});
  measure("hlg-1080-sdr8", {k420p10, 1920, 1080, kHlg}, {k420p8, 1920, 1080, kSdr});
  measure("hlg-2160-1080-sdr8", {k420p10, 3840, 2160, kHlg}, {k420p8, 1920, 1080, kSdr});
  measure("pq-2160-1080-pq", {k420p10, 3840, 2160, kPq}, {k420p10, 1920, 1080, kPq});
  measure("pq-2160-720-sdr8", {k420p10, 3840, 2160, kPq}, {k420p8, 1280, 720, kSdr});
  measure("p3rgb-2160-pq2020", {kRgb12, 3840, 2160, kP3}, {k420p10, 3840, 2160, kPq});
  measure("sdr10-1080-sdr8", {k420p10, 1920, 1080, kSdr}, {k420p8, 1920, 1080, kSdr});
  measure("sdr8-2160-1080", {k420p8, 3840, 2160, kSdr}, {k420p8, 1920, 1080, kSdr});
}
