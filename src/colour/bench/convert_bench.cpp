// CPU time of the conversions that ladders need, one JSON object a line: milliseconds of this thread per picture.

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <random>

#include <pier/colour/convert.hpp>

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
  auto converter = Converter::make(from, to);
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
  std::printf("{\"name\":\"%s\",\"way\":\"%s\",\"best_ms\":%.2f,\"mean_ms\":%.2f}\n", name,
              converter->describe().c_str(), best, sum / kRuns);
}

}  // namespace

int main() {
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
