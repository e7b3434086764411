#include "point_map.hpp"

#include <algorithm>
#include <cstring>

namespace pier::colour::impl {
namespace {

constexpr int kMargin = 64;  // samples before and after a row that filters may read

/// Bayer 8 x 8, 0 ... 63.
constexpr uint8_t kBayer[8][8] = {{0, 32, 8, 40, 2, 34, 10, 42},  {48, 16, 56, 24, 50, 18, 58, 26},
                                  {12, 44, 4, 36, 14, 46, 6, 38}, {60, 28, 52, 20, 62, 30, 54, 22},
                                  {3, 35, 11, 43, 1, 33, 9, 41},  {51, 19, 59, 27, 49, 17, 57, 25},
                                  {15, 47, 7, 39, 13, 45, 5, 37}, {63, 31, 55, 23, 61, 29, 53, 21}};

/// Twice the distance of the chroma site from the first luma column and row of its pair: 0, 1 or 2.
struct Site {
  int x = 0, y = 1;
};
Site site_of(ChromaSite site) {
  switch (site) {
    case ChromaSite::kCenter:
      return {1, 1};
    case ChromaSite::kTopLeft:
      return {0, 0};
    case ChromaSite::kTop:
      return {1, 0};
    case ChromaSite::kBottomLeft:
      return {0, 2};
    case ChromaSite::kBottom:
      return {1, 2};
    default:
      return {0, 1};
  }
}

void pad_row(uint16_t* row, int width) {
  row[-1] = row[0];
  for (int x = width; x < width + kMargin; ++x) row[x] = row[width - 1];
}

void load_row(const Plane& plane, int y, uint16_t* out) {
  const int row = std::clamp(y, 0, plane.height - 1);
  std::memcpy(out, plane.row<uint16_t>(row), static_cast<size_t>(plane.width) * sizeof(uint16_t));
  pad_row(out, plane.width);
}

/// Row y blended with the next (`quarters` > 0) or the one before (< 0).
void load_blend(const Plane& plane, int y, int quarters, uint16_t* out) {
  const int other = std::clamp(y + (quarters < 0 ? -1 : 1), 0, plane.height - 1);
  if (quarters == 0 || other == y) return load_row(plane, y, out);
  blend_row(plane.row<uint16_t>(y), plane.row<uint16_t>(other), std::abs(quarters), plane.width, out);
  pad_row(out, plane.width);
}

void store(const MutablePlane& plane, int y, const int16_t* values, int bit_depth, int which, void* line) {
  const int phase = which * 3;
  int16_t dither[8];
  if (bit_depth == 8)
    for (int x = 0; x < 8; ++x) dither[x] = static_cast<int16_t>(2 * kBayer[(y + phase) % 8][(x + phase) % 8]);
  store_row(values, plane.width, bit_depth, which == 0 ? 0 : 1 << 14, bit_depth == 8 ? dither : nullptr, line);
  std::memcpy(plane.data + y * plane.stride, line, static_cast<size_t>(plane.width) * (bit_depth > 8 ? 2 : 1));
}

}  // namespace

/// Line buffers. `y` holds three luma rows, each at its number modulo 3.
struct PointMap::Rows {
  uint16_t* y[3];
  uint16_t* y_blend;
  uint16_t* y_site;
  uint16_t* cb;
  uint16_t* cr;
  uint16_t* chroma_unshifted;
  uint16_t* cb_wide;
  uint16_t* cr_wide;
  uint16_t* line;
  int16_t* out[3];

