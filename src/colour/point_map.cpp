#include "point_map.hpp"

#include <algorithm>
#include <cstring>

namespace pier::colour::impl {
namespace {

constexpr int kMargin = 64;  // samples before and after a row that filters may read

/// Bayer 8 x 8, 0 ... 63.
constexpr uint8_t kBayer[8][8] = {
    {0, 32, 8, 40, 2, 34, 10, 42},   {48, 16, 56, 24, 50, 18, 58, 26}, {12, 44, 4, 36, 14, 46, 6, 38},
    {60, 28, 52, 20, 62, 30, 54, 22}, {3, 35, 11, 43, 1, 33, 9, 41},    {51, 19, 59, 27, 49, 17, 57, 25},
    {15, 47, 7, 39, 13, 45, 5, 37},   {63, 31, 55, 23, 61, 29, 53, 21}};

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

void store(const MutablePlane& plane, int y, const int16_t* values, int bit_depth, int phase, void* line) {
  int16_t dither[8];
  if (bit_depth == 8)
    for (int x = 0; x < 8; ++x) dither[x] = static_cast<int16_t>(2 * kBayer[(y + phase) % 8][(x + phase) % 8]);
  store_row(values, plane.width, bit_depth, bit_depth == 8 ? dither : nullptr, line);
  std::memcpy(plane.data + y * plane.stride, line, static_cast<size_t>(plane.width) * (bit_depth > 8 ? 2 : 1));
}

}  // namespace

struct PointMap::Rows {
  uint16_t* y;
  uint16_t* y_above;
  uint16_t* y_site;
  uint16_t* cb;
  uint16_t* cr;
  uint16_t* cb_other;
  uint16_t* cr_other;
  uint16_t* cb_wide;
  uint16_t* cr_wide;
  int16_t* out[3];
  uint16_t* line;

  static constexpr int kCount = 13;
  static size_t row_samples(int width) { return static_cast<size_t>(width + 3 * kMargin + 63) / 64 * 64; }
  Rows(std::byte* memory, int width) {
    auto* base = reinterpret_cast<uint16_t*>(memory);
    size_t index = 0;
    const auto next = [&] { return base + row_samples(width) * index++ + kMargin; };
    for (uint16_t** row : {&y, &y_above, &y_site, &cb, &cr, &cb_other, &cr_other, &cb_wide, &cr_wide, &line})
      *row = next();
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
  load_row(in.planes[0], y, rows.y);
  load_row(in.planes[1], y, rows.cb);
  load_row(in.planes[2], y, rows.cr);
  evaluate_row(*x_cube, x_codes, rows.y, rows.cb, rows.cr, in.width, rows.out[0], rows.out[1], rows.out[2]);
  for (int p = 0; p < 3; ++p)
    store(out.planes[static_cast<size_t>(p)], y, rows.out[p], x_to.format.bit_depth, p * 3, rows.line);
}

/// Chroma rows `row` and `other` blended (weight of `other` in quarters), then moved by `shift` eighths of a chroma
/// sample to the right (left when negative).
void PointMap::load_chroma(const PictureView& in, int row, int other, int weight, int shift, Rows& rows) const {
  for (int p = 1; p < 3; ++p) {
    const Plane& plane = in.planes[static_cast<size_t>(p)];
    uint16_t* target = p == 1 ? rows.cb : rows.cr;
    load_row(plane, row, target);
    if (weight != 0) {
      load_row(plane, other, rows.cb_other);
      blend_row(target, rows.cb_other, weight, plane.width, target);
      pad_row(target, plane.width);
    }
    if (shift != 0) {
      std::memcpy(rows.cb_other - 1, target - 1, static_cast<size_t>(plane.width + 2) * sizeof(uint16_t));
      blend_row(rows.cb_other, rows.cb_other + (shift > 0 ? 1 : -1), std::abs(shift), plane.width, target);
      pad_row(target, plane.width);
    }
  }
}

void PointMap::luma_row(const PictureView& in, const MutablePictureView& out, int y, Rows& rows) const {
  const Site site = site_of(x_from.colour.chroma_site);
  const bool half_height = x_from.format.chroma == Chroma::k420;
  int row = y, other = y, weight = 0;
  if (half_height) {
    // Luma row y lies 2 * (y & 1) - site.y quarters of a chroma row from chroma row y / 2.
    const int quarters = 2 * (y & 1) - site.y;
    row = y / 2;
    other = row + (quarters < 0 ? -1 : 1);
    weight = std::abs(quarters);
  }
  load_chroma(in, row, other, weight, 0, rows);
  load_row(in.planes[0], y, rows.y);
  const int chroma_width = in.planes[1].width;
  upsample_row(rows.cb, chroma_width, site.x == 1, rows.cb_wide);
  upsample_row(rows.cr, chroma_width, site.x == 1, rows.cr_wide);
  evaluate_row(*x_cube, x_codes, rows.y, rows.cb_wide, rows.cr_wide, in.width, rows.out[0], rows.out[1], rows.out[2]);
  store(out.planes[0], y, rows.out[0], x_to.format.bit_depth, 0, rows.line);
}

void PointMap::chroma_row(const PictureView& in, const MutablePictureView& out, int y, Rows& rows) const {
  const Site from = site_of(x_from.colour.chroma_site), to = site_of(x_to.colour.chroma_site);
  const bool half_height = x_from.format.chroma == Chroma::k420;
  const int down = half_height ? to.y - from.y : 0, right = to.x - from.x;
  load_chroma(in, y, y + (down < 0 ? -1 : 1), std::abs(down), right, rows);
  const int luma_y = half_height ? 2 * y : y;
  const int width = in.width;
  if (!half_height) {
    load_row(in.planes[0], luma_y, rows.y);
  } else if (to.y == 1) {
    load_row(in.planes[0], luma_y, rows.y);
    load_row(in.planes[0], luma_y + 1, rows.y_above);
    blend_row(rows.y, rows.y_above, 2, width, rows.y);
  } else {
    const int middle = luma_y + to.y / 2;
    load_row(in.planes[0], middle - 1, rows.y_above);
    load_row(in.planes[0], middle + 1, rows.y);
    blend_row(rows.y, rows.y_above, 2, width, rows.y_above);
    load_row(in.planes[0], middle, rows.y);
    blend_row(rows.y, rows.y_above, 2, width, rows.y);
  }
  pad_row(rows.y, width);
  const int chroma_width = in.planes[1].width;
  luma_at_chroma_row(rows.y, chroma_width, to.x == 1, rows.y_site);
  evaluate_row(*x_cube, x_codes, rows.y_site, rows.cb, rows.cr, chroma_width, rows.out[0], rows.out[1], rows.out[2]);
  store(out.planes[1], y, rows.out[1], x_to.format.bit_depth, 3, rows.line);
  store(out.planes[2], y, rows.out[2], x_to.format.bit_depth, 6, rows.line);
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
    for (int row = y * luma_rows; row < std::min((y + 1) * luma_rows, in.height); ++row) luma_row(in, out, row, rows);
    chroma_row(in, out, y, rows);
  }
  return {};
}

}  // namespace pier::colour::impl
