// Largest of R', G', B' of every pixel of a picture, gathered into bins.

#include <algorithm>
#include <vector>

#include "kernels.hpp"
#include "kernels_scalar.hpp"

namespace pier::analysis::kernels {

namespace impl {
void chroma_row(const Plane& plane, int near, int other, int bits, int middle, int shift, bool wide, int16_t* out);
}

namespace {

/// Where a luma row takes its chroma from: `near` moved towards `other`.
struct ChromaSource {
  int near = 0, other = 0, bits = 0;
};

bool top_sited(ChromaSite site) {
  return site == ChromaSite::kTopLeft || site == ChromaSite::kTop;
}
bool bottom_sited(ChromaSite site) {
  return site == ChromaSite::kBottomLeft || site == ChromaSite::kBottom;
}
bool centred(ChromaSite site) {
  return site == ChromaSite::kCenter || site == ChromaSite::kTop || site == ChromaSite::kBottom;
}

ChromaSource chroma_source(const PictureView& picture, int y) {
  if (picture.format.chroma != Chroma::k420) return {y, y, 0};
  const int last = picture.planes[1].height - 1;
  const int near = std::min(y / 2, last);
  const bool odd = (y & 1) != 0;
  const ChromaSite site = picture.colour.chroma_site;
  if (top_sited(site)) return {near, std::min(near + 1, last), odd ? 1 : 0};
  if (bottom_sited(site)) return {near, std::max(near - 1, 0), odd ? 0 : 1};
  return {near, odd ? std::min(near + 1, last) : std::max(near - 1, 0), 2};
}

/// Works through a picture row by row; buffers are kept between rows.
class MaxRgbScan {
 public:
  MaxRgbScan(const PictureView& picture, const Signal& signal, MaxRgb& result)
      : x_picture(picture), x_signal(signal), x_result(result), x_wide(picture.format.bit_depth > 8) {
    const auto half = static_cast<size_t>(picture.width / 2 + 1);
    x_luma.resize(2 * half);
    x_even.resize(2 * half);
    x_odd.resize(half);
    for (auto& row : x_chroma) row.resize(2 * half + 2);
    x_cut = std::max(0, -signal.shift());
    x_black = signal.black() >> x_cut;
    x_shift = std::max(0, signal.shift());
  }

  void run() {
    const Chroma chroma = x_picture.format.chroma;
    for (int y = 0; y < x_picture.height; ++y) {
      if (x_picture.format.rgb) {
        rgb_row(y);
      } else if (chroma == Chroma::k400 || !x_signal.rgb_known()) {
        luma_row(y);
      } else if (chroma == Chroma::k444) {
        full_row(y);
      } else {
        pair_row(y);
      }
    }
    for (size_t bin = 0; bin < x_result.bins.size(); ++bin) x_result.bins[bin] += x_other_bins[bin];
  }

 private:
  int code(int plane, int y, int x) const {
    const Plane& p = x_picture.planes[static_cast<size_t>(plane)];
    return (x_wide ? p.row<uint16_t>(y)[x] : p.row<uint8_t>(y)[x]) >> x_cut;
  }
  int signal14(int plane, int y, int x) const { return (code(plane, y, x) - x_black) * (1 << x_shift); }

  void add(int value) {
    ++x_result.bins[static_cast<size_t>(value >> Signal::kBinShift)];
    x_result.largest = std::max(x_result.largest, value);
  }

  void rgb_row(int y) {
    for (int x = 0; x < x_picture.width; ++x) {
      add(scalar::max_rgb(std::max({signal14(0, y, x), signal14(1, y, x), signal14(2, y, x)}), 0, 0,
                          x_signal.factors()));
    }
  }

  void luma_row(int y) {
    for (int x = 0; x < x_picture.width; ++x) add(scalar::max_rgb(signal14(0, y, x), 0, 0, x_signal.factors()));
  }

  void chroma_row(int plane, const ChromaSource& from) {
    std::vector<int16_t>& row = x_chroma[static_cast<size_t>(plane - 1)];
    const Plane& p = x_picture.planes[static_cast<size_t>(plane)];
    const int middle = 1 << (x_picture.format.bit_depth - 1);
    impl::chroma_row(p, from.near, from.other, from.bits, middle, x_signal.shift(), x_wide, row.data() + 1);
    row[0] = row[1];
    row[static_cast<size_t>(p.width) + 1] = row[static_cast<size_t>(p.width)];
  }

  void full_row(int y) {
    chroma_row(1, {y, y, 0});
    chroma_row(2, {y, y, 0});
    for (int x = 0; x < x_picture.width; ++x) {
      const auto i = static_cast<size_t>(x) + 1;
      add(scalar::max_rgb(signal14(0, y, x), x_chroma[0][i], x_chroma[1][i], x_signal.factors()));
    }
  }

  /// Luma codes of at most 14 bits; an odd last column is doubled, and its twin not counted.
  const uint16_t* luma_codes(int y) {
    const int width = x_picture.width;
    if (x_wide && x_cut == 0 && width % 2 == 0) return x_picture.planes[0].row<uint16_t>(y);
    for (int x = 0; x < width; ++x) x_luma[static_cast<size_t>(x)] = static_cast<uint16_t>(code(0, y, x));
    if (width % 2 != 0) x_luma[static_cast<size_t>(width)] = x_luma[static_cast<size_t>(width - 1)];
    return x_luma.data();
  }

  void pair_row(int y) {
    const ChromaSource from = chroma_source(x_picture, y);
    chroma_row(1, from);
    chroma_row(2, from);
    const int pairs = (x_picture.width + 1) / 2;
    const ChromaRows chroma{x_chroma[0].data() + 1, x_chroma[1].data() + 1, centred(x_picture.colour.chroma_site)};
    const int largest = max_rgb_pairs({luma_codes(y), x_black, x_shift}, pairs, chroma, x_signal.factors(),
                                      {x_even.data(), x_odd.data()});
    if (x_picture.width % 2 != 0) x_odd[static_cast<size_t>(pairs - 1)] = x_even[static_cast<size_t>(pairs - 1)];
    // Two sets of bins: neighbours often share a bin, and a store must not wait for the one before.
    const int odd_pairs = x_picture.width / 2;
    for (int i = 0; i < odd_pairs; ++i) {
      ++x_result.bins[static_cast<size_t>(x_even[static_cast<size_t>(i)] >> Signal::kBinShift)];
      ++x_other_bins[static_cast<size_t>(x_odd[static_cast<size_t>(i)] >> Signal::kBinShift)];
    }
    if (odd_pairs < pairs)
      ++x_result.bins[static_cast<size_t>(x_even[static_cast<size_t>(odd_pairs)] >> Signal::kBinShift)];
    x_result.largest = std::max(x_result.largest, largest);
  }

  const PictureView& x_picture;
  const Signal& x_signal;
  MaxRgb& x_result;
  bool x_wide;
  int x_cut = 0, x_black = 0, x_shift = 0;
  std::vector<uint16_t> x_luma, x_even, x_odd;
  std::array<std::vector<int16_t>, 2> x_chroma;
  std::array<uint32_t, Signal::kBins> x_other_bins{};
};

}  // namespace

void max_rgb(const PictureView& picture, const Signal& signal, MaxRgb& result) {
  MaxRgbScan(picture, signal, result).run();
}

}  // namespace pier::analysis::kernels
