// Codes to R'G'B' and what is asked of every pixel of it.

#include <algorithm>

#include "kernels.hpp"
#include "kernels_scalar.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels_rgb.cpp"
#include <hwy/foreach_target.h>
// After foreach_target.h.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace pier::analysis::kernels::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using Tag = hn::CappedTag<int16_t, kFlagPixels / 2>;
using UnsignedTag = hn::Repartition<uint16_t, Tag>;
using Vec = hn::Vec<Tag>;

/// Factors as vectors.
struct VectorFactors {
  explicit VectorFactors(const RgbFactors& f) {
    const Tag d;
    y_whole = hn::Set(d, static_cast<int16_t>(-f.y_whole));
    y_part = hn::Set(d, f.y_part);
    r_from_cr = hn::Set(d, f.r_from_cr);
    b_from_cb = hn::Set(d, f.b_from_cb);
    g_from_cb = hn::Set(d, f.g_from_cb);
    g_from_cr = hn::Set(d, f.g_from_cr);
  }
  Vec y_whole, y_part, r_from_cr, b_from_cb, g_from_cb, g_from_cr;
};

struct RgbVec {
  Vec red, green, blue, luma;
};

HWY_INLINE RgbVec to_rgb(Vec y, Vec cb, Vec cr, const VectorFactors& f) {
  RgbVec out;
  out.luma = hn::Add(hn::And(y, f.y_whole), hn::MulFixedPoint15(y, f.y_part));
  out.red = hn::Add(out.luma, hn::Add(cr, hn::MulFixedPoint15(cr, f.r_from_cr)));
  out.blue = hn::Add(out.luma, hn::Add(cb, hn::MulFixedPoint15(cb, f.b_from_cb)));
  out.green = hn::Add(out.luma, hn::Add(hn::MulFixedPoint15(cb, f.g_from_cb), hn::MulFixedPoint15(cr, f.g_from_cr)));
  return out;
}

template <int kBits>
HWY_INLINE Vec nudge(Vec near, Vec other) {
  const Tag d;
  return hn::Add(near, hn::ShiftRight<kBits>(hn::Add(hn::Sub(other, near), hn::Set(d, kBits))));
}

struct PairVec {
  RgbVec even, odd;
};

/// Pairs `i` and the lanes after it.
template <bool kCentred>
HWY_INLINE PairVec pair_at(int i, const LumaRow& luma, const ChromaRows& chroma, const VectorFactors& f) {
  const Tag d;
  const UnsignedTag du;
  const auto black = hn::Set(du, static_cast<uint16_t>(luma.black));
  hn::Vec<UnsignedTag> even_code, odd_code;
  hn::LoadInterleaved2(du, luma.codes + 2 * i, even_code, odd_code);
  const Vec even_y = hn::BitCast(d, hn::ShiftLeftSame(hn::Sub(even_code, black), luma.shift));
  const Vec odd_y = hn::BitCast(d, hn::ShiftLeftSame(hn::Sub(odd_code, black), luma.shift));
  const Vec cb = hn::LoadU(d, chroma.cb + i);
  const Vec cr = hn::LoadU(d, chroma.cr + i);
  const Vec next_cb = hn::LoadU(d, chroma.cb + i + 1);
  const Vec next_cr = hn::LoadU(d, chroma.cr + i + 1);
  if constexpr (kCentred) {
    return {
        to_rgb(even_y, nudge<2>(cb, hn::LoadU(d, chroma.cb + i - 1)), nudge<2>(cr, hn::LoadU(d, chroma.cr + i - 1)), f),
        to_rgb(odd_y, nudge<2>(cb, next_cb), nudge<2>(cr, next_cr), f)};
  }
  return {to_rgb(even_y, cb, cr, f), to_rgb(odd_y, nudge<1>(cb, next_cb), nudge<1>(cr, next_cr), f)};
}

HWY_INLINE Vec largest(const RgbVec& v) {
  return hn::Max(hn::Max(v.red, v.green), v.blue);
}
HWY_INLINE Vec smallest(const RgbVec& v) {
  return hn::Min(hn::Min(v.red, v.green), v.blue);
}

