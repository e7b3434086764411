#include "patterns.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <vector>

namespace pier::analysis::impl {

namespace {

constexpr int kMinWidth = 24, kMinHeight = 12;
constexpr int kRows = 9;  // that are compared for vertical stripes
constexpr double kStripeTop = 0.15, kStripeBottom = 0.5;
constexpr double kFlat = 0.03;  // of nominal, inside a stripe
constexpr double kFieldFlat = 0.02;
constexpr double kNominal = 0.08;  // a component against its nominal value
constexpr double kContrast = 0.2;  // between high and low components
constexpr double kNeutral = 0.05;  // of nominal, chroma of black
constexpr double kDarkNits = 0.05, kDarkShare = 0.985;
constexpr int kTones = 64;  // for the ground of a page
constexpr double kGroundShare = 0.5;
constexpr double kInk = 0.2;  // of nominal, against the ground
constexpr int kMinLines = 4;
constexpr double kStillStep = 0.04, kStillShare = 0.001;

int sample(const Plane& plane, int bytes, int x, int y) {
  return bytes == 1 ? plane.row<uint8_t>(y)[x] : plane.row<uint16_t>(y)[x];
}

/// Width of nominal signal in codes of a plane.
int span_of(const PictureView& view, const Signal& signal, int plane) {
  if (plane == 0 || view.format.rgb) return signal.peak() - signal.black();
  return signal.chroma_high() - signal.chroma_low();
}

struct Rgb {
  std::array<double, 3> v{};
};

/// R'G'B' of one colour in codes, nominal 0 ... 1.
Rgb rgb_of(const std::array<double, 3>& codes, const PictureView& view, const Signal& signal) {
  Rgb rgb;
  if (view.format.rgb) {
    for (size_t i = 0; i < 3; ++i) rgb.v[i] = (codes[i] - signal.black()) / (signal.peak() - signal.black());
    return rgb;
  }
  constexpr double kQ15 = 32768.0, kUnit = RgbFactors::kUnit;
  const RgbFactors& f = signal.factors();
  const double scale = std::ldexp(1.0, signal.shift()) / kUnit;
  const double middle = 1 << (view.format.bit_depth - 1);
  const double y = (codes[0] - signal.black()) * scale * (f.y_whole + f.y_part / kQ15);
  const double cb = (codes[1] - middle) * scale, cr = (codes[2] - middle) * scale;
  rgb.v = {y + cr * (1.0 + f.r_from_cr / kQ15), y + cb * (f.g_from_cb / kQ15) + cr * (f.g_from_cr / kQ15),
           y + cb * (1.0 + f.b_from_cb / kQ15)};
  return rgb;
}

/// A vertical stripe of one colour.
struct Stripe {
  int first = 0, count = 0;
  Rgb colour;
};

/// Mean codes of each column between two heights; empty when too many columns are not one colour from top to bottom.
std::vector<std::array<double, 3>> columns_of(const PictureView& view, const Signal& signal) {
  const int bytes = view.format.bytes_per_sample();
  const int planes = view.format.plane_count();
  std::vector<std::array<double, 3>> columns(static_cast<size_t>(view.width));
  int uneven = 0;
  for (int x = 0; x < view.width; ++x) {
    bool flat = true;
    for (int p = 0; p < planes; ++p) {
      int low = INT32_MAX, high = 0, sum = 0;
      for (int k = 0; k < kRows; ++k) {
        const double height = kStripeTop + (kStripeBottom - kStripeTop) * k / (kRows - 1);
        const int code = sample(view.planes[static_cast<size_t>(p)], bytes, x, static_cast<int>(view.height * height));
        low = std::min(low, code);
        high = std::max(high, code);
        sum += code;
      }
      flat &= high - low <= kFlat * span_of(view, signal, p);
      columns[static_cast<size_t>(x)][static_cast<size_t>(p)] = static_cast<double>(sum) / kRows;
    }
    uneven += flat ? 0 : 1;
    if (uneven * 10 > view.width) return {};
  }
  return columns;
}

std::vector<Stripe> stripes_of(const PictureView& view, const Signal& signal) {
  const auto columns = columns_of(view, signal);
  std::vector<Stripe> stripes;
  const int shortest = std::max(2, view.width / 40);
  const auto alike = [&](const auto& a, const auto& b) {
    for (int p = 0; p < 3; ++p) {
      const auto i = static_cast<size_t>(p);
      if (std::abs(a[i] - b[i]) > kFlat * span_of(view, signal, p)) return false;
    }
    return true;
  };
  for (size_t first = 0; first < columns.size();) {
    size_t end = first + 1;
    while (end < columns.size() && alike(columns[end], columns[first])) ++end;
    if (static_cast<int>(end - first) >= shortest) {
      const auto& middle = columns[(first + end) / 2];
      stripes.push_back({static_cast<int>(first), static_cast<int>(end - first), rgb_of(middle, view, signal)});
    }
    first = end;
  }
  return stripes;
}

// Which of R, G, B are high in white, yellow, cyan, green, magenta, red, blue.
constexpr std::array<unsigned, 7> kHigh{0b111, 0b110, 0b011, 0b010, 0b101, 0b100, 0b001};

std::optional<ColourBars> bars_at(const std::vector<Stripe>& stripes, size_t from, int width) {
  double high = 0, low = 0;
  int shortest = INT32_MAX, longest = 0;
  for (size_t i = 0; i < kHigh.size(); ++i) {
    const Stripe& stripe = stripes[from + i];
    shortest = std::min(shortest, stripe.count);
    longest = std::max(longest, stripe.count);
    const bool apart =
        i > 0 && stripe.first - stripes[from + i - 1].first - stripes[from + i - 1].count > width / 40 + 2;
    if (apart) return std::nullopt;
    for (size_t c = 0; i > 0 && c < 3; ++c) {
      ((kHigh[i] >> (2 - c)) & 1U ? high : low) += stripe.colour.v[c] / 9.0;
    }
  }
  if (longest > 2 * shortest + 1 || high - low < kContrast) return std::nullopt;
  for (size_t i = 1; i < kHigh.size(); ++i) {
    for (size_t c = 0; c < 3; ++c) {
      const double nominal = (kHigh[i] >> (2 - c)) & 1U ? high : low;
      if (std::abs(stripes[from + i].colour.v[c] - nominal) > kNominal) return std::nullopt;
    }
  }
  const auto& white = stripes[from].colour.v;
  const auto [darkest, brightest] = std::minmax_element(white.begin(), white.end());
  if (*brightest - *darkest > kNominal || *darkest < high - kNominal || *brightest > 1.2) return std::nullopt;
  ColourBars bars{.bars = 7,
                  .white_percent = static_cast<int>(std::lround(white[1] * 100)),
                  .colour_percent = static_cast<int>(std::lround(high * 100))};
  if (from + kHigh.size() < stripes.size()) {
    const Stripe& last = stripes[from + kHigh.size()];
    const bool black = std::ranges::all_of(last.colour.v, [](double v) { return std::abs(v) < kNominal; });
    if (black && last.count <= 2 * shortest + 1) bars.bars = 8;
  }
  return bars;
}

/// Calls `use(code, x, y)` for each sample of a plane.
template <typename Use>
void each_sample(const Plane& plane, int bytes, int row_step, Use use) {
  for (int y = 0; y < plane.height; y += row_step) {
    if (bytes == 1) {
      const uint8_t* row = plane.row<uint8_t>(y);
      for (int x = 0; x < plane.width; ++x) use(row[x], x, y);
    } else {
      const uint16_t* row = plane.row<uint16_t>(y);
      for (int x = 0; x < plane.width; ++x) use(row[x], x, y);
    }
  }
}

bool flat_plane(const PictureView& view, const Signal& signal, int p) {
  const Plane& plane = view.planes[static_cast<size_t>(p)];
  const int bytes = view.format.bytes_per_sample();
  const auto limit = static_cast<int>(kFieldFlat * span_of(view, signal, p));
  int low = INT32_MAX, high = 0;
  for (int y = 0; y < plane.height; ++y) {
    for (int x = 0; x < plane.width; ++x) {
      const int code = sample(plane, bytes, x, y);
      low = std::min(low, code);
      high = std::max(high, code);
    }
    if (high - low > limit) return false;
  }
  return true;
}

/// The tone that more than half of the samples have, as the middle of three neighbouring classes; -1: none.
int ground_of(const PictureView& view, const Signal& signal, int row_step) {
  std::array<int, kTones + 2> tones{};
  int all = 0;
  const int span = span_of(view, signal, 0);
  each_sample(view.planes[0], view.format.bytes_per_sample(), row_step, [&](int code, int, int) {
    ++tones[static_cast<size_t>(std::clamp((code - signal.black()) * kTones / span, 0, kTones - 1)) + 1];
    ++all;
  });
  const auto mode = std::max_element(tones.begin() + 1, tones.end() - 1);
  if (*(mode - 1) + *mode + *(mode + 1) < kGroundShare * all) return -1;
  const auto tone = static_cast<int>(mode - tones.begin()) - 1;
  return signal.black() + (2 * tone + 1) * span / (2 * kTones);
}

bool large_enough(const PictureView& view) {
  return view.width >= kMinWidth && view.height >= kMinHeight;
}

}  // namespace

std::optional<ColourBars> find_bars(const PictureView& view, const Signal& signal) {
  if (!large_enough(view) || view.format.plane_count() < 3 || !signal.rgb_known()) return std::nullopt;
  const auto stripes = stripes_of(view, signal);
  for (size_t from = 0; from + kHigh.size() <= stripes.size(); ++from) {
    if (const auto bars = bars_at(stripes, from, view.width)) return bars;
  }
  return std::nullopt;
}

bool is_black(const PictureView& view, const Signal& signal) {
  if (view.width == 0) return false;
  const int dark = signal.code_at_most(kDarkNits);
  const int bytes = view.format.bytes_per_sample();
  const auto allowed = static_cast<int64_t>((1.0 - kDarkShare) * view.width * view.height);
  for (int p = 0; p < (view.format.rgb ? 3 : 1); ++p) {
    const Plane& plane = view.planes[static_cast<size_t>(p)];
    int64_t bright = 0;
    for (int y = 0; y < plane.height; ++y) {
      for (int x = 0; x < plane.width; ++x) bright += sample(plane, bytes, x, y) > dark ? 1 : 0;
      if (bright > allowed) return false;
    }
  }
  return true;
}

bool is_field(const PictureView& view, const Signal& signal) {
  if (!large_enough(view)) return false;
  for (int p = 0; p < view.format.plane_count(); ++p) {
    if (!flat_plane(view, signal, p)) return false;
  }
  // A saturated colour has little luma, and is not black for that.
  bool neutral = true;
  for (int p = 1; p < view.format.plane_count() && !view.format.rgb; ++p) {
    const int code = sample(view.planes[static_cast<size_t>(p)], view.format.bytes_per_sample(), 0, 0);
    neutral &= std::abs(code - (1 << (view.format.bit_depth - 1))) <= kNeutral * span_of(view, signal, p);
  }
  return !neutral || !is_black(view, signal);
}

bool is_page(const PictureView& view, const Signal& signal) {
  if (!large_enough(view) || view.height < 32) return false;
  if (ground_of(view, signal, 4) < 0) return false;
  const int ground = ground_of(view, signal, 1);
  if (ground < 0) return false;
  const auto ink = static_cast<int>(kInk * span_of(view, signal, 0));
  const int bytes = view.format.bytes_per_sample();
  int lines = 0, height = 0, all = 0;
  bool too_high = false;
  const auto end_line = [&] {
    lines += height > 0 ? 1 : 0;
    too_high |= height > view.height / 8;
    height = 0;
  };
  for (int y = 0; y < view.height; ++y) {
    int inked = 0, edges = 0;
    bool before = false;
    for (int x = 0; x < view.width; ++x) {
      const bool now = std::abs(sample(view.planes[0], bytes, x, y) - ground) > ink;
      inked += now ? 1 : 0;
      edges += now != before ? 1 : 0;
      before = now;
    }
    all += inked;
    if (inked * 64 >= view.width && edges >= 6) {
      ++height;
    } else {
      end_line();
    }
  }
  end_line();
  return lines >= kMinLines && !too_high && all * 3 <= view.width * view.height;
}

bool is_still(const PictureView& view, const PictureView& before, const Signal& signal) {
  if (view.width != before.width || view.height != before.height || view.format != before.format) return false;
  const auto step = static_cast<int>(kStillStep * span_of(view, signal, 0));
  const int bytes = view.format.bytes_per_sample();
  int64_t changed = 0;
  each_sample(view.planes[0], bytes, 1, [&](int code, int x, int y) {
    changed += std::abs(code - sample(before.planes[0], bytes, x, y)) > step ? 1 : 0;
  });
  return static_cast<double>(changed) <= kStillShare * view.width * view.height;
}

}  // namespace pier::analysis::impl
