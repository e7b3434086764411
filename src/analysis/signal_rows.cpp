#include "signal_rows.hpp"

#include <algorithm>

#include "kernels_scalar.hpp"

namespace pier::analysis {

namespace {

using kernels::RgbRow;
using kernels::RowMix;

bool top_sited(ChromaSite site) {
  return site == ChromaSite::kTopLeft || site == ChromaSite::kTop;
}
bool bottom_sited(ChromaSite site) {
  return site == ChromaSite::kBottomLeft || site == ChromaSite::kBottom;
}
bool centred(ChromaSite site) {
  return site == ChromaSite::kCenter || site == ChromaSite::kTop || site == ChromaSite::kBottom;
}

/// Where luma row `y` takes its chroma from.
RowMix chroma_source(const PictureView& picture, int y) {
  if (picture.format.chroma != Chroma::k420) return {y, y, 0};
  const int last = picture.planes[1].height - 1;
  const int near = std::min(y / 2, last);
  const bool odd = (y & 1) != 0;
  const ChromaSite site = picture.colour.chroma_site;
  if (top_sited(site)) return {near, std::min(near + 1, last), odd ? 1 : 0};
  if (bottom_sited(site)) return {near, std::max(near - 1, 0), odd ? 0 : 1};
  return {near, odd ? std::min(near + 1, last) : std::max(near - 1, 0), 2};
}

void to_unit(int16_t* row, int width, const RgbFactors& f) {
  for (int x = 0; x < width; ++x)
    row[x] = static_cast<int16_t>(f.y_whole * row[x] + kernels::scalar::product_q15(row[x], f.y_part));
}

void luma_of(const RgbRow& row, int width, const RgbFactors& f) {
  for (int x = 0; x < width; ++x) {
    row.luma[x] =
        static_cast<int16_t>(row.green[x] + kernels::scalar::product_q15(row.red[x] - row.green[x], f.luma_from_red) +
                             kernels::scalar::product_q15(row.blue[x] - row.green[x], f.luma_from_blue));
  }
}

}  // namespace

SignalRows::SignalRows(const PictureView& picture, const Signal& signal)
    : x_picture(picture),
      x_signal(signal),
      x_colour(picture.format.rgb || (picture.format.chroma != Chroma::k400 && signal.rgb_known())),
      x_wide(picture.format.bit_depth > 8) {
  const auto row = static_cast<size_t>(picture.width) + 1 + 2 * kMargin;
  for (auto& largest : x_largest) largest.resize(row);
  if (paired()) {
    x_codes.resize(row);
    for (auto& chroma : x_chroma) chroma.resize(row);
  } else {
    for (auto& component : x_components) component.resize(row);
  }
  x_black = signal.black() >> std::max(0, -signal.shift());
}

bool SignalRows::paired() const {
  const Chroma chroma = x_picture.format.chroma;
  return x_colour && (chroma == Chroma::k420 || chroma == Chroma::k422);
}

/// At most 14 bits; an odd last column is doubled.
const uint16_t* SignalRows::luma_codes(int y, const Span& span) {
  const Plane& plane = x_picture.planes[0];
  const int cut = std::max(0, -x_signal.shift());
  const auto width = static_cast<size_t>(span.width);
  if (x_wide && cut == 0 && width % 2 == 0) return plane.row<uint16_t>(y) + span.left;
  if (x_wide) {
    const auto* codes = plane.row<uint16_t>(y) + span.left;
    for (size_t x = 0; x < width; ++x) x_codes[x] = static_cast<uint16_t>(codes[x] >> cut);
  } else {
    std::copy_n(plane.row<uint8_t>(y) + span.left, width, x_codes.begin());
  }
  x_codes[width] = x_codes[width - 1];
  return x_codes.data();
}

kernels::ChromaRows SignalRows::chroma_rows(int y, const Span& span) {
  const RowMix mix = chroma_source(x_picture, y);
  const int middle = 1 << (x_picture.format.bit_depth - 1);
  const int bytes = x_picture.format.bytes_per_sample();
  const int first = span.left / 2;
  const int count = (span.width + 1) / 2;
  for (size_t i = 0; i < 2; ++i) {
    int16_t* row = x_chroma[i].data() + 1;
    const Plane& plane = x_picture.planes[i + 1];
    const int before = first > 0 ? 1 : 0;
    const int after = first + count < plane.width ? 1 : 0;
    const Plane part{plane.data + ptrdiff_t{first - before} * bytes, plane.stride, before + count + after,
                     plane.height};
    kernels::signal_row(part, mix, middle, x_signal.shift(), x_wide, row - before);
    if (before == 0) row[-1] = row[0];
    if (after == 0) row[count] = row[count - 1];
  }
  return {x_chroma[0].data() + 1, x_chroma[1].data() + 1, centred(x_picture.colour.chroma_site)};
}

void SignalRows::full_row(int y, const Span& span, const RgbRow& out) {
  const int bytes = x_picture.format.bytes_per_sample();
  const auto load = [&](size_t plane, int zero, int16_t* to) {
    const Plane& all = x_picture.planes[plane];
    const Plane part{all.data + ptrdiff_t{span.left} * bytes, all.stride, span.width, all.height};
    kernels::signal_row(part, {y, y, 0}, zero, x_signal.shift(), x_wide, to);
  };
  const RgbFactors& factors = x_signal.factors();
  if (x_picture.format.rgb) {
    const std::array<int16_t*, 3> rows{out.red, out.green, out.blue};
    for (size_t plane = 0; plane < 3; ++plane) {
      load(plane, x_signal.black(), rows[plane]);
      to_unit(rows[plane], span.width, factors);
    }
    luma_of(out, span.width, factors);
  } else if (!x_colour) {
    load(0, x_signal.black(), out.luma);
    to_unit(out.luma, span.width, factors);
    for (int16_t* row : {out.red, out.green, out.blue}) std::copy_n(out.luma, span.width, row);
  } else {
    const int middle = 1 << (x_picture.format.bit_depth - 1);
    load(0, x_signal.black(), out.luma);
    load(1, middle, out.blue);
    load(2, middle, out.red);
    kernels::convert_full(out, span.width, factors);
  }
}

SignalRows::Scanned SignalRows::scan(int y, const Span& span, const kernels::SignalLimits& limits, uint8_t* flags) {
  Scanned scanned;
  uint8_t* first_flag = flags + span.left / kernels::kFlagPixels;
  scanned.largest = {x_largest[0].data(), x_largest[1].data()};
  if (paired()) {
    scanned.count = {(span.width + 1) / 2, span.width / 2};
    scanned.extremes = kernels::scan_pairs({luma_codes(y, span), x_black, std::max(0, x_signal.shift())},
                                           scanned.count[0], chroma_rows(y, span), x_signal.factors(), limits,
                                           {x_largest[0].data(), x_largest[1].data(), first_flag});
    return scanned;
  }
  const RgbRow row{x_components[0].data(), x_components[1].data(), x_components[2].data(), x_components[3].data()};
  full_row(y, span, row);
  scanned.count = {span.width, 0};
  scanned.extremes = kernels::scan_rgb(row, span.width, limits, x_largest[0].data(), first_flag);
  return scanned;
}

void SignalRows::convert(int y, const Span& span, const RgbRow& out) {
  if (!paired()) return full_row(y, span, out);
  kernels::convert_pairs({luma_codes(y, span), x_black, std::max(0, x_signal.shift())}, (span.width + 1) / 2,
                         chroma_rows(y, span), x_signal.factors(), out);
}

int SignalRows::convert_every_fourth(int y, int phase, const RgbRow& out) {
  if (paired()) {
    const int pairs = (width() + 1) / 2;
    kernels::convert_every_fourth({luma_codes(y, whole()), x_black, std::max(0, x_signal.shift())}, pairs,
                                  chroma_rows(y, whole()), x_signal.factors(), phase, out);
    return pairs / 2;
  }
  const RgbRow row{x_components[0].data(), x_components[1].data(), x_components[2].data(), x_components[3].data()};
  full_row(y, whole(), row);
  int count = 0;
  for (int x = phase; x < width(); x += 4, ++count) {
    out.red[count] = row.red[x];
    out.green[count] = row.green[x];
    out.blue[count] = row.blue[x];
  }
  return count;
}

// Every step from codes to components rises or falls with each code alone, rounding included.
kernels::SignalLimits SignalRows::bounds(const Codes& codes) const {
  using kernels::scalar::signal14;
  const RgbFactors& f = x_signal.factors();
  const auto first = [&](size_t plane, const std::array<int, 3>& of) {
    return kernels::scalar::to_rgb(signal14(of[plane], x_signal.black(), x_signal.shift()), 0, 0, f).luma;
  };
  if (!x_colour) return {first(0, codes.low), first(0, codes.high)};
  if (x_picture.format.rgb) {
    return {std::min({first(0, codes.low), first(1, codes.low), first(2, codes.low)}),
            std::max({first(0, codes.high), first(1, codes.high), first(2, codes.high)})};
  }
  // A block is a pair of columns that holds all its codes.
  const auto columns = [](const std::array<int, 3>& of, size_t plane) {
    std::array<uint16_t, 3> same{};
    same.fill(static_cast<uint16_t>(of[plane]));
    return same;
  };
  const auto low_y = columns(codes.low, 0), low_cb = columns(codes.low, 1), low_cr = columns(codes.low, 2);
  const auto high_y = columns(codes.high, 0), high_cb = columns(codes.high, 1), high_cr = columns(codes.high, 2);
  return kernels::scalar::bounds_of_pair(0,
                                         {{low_y.data(), high_y.data()},
                                          {low_cb.data() + 1, high_cb.data() + 1},
                                          {low_cr.data() + 1, high_cr.data() + 1},
                                          x_signal.black(),
                                          1 << (x_picture.format.bit_depth - 1),
                                          x_signal.shift()},
                                         f);
}

}  // namespace pier::analysis