/// What a row has shown so far: extremes of the clipped largest component, and of all components within a flag.
struct Tracker {
  Tracker() {
    const Tag d;
    smallest_pixel = hn::Set(d, RgbFactors::kLimit);
    largest_pixel = hn::Zero(d);
    reset();
  }
  void reset() {
    const Tag d;
    low = hn::Set(d, INT16_MAX);
    high = hn::Set(d, INT16_MIN);
  }
  /// Gives the clipped largest component.
  HWY_INLINE Vec take(const RgbVec& rgb) {
    const Tag d;
    const Vec most = largest(rgb);
    high = hn::Max(high, most);
    low = hn::Min(low, smallest(rgb));
    const Vec pixel = hn::Min(hn::Max(most, hn::Zero(d)), hn::Set(d, RgbFactors::kLimit));
    smallest_pixel = hn::Min(smallest_pixel, pixel);
    largest_pixel = hn::Max(largest_pixel, pixel);
    return pixel;
  }
  bool leaves(Vec low_limit, Vec high_limit) const {
    const Tag d;
    return !hn::AllFalse(d, hn::Or(hn::Lt(low, low_limit), hn::Gt(high, high_limit)));
  }
  RowExtremes extremes() const {
    const Tag d;
    return {hn::GetLane(hn::MinOfLanes(d, smallest_pixel)), hn::GetLane(hn::MaxOfLanes(d, largest_pixel))};
  }

  Vec smallest_pixel, largest_pixel, low, high;
};

Vec limit_vector(int limit) {
  return hn::Set(Tag(), static_cast<int16_t>(std::clamp<int>(limit, INT16_MIN, INT16_MAX)));
}

template <bool kCentred>
RowExtremes scan_pairs_of(const LumaRow& luma, int pairs, const ChromaRows& chroma, const RgbFactors& factors,
                          const SignalLimits& limits, const PairScan& out) {
  constexpr int kFlagPairs = kFlagPixels / 2;
  const Tag d;
  const UnsignedTag du;
  const int step = static_cast<int>(hn::Lanes(d));
  const VectorFactors f(factors);
  const Vec low_limit = limit_vector(limits.low);
  const Vec high_limit = limit_vector(limits.high);
  Tracker tracker;
  int i = 0;
  for (int block = 0; (block + 1) * kFlagPairs <= pairs; ++block) {
    tracker.reset();
    for (const int end = (block + 1) * kFlagPairs; i < end; i += step) {
      const PairVec pair = pair_at<kCentred>(i, luma, chroma, f);
      hn::StoreU(hn::BitCast(du, tracker.take(pair.even)), du, out.even + i);
      hn::StoreU(hn::BitCast(du, tracker.take(pair.odd)), du, out.odd + i);
    }
    out.flags[block] = tracker.leaves(low_limit, high_limit) ? 1 : 0;
  }
  RowExtremes extremes = tracker.extremes();
  if (i < pairs) out.flags[2 * i / kFlagPixels] = 0;
  scalar::scan_pairs_from(i, pairs, luma, chroma, factors, limits, out, extremes);
  return extremes;
}

RowExtremes scan_pairs_any(const LumaRow& luma, int pairs, const ChromaRows& chroma, const RgbFactors& factors,
                           const SignalLimits& limits, const PairScan& out) {
  return chroma.centred ? scan_pairs_of<true>(luma, pairs, chroma, factors, limits, out)
                        : scan_pairs_of<false>(luma, pairs, chroma, factors, limits, out);
}

RowExtremes scan_rgb_any(const RgbRow& row, int width, const SignalLimits& limits, uint16_t* pixels, uint8_t* flags) {
  const Tag d;
  const UnsignedTag du;
  const int step = static_cast<int>(hn::Lanes(d));
  const Vec low_limit = limit_vector(limits.low);
  const Vec high_limit = limit_vector(limits.high);
  Tracker tracker;
  int x = 0;
  for (int block = 0; (block + 1) * kFlagPixels <= width; ++block) {
    tracker.reset();
    for (const int end = (block + 1) * kFlagPixels; x < end; x += step) {
      const RgbVec rgb{hn::LoadU(d, row.red + x), hn::LoadU(d, row.green + x), hn::LoadU(d, row.blue + x), hn::Zero(d)};
      hn::StoreU(hn::BitCast(du, tracker.take(rgb)), du, pixels + x);
    }
    flags[block] = tracker.leaves(low_limit, high_limit) ? 1 : 0;
  }
  RowExtremes extremes = tracker.extremes();
  if (x < width) flags[x / kFlagPixels] = 0;
  scalar::scan_rgb_from(x, width, row, limits, pixels, flags, extremes);
  return extremes;
}

template <bool kCentred>
int convert_pairs_of(const LumaRow& luma, int pairs, const ChromaRows& chroma, const RgbFactors& factors,
                     const RgbRow& out) {
  const Tag d;
  const int step = static_cast<int>(hn::Lanes(d));
  const VectorFactors f(factors);
  int i = 0;
  for (; i + step <= pairs; i += step) {
    const PairVec pair = pair_at<kCentred>(i, luma, chroma, f);
    hn::StoreInterleaved2(pair.even.red, pair.odd.red, d, out.red + 2 * i);
    hn::StoreInterleaved2(pair.even.green, pair.odd.green, d, out.green + 2 * i);
    hn::StoreInterleaved2(pair.even.blue, pair.odd.blue, d, out.blue + 2 * i);
    hn::StoreInterleaved2(pair.even.luma, pair.odd.luma, d, out.luma + 2 * i);
  }
  return i;
}

