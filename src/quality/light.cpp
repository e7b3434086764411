#include "light.hpp"

#include <algorithm>
#include <vector>

#include "kernels.hpp"

namespace pier::quality::impl {
namespace {

/// Rows of a picture as 16-bit codes at full width.
class WideRows {
 public:
  explicit WideRows(const PictureView& picture) : x_picture(picture) {
    for (auto& row : x_rows) row.resize(static_cast<size_t>(picture.width) + kRowPadding);
    if (picture.format.chroma == Chroma::k400) {
      for (size_t p = 1; p < 3; ++p)
        std::ranges::fill(x_rows[p], static_cast<uint16_t>(1 << (picture.format.bit_depth - 1)));
    }
  }

  YcbcrRow at(int y) {
    for (size_t p = 0; p < static_cast<size_t>(x_picture.format.plane_count()); ++p) {
      if (x_picture.format.bytes_per_sample() == 1) {
        widen<uint8_t>(p, y);
      } else {
        widen<uint16_t>(p, y);
      }
    }
    return {x_rows[0].data(), x_rows[1].data(), x_rows[2].data()};
  }

 private:
  template <typename T>
  void widen(size_t p, int y) {
    const Plane& plane = x_picture.planes[p];
    const T* const from = plane.row<T>(plane.height < x_picture.height ? y / 2 : y);
    uint16_t* const to = x_rows[p].data();
    if (plane.width == x_picture.width) {
      std::copy(from, from + plane.width, to);
    } else {
      for (int x = 0; x < x_picture.width; ++x) to[x] = from[x / 2];
    }
  }

  const PictureView& x_picture;
  std::vector<uint16_t> x_rows[3];
};

constexpr int kBinsPerUnit = 256, kMostDeltaE = 1024;

}  // namespace

double pu21_ssim(const LightTables& tables, const PictureView& reference, const PictureView& test) {
  const auto encoded = [&tables](const PictureView& picture) {
    FloatPlane plane(picture.width, picture.height);
    WideRows rows(picture);
    for (int y = 0; y < picture.height; ++y) {
      pu21_row(tables, rows.at(y), picture.width, plane.row(y));
    }
    return plane;
  };
  return gaussian_ssim(encoded(reference), encoded(test), kPuBias).ssim;
}

DeltaE delta_e_itp(const LightTables& tables, const PictureView& reference, const PictureView& test) {
  WideRows references(reference), tests(test);
  std::vector<float> row(static_cast<size_t>(reference.width) + kRowPadding);
  std::vector<uint32_t> bins(size_t{kMostDeltaE} * kBinsPerUnit);
  constexpr float kFine = 65536;
  int64_t sum = 0;
  for (int y = 0; y < reference.height; ++y) {
    delta_e_row(tables, references.at(y), tests.at(y), reference.width, row.data());
    for (int x = 0; x < reference.width; ++x) {
      const auto fine = static_cast<int64_t>(row[static_cast<size_t>(x)] * kFine);
      sum += fine;
      ++bins[std::min(static_cast<size_t>(fine) / (65536 / kBinsPerUnit), bins.size() - 1)];
    }
  }
  const auto pixels = static_cast<int64_t>(reference.width) * reference.height;
  const int64_t allowed = pixels / 1000;  // pixels that may lie above the percentile
  int64_t above = 0;
  size_t bin = bins.size() - 1;
  for (; bin > 0; --bin) {
    above += bins[bin];
    if (above > allowed) break;
  }
  return {static_cast<double>(sum) / (static_cast<double>(kFine) * static_cast<double>(pixels)),
          static_cast<double>(bin) / kBinsPerUnit};
}

}  // namespace pier::quality::impl