  static constexpr int kCount = 14;
  static size_t row_samples(int width) { return static_cast<size_t>(width + 3 * kMargin + 63) / 64 * 64; }
  Rows(std::byte* memory, int width) {
    auto* base = reinterpret_cast<uint16_t*>(memory);
    size_t index = 0;
    const auto next = [&] { return base + row_samples(width) * index++ + kMargin; };
    for (uint16_t*& row : y) row = next();
    for (uint16_t** row : {&y_blend, &y_site, &cb, &cr, &chroma_unshifted, &cb_wide, &cr_wide, &line}) *row = next();
    for (int16_t*& row : out) row = reinterpret_cast<int16_t*>(next());
  }
};

Result<PointMap> PointMap::make(const PictureSpec& from, const PictureSpec& to, const ConversionOptions& options) {
  PointMap made;
  made.x_from = from;
  made.x_to = to;
  const TargetCodes codes{to.colour.matrix, to.colour.range, to.format.bit_depth};
  PIER_TRY(made.x_cube, shared_cube(from.colour, to.colour, codes, options));
  made.x_codes = codes_to_cube(from.colour.matrix, from.colour.range, from.format.bit_depth, made.x_cube->top);
  return made;
}

void PointMap::full_row(const PictureView& in, const MutablePictureView& out, int y, Rows& rows) const {
  load_row(in.planes[0], y, rows.y[0]);
  load_row(in.planes[1], y, rows.cb);
  load_row(in.planes[2], y, rows.cr);
  evaluate_row(*x_cube, x_codes, rows.y[0], rows.cb, rows.cr, in.width, rows.out[0], rows.out[1], rows.out[2]);
  for (int p = 0; p < 3; ++p)
    store(out.planes[static_cast<size_t>(p)], y, rows.out[p], x_to.format.bit_depth, p, rows.line);
}

void PointMap::luma_row(const PictureView& in, const MutablePictureView& out, int y, Rows& rows) const {
  const Site site = site_of(x_from.colour.chroma_site);
  // With half height, luma row y lies this many quarters of a chroma row below chroma row y / 2.
  const bool half_height = x_from.format.chroma == Chroma::k420;
  const int quarters = half_height ? 2 * (y & 1) - site.y : 0;
  const int row = half_height ? y / 2 : y;
  load_blend(in.planes[1], row, quarters, rows.cb);
  load_blend(in.planes[2], row, quarters, rows.cr);
  const uint16_t* luma = rows.y[y % 3];
  const int chroma_width = in.planes[1].width;
  upsample_row(rows.cb, chroma_width, site.x == 1, rows.cb_wide);
  upsample_row(rows.cr, chroma_width, site.x == 1, rows.cr_wide);
  evaluate_row(*x_cube, x_codes, luma, rows.cb_wide, rows.cr_wide, in.width, rows.out[0], rows.out[1], rows.out[2]);
  store(out.planes[0], y, rows.out[0], x_to.format.bit_depth, 0, rows.line);
}

/// The luma rows around chroma row y, filtered to where the target has its chroma. Rows 2y and 2y + 1 are loaded, and
/// 2y - 1 unless y is 0.
const uint16_t* PointMap::luma_at_chroma(const PictureView& in, int y, Rows& rows) const {
  if (x_from.format.chroma != Chroma::k420) return rows.y[y % 3];
  const int site = site_of(x_to.colour.chroma_site).y;
  uint16_t* const even = rows.y[2 * y % 3];
  uint16_t* const odd = rows.y[(2 * y + 1) % 3];
  uint16_t* const third = rows.y[(2 * y + 2) % 3];
  if (site == 1) {
    blend_row(even, odd, 2, in.width, rows.y_blend);
  } else if (site == 0) {
    blend_row(y == 0 ? even : third, odd, 2, in.width, rows.y_blend);
    blend_row(even, rows.y_blend, 2, in.width, rows.y_blend);
  } else {
    load_row(in.planes[0], 2 * y + 2, rows.y_blend);
    blend_row(even, rows.y_blend, 2, in.width, rows.y_blend);
    blend_row(odd, rows.y_blend, 2, in.width, rows.y_blend);
  }
  pad_row(rows.y_blend, in.width);
  return rows.y_blend;
}

void PointMap::chroma_row(const PictureView& in, const MutablePictureView& out, int y, Rows& rows) const {
  const Site from = site_of(x_from.colour.chroma_site), to = site_of(x_to.colour.chroma_site);
  const int down = x_from.format.chroma == Chroma::k420 ? to.y - from.y : 0, right = to.x - from.x;
  const int width = in.planes[1].width;
  for (size_t p = 1; p < 3; ++p) {
    uint16_t* const target = p == 1 ? rows.cb : rows.cr;
    load_blend(in.planes[p], y, down, right == 0 ? target : rows.chroma_unshifted);
    if (right == 0) continue;
    blend_row(rows.chroma_unshifted, rows.chroma_unshifted + (right > 0 ? 1 : -1), 1, width, target);
    pad_row(target, width);
  }
  luma_at_chroma_row(luma_at_chroma(in, y, rows), width, to.x == 1, rows.y_site);
  evaluate_row(*x_cube, x_codes, rows.y_site, rows.cb, rows.cr, width, rows.out[0], rows.out[1], rows.out[2]);
  store(out.planes[1], y, rows.out[1], x_to.format.bit_depth, 1, rows.line);
  store(out.planes[2], y, rows.out[2], x_to.format.bit_depth, 2, rows.line);
}

Result<void> PointMap::run(const PictureView& in, const MutablePictureView& out, AlignedBuffer& scratch) const {
  const size_t bytes = Rows::row_samples(in.width) * Rows::kCount * sizeof(uint16_t);
  std::byte* memory = scratch.reserve(bytes);
  if (memory == nullptr) return fail(ErrorCode::kNoSpace, "no memory to convert a picture");
  Rows rows(memory, in.width);
  if (x_from.format.chroma == Chroma::k444) {
    for (int y = 0; y < in.height; ++y) full_row(in, out, y, rows);
    return {};
  }
  const int luma_rows = x_from.format.chroma == Chroma::k420 ? 2 : 1;
  for (int y = 0; y < in.planes[1].height; ++y) {
    for (int row = y * luma_rows; row < (y + 1) * luma_rows; ++row) {
      load_row(in.planes[0], row, rows.y[row % 3]);
      if (row < in.height) luma_row(in, out, row, rows);
    }
    chroma_row(in, out, y, rows);
  }
  return {};
}

}  // namespace pier::colour::impl