void convert_pairs_any(const LumaRow& luma, int pairs, const ChromaRows& chroma, const RgbFactors& factors,
                       const RgbRow& out) {
  const int done = chroma.centred ? convert_pairs_of<true>(luma, pairs, chroma, factors, out)
                                  : convert_pairs_of<false>(luma, pairs, chroma, factors, out);
  scalar::convert_pairs_from(done, luma, pairs, chroma, factors, out);
}

template <int kPhase, bool kCentred>
int convert_every_fourth_of(const LumaRow& luma, int pairs, const ChromaRows& chroma, const RgbFactors& factors,
                            const RgbRow& out) {
  const Tag d;
  const UnsignedTag du;
  const int step = static_cast<int>(hn::Lanes(d));
  const VectorFactors f(factors);
  const auto black = hn::Set(du, static_cast<uint16_t>(luma.black));
  const auto interpolated = [&](const int16_t* row) {
    Vec first, second;
    if constexpr (kPhase % 2 == 0 && kCentred) {
      hn::LoadInterleaved2(d, row - 1, first, second);
      return nudge<2>(second, first);
    }
    hn::LoadInterleaved2(d, row, first, second);
    if constexpr (kPhase % 2 == 0) return first;
    return kCentred ? nudge<2>(first, second) : nudge<1>(first, second);
  };
  int i = 0;
  for (; i + step <= pairs / 2; i += step) {
    hn::Vec<UnsignedTag> c0, c1, c2, c3;
    hn::LoadInterleaved4(du, luma.codes + 4 * i, c0, c1, c2, c3);
    const auto code = kPhase == 0 ? c0 : kPhase == 1 ? c1 : kPhase == 2 ? c2 : c3;
    const Vec y = hn::BitCast(d, hn::ShiftLeftSame(hn::Sub(code, black), luma.shift));
    const int pair = 2 * i + kPhase / 2;
    const RgbVec rgb = to_rgb(y, interpolated(chroma.cb + pair), interpolated(chroma.cr + pair), f);
    hn::StoreU(rgb.red, d, out.red + i);
    hn::StoreU(rgb.green, d, out.green + i);
    hn::StoreU(rgb.blue, d, out.blue + i);
  }
  return i;
}

void convert_every_fourth_any(const LumaRow& luma, int pairs, const ChromaRows& chroma, const RgbFactors& factors,
                              int phase, const RgbRow& out) {
  using Loop = int (*)(const LumaRow&, int, const ChromaRows&, const RgbFactors&, const RgbRow&);
  constexpr Loop kLoops[4][2] = {{convert_every_fourth_of<0, false>, convert_every_fourth_of<0, true>},
                                 {convert_every_fourth_of<1, false>, convert_every_fourth_of<1, true>},
                                 {convert_every_fourth_of<2, false>, convert_every_fourth_of<2, true>},
                                 {convert_every_fourth_of<3, false>, convert_every_fourth_of<3, true>}};
  const int done = kLoops[phase & 3][chroma.centred ? 1 : 0](luma, pairs, chroma, factors, out);
  scalar::convert_every_fourth_from(done, luma, pairs, chroma, factors, phase, out);
}

/// Codes of two columns, or of three samples of chroma, between which those of a pair lie.
template <bool kMost>
HWY_INLINE hn::Vec<UnsignedTag> outermost(hn::Vec<UnsignedTag> a, hn::Vec<UnsignedTag> b) {
  return kMost ? hn::Max(a, b) : hn::Min(a, b);
}
template <bool kMost>
HWY_INLINE hn::Vec<UnsignedTag> luma_code(const uint16_t* row, int i) {
  hn::Vec<UnsignedTag> even, odd;
  hn::LoadInterleaved2(UnsignedTag(), row + 2 * i, even, odd);
  return outermost<kMost>(even, odd);
}
template <bool kMost>
HWY_INLINE hn::Vec<UnsignedTag> chroma_code(const uint16_t* row, int i) {
  const UnsignedTag du;
  return outermost<kMost>(outermost<kMost>(hn::LoadU(du, row + i - 1), hn::LoadU(du, row + i)),
                          hn::LoadU(du, row + i + 1));
}

void pair_bounds_any(const PairCodes& codes, int pairs, const RgbFactors& factors, int16_t* least, int16_t* most) {
  constexpr int kFlagPairs = kFlagPixels / 2;
  const Tag d;
  const UnsignedTag du;
  const int step = static_cast<int>(hn::Lanes(d));
  const VectorFactors f(factors);
  const int up = std::max(0, codes.shift);
  const int down = std::max(0, -codes.shift);
  // Zero is a multiple of what the shift drops, so the codes may be cut first; the difference fits 16 bits then.
  const auto signal = [&](hn::Vec<UnsignedTag> code, int zero) {
    const auto cut = hn::Sub(hn::ShiftRightSame(code, down), hn::Set(du, static_cast<uint16_t>(zero >> down)));
    return hn::BitCast(d, hn::ShiftLeftSame(cut, up));
  };
  int i = 0;
  for (int block = 0; (block + 1) * kFlagPairs <= pairs; ++block) {
    Vec low = hn::Set(d, INT16_MAX);
    Vec high = hn::Set(d, INT16_MIN);
    for (const int end = (block + 1) * kFlagPairs; i < end; i += step) {
      const Vec low_y = signal(luma_code<false>(codes.luma.low, i), codes.black);
      const Vec high_y = signal(luma_code<true>(codes.luma.high, i), codes.black);
      const Vec low_cb = signal(chroma_code<false>(codes.cb.low, i), codes.middle);
      const Vec high_cb = signal(chroma_code<true>(codes.cb.high, i), codes.middle);
      const Vec low_cr = signal(chroma_code<false>(codes.cr.low, i), codes.middle);
      const Vec high_cr = signal(chroma_code<true>(codes.cr.high, i), codes.middle);
      const RgbVec lowest = to_rgb(low_y, low_cb, low_cr, f);
      const RgbVec highest = to_rgb(high_y, high_cb, high_cr, f);
      const Vec low_green = to_rgb(low_y, high_cb, high_cr, f).green;
      const Vec high_green = to_rgb(high_y, low_cb, low_cr, f).green;
      low = hn::Min(low, hn::Min(low_green, hn::Min(lowest.red, lowest.blue)));
      high = hn::Max(high, hn::Max(high_green, hn::Max(highest.red, highest.blue)));
    }
    least[block] = hn::GetLane(hn::MinOfLanes(d, low));
    most[block] = hn::GetLane(hn::MaxOfLanes(d, high));
  }
  scalar::pair_bounds_from(i, codes, pairs, factors, least, most);
}

void convert_full_any(const RgbRow& row, int width, const RgbFactors& factors) {
  const Tag d;
  const int step = static_cast<int>(hn::Lanes(d));
  const VectorFactors f(factors);
  int x = 0;
  for (; x + step <= width; x += step) {
    const RgbVec rgb = to_rgb(hn::LoadU(d, row.luma + x), hn::LoadU(d, row.blue + x), hn::LoadU(d, row.red + x), f);
    hn::StoreU(rgb.red, d, row.red + x);
    hn::StoreU(rgb.green, d, row.green + x);
    hn::StoreU(rgb.blue, d, row.blue + x);
    hn::StoreU(rgb.luma, d, row.luma + x);
  }
  scalar::convert_full_from(x, row, width, factors);
}

/// Codes to 14 bits around 0.
template <typename T>
HWY_INLINE Vec load_signal(const T* codes, Vec middle, int shift) {
  const Tag d;
  Vec v;
  if constexpr (sizeof(T) == 1) {
    v = hn::BitCast(d, hn::PromoteTo(UnsignedTag(), hn::LoadU(hn::Rebind<uint8_t, UnsignedTag>(), codes)));
  } else {
    v = hn::BitCast(d, hn::LoadU(UnsignedTag(), codes));
  }
  return hn::ShiftLeftSame(hn::Sub(v, middle), shift);
}

template <int kBits, typename T>
int signal_row_of(const T* near, const T* other, int middle, int shift, int16_t* out, int width) {
  const Tag d;
  const int step = static_cast<int>(hn::Lanes(d));
  const Vec zero = hn::Set(d, static_cast<int16_t>(middle));
  int x = 0;
  for (; x + step <= width; x += step) {
    Vec v = load_signal(near + x, zero, shift);
    if constexpr (kBits != 0) v = nudge<kBits>(v, load_signal(other + x, zero, shift));
    hn::StoreU(v, d, out + x);
  }
  return x;
}

template <typename T>
void signal_row_mixed(const T* near, const T* other, const RowMix& mix, int middle, int shift, int16_t* out,
                      int width) {
  int done = 0;
  if (shift >= 0) {
    done = mix.bits == 0   ? signal_row_of<0>(near, other, middle, shift, out, width)
           : mix.bits == 1 ? signal_row_of<1>(near, other, middle, shift, out, width)
                           : signal_row_of<2>(near, other, middle, shift, out, width);
  }
  scalar::signal_row_of(near + done, other + done, mix, middle, shift, out + done, width - done);
}

void signal_row_any(const Plane& plane, const RowMix& mix, int middle, int shift, bool wide, int16_t* out) {
  if (wide) {
    signal_row_mixed(plane.row<uint16_t>(mix.near), plane.row<uint16_t>(mix.other), mix, middle, shift, out,
                     plane.width);
  } else {
    signal_row_mixed(plane.row<uint8_t>(mix.near), plane.row<uint8_t>(mix.other), mix, middle, shift, out, plane.width);
  }
}

// The sum across is two boxes of four: 1 1 1 1 folded with itself is 1 2 3 4 3 2 1.
int filter_row_any(const FilterRows& rows, int count, const SignalLimits& limits, uint8_t bit, int32_t* HWY_RESTRICT v,
                   uint8_t* HWY_RESTRICT outside) {
  const int16_t* above = rows.above - 3;
  const int16_t* here = rows.here - 3;
  const int16_t* below = rows.below - 3;
  for (int i = 0; i < count + 6; ++i) v[i] = above[i] + 2 * here[i] + below[i];
  for (int i = 0; i < count + 3; ++i) v[i] = v[i] + v[i + 1] + v[i + 2] + v[i + 3];
  const int low = 64 * limits.low;
  const int high = 64 * limits.high;
  int found = 0;
  for (int x = 0; x < count; ++x) {
    const int sum = v[x] + v[x + 1] + v[x + 2] + v[x + 3];
    const int leaves = (sum < low ? 1 : 0) | (sum > high ? 1 : 0);
    outside[x] = static_cast<uint8_t>(outside[x] | (leaves != 0 ? bit : 0));
    found += leaves;
  }
  return found;
}

}  // namespace pier::analysis::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace pier::analysis::kernels {

HWY_EXPORT(scan_pairs_any);
HWY_EXPORT(scan_rgb_any);
HWY_EXPORT(convert_pairs_any);
HWY_EXPORT(convert_every_fourth_any);
HWY_EXPORT(pair_bounds_any);
HWY_EXPORT(convert_full_any);
HWY_EXPORT(signal_row_any);
HWY_EXPORT(filter_row_any);

RowExtremes scan_pairs(const LumaRow& luma, int pairs, const ChromaRows& chroma, const RgbFactors& factors,
                       const SignalLimits& limits, const PairScan& out) {
  return HWY_DYNAMIC_DISPATCH(scan_pairs_any)(luma, pairs, chroma, factors, limits, out);
}

RowExtremes scan_rgb(const RgbRow& row, int width, const SignalLimits& limits, uint16_t* largest, uint8_t* flags) {
  return HWY_DYNAMIC_DISPATCH(scan_rgb_any)(row, width, limits, largest, flags);
}

void convert_pairs(const LumaRow& luma, int pairs, const ChromaRows& chroma, const RgbFactors& factors,
                   const RgbRow& out) {
  HWY_DYNAMIC_DISPATCH(convert_pairs_any)(luma, pairs, chroma, factors, out);
}

void convert_every_fourth(const LumaRow& luma, int pairs, const ChromaRows& chroma, const RgbFactors& factors,
                          int phase, const RgbRow& out) {
  HWY_DYNAMIC_DISPATCH(convert_every_fourth_any)(luma, pairs, chroma, factors, phase, out);
}

void pair_bounds(const PairCodes& codes, int pairs, const RgbFactors& factors, int16_t* least, int16_t* most) {
  HWY_DYNAMIC_DISPATCH(pair_bounds_any)(codes, pairs, factors, least, most);
}

void convert_full(const RgbRow& row, int width, const RgbFactors& factors) {
  HWY_DYNAMIC_DISPATCH(convert_full_any)(row, width, factors);
}

void signal_row(const Plane& plane, const RowMix& mix, int middle, int shift, bool wide, int16_t* out) {
  HWY_DYNAMIC_DISPATCH(signal_row_any)(plane, mix, middle, shift, wide, out);
}

int filter_row(const FilterRows& rows, int count, const SignalLimits& limits, uint8_t bit, int32_t* work,
               uint8_t* outside) {
  return HWY_DYNAMIC_DISPATCH(filter_row_any)(rows, count, limits, bit, work, outside);
}

}  // namespace pier::analysis::kernels
#endif  // HWY_ONCE
