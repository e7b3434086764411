#include "point_map.hpp"

#include <algorithm>
#include <cstring>

namespace pier::colour::impl {
namespace {

constexpr int kChromaParts = 4;
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

void load_row(const Plane& plane, int y, bool bytes, uint16_t* out) {
  const int row = std::clamp(y, 0, plane.height - 1);
  if (bytes) {
    widen_row(plane.row<uint8_t>(row), plane.width, out);
  } else {
    std::memcpy(out, plane.row<uint16_t>(row), static_cast<size_t>(plane.width) * sizeof(uint16_t));
  }
  pad_row(out, plane.width);
}

/// Cells of a picture cost as much as some small pictures. They are good for 10 bits; the way back from HDR to HDR
/// needs more.
bool worth_cells(const Route& route, const PictureSpec& from, const PictureSpec& to) {
  constexpr int kLeastArea = 1280 * 720;
  return route.from.is_hdr() && !route.to.is_hdr() && to.format.bit_depth <= 10 && from.format.bit_depth >= 10 &&
         from.width * from.height >= kLeastArea;
}

/// The row where it lies if nobody reads beyond its end there, else a copy that goes on beyond both ends.
const uint16_t* row_or_copy(const Plane& plane, int y, bool bytes, uint16_t* copy) {
  if (!bytes && plane.width % kRowPadding == 0) return plane.row<uint16_t>(std::clamp(y, 0, plane.height - 1));
  load_row(plane, y, bytes, copy);
  return copy;
}

}  // namespace

/// Line buffers. `y` are three luma rows, each at its number modulo 3: in `y_memory`, or in the picture.
struct PointMap::Rows {
  const uint16_t* y[3];
  uint16_t* y_memory[3];
  uint16_t* y_blend;
  uint16_t* y_site;
  uint16_t* chroma[2];  // Cb and Cr
  uint16_t* chroma_wide[2];
  uint16_t* near;
  uint16_t* far;
  uint16_t* unshifted;
  std::unique_ptr<Rough> rough;  // with a table

  static constexpr int kCount = 12;
  static size_t row_samples(int width) { return static_cast<size_t>(width + 3 * kMargin + 63) / 64 * 64; }
  Rows(std::byte* memory, int width) {
    auto* base = reinterpret_cast<uint16_t*>(memory);
    size_t index = 0;
    const auto next = [&] { return base + row_samples(width) * index++ + kMargin; };
    for (uint16_t*& row : y_memory) row = next();
    for (uint16_t** row :
         {&y_blend, &y_site, chroma, chroma + 1, chroma_wide, chroma_wide + 1, &near, &far, &unshifted})
      *row = next();
  }
};

Result<PointMap> PointMap::make(const PictureSpec& from, const PictureSpec& to, const ConversionOptions& options) {
  PointMap made;
  made.x_from = from;
  made.x_to = to;
  // What the planes are, not what the route resolves: a picture may have lost its matrix with its RGB.
  PIER_TRY(const Route route, make_route(from.colour, to.colour, options));
  const int parts = from.format.chroma == Chroma::k444 ? 1 : kChromaParts;
  made.x_pass = make_pass(route, {from.colour.matrix, from.colour.range, from.format.bit_depth, parts},
                          {to.colour.matrix, to.colour.range, to.format.bit_depth, 1});
  if (worth_cells(route, from, to)) {
    made.x_cells = make_cells(route, {from.colour.matrix, from.colour.range, from.format.bit_depth, parts},
                              {to.colour.matrix, to.colour.range, to.format.bit_depth, 1});
    if (!made.x_cells) return fail(ErrorCode::kNoSpace, "no memory for the table of a conversion (48 MB)");
  }
  made.x_dither = options.dither;
  return made;
}

void PointMap::evaluate(const uint16_t* y, const uint16_t* cb, const uint16_t* cr, int width,
                        const std::array<Target, 3>& out, Rows& rows) const {
  if (!x_cells) return evaluate_row(*x_pass, y, cb, cr, width, out);
  evaluate_row(*x_cells, y, cb, cr, width, out, *rows.rough);
}

Target PointMap::target(const MutablePictureView& out, size_t plane, int y) const {
  const MutablePlane& rows = out.planes[plane];
  Target made;
  made.codes = rows.data + y * rows.stride;
  if (!x_dither) return made;
  const size_t phase = plane * 3, row = static_cast<size_t>(y);
  for (size_t x = 0; x < 8; ++x)
    made.offsets[x] = (2.0f * static_cast<float>(kBayer[(row + phase) % 8][(x + phase) % 8]) + 1.0f) / 128.0f;
  return made;
}

void PointMap::full_row(const PictureView& in, const MutablePictureView& out, int y, Rows& rows) const {
  const bool bytes = in.format.bit_depth == 8;
  load_row(in.planes[0], y, bytes, rows.y_memory[0]);
  load_row(in.planes[1], y, bytes, rows.chroma[0]);
  load_row(in.planes[2], y, bytes, rows.chroma[1]);
  evaluate(rows.y_memory[0], rows.chroma[0], rows.chroma[1], in.width,
           {target(out, 0, y), target(out, 1, y), target(out, 2, y)}, rows);
}

/// Row y of chroma blended with the next (`quarters` > 0) or the one before (< 0), in quarters of a code.
void PointMap::load_chroma(const Plane& plane, int y, int quarters, Rows& rows, uint16_t* out) const {
  const bool bytes = x_from.format.bit_depth == 8;
  const uint16_t* const near = row_or_copy(plane, y, bytes, rows.near);
  const uint16_t* const far = quarters == 0 ? near : row_or_copy(plane, y + (quarters < 0 ? -1 : 1), bytes, rows.far);
  sum_row(near, far, std::abs(quarters), plane.width, out);
  pad_row(out, plane.width);
}

void PointMap::luma_row(const PictureView& in, const MutablePictureView& out, int y, Rows& rows) const {
  const Site site = site_of(x_from.colour.chroma_site);
  // With half height, luma row y lies this many quarters of a chroma row below chroma row y / 2.
  const bool half_height = x_from.format.chroma == Chroma::k420;
  const int quarters = half_height ? 2 * (y & 1) - site.y : 0;
  for (size_t c = 0; c < 2; ++c) {
    const Plane& plane = in.planes[c + 1];
    load_chroma(plane, half_height ? y / 2 : y, quarters, rows, rows.chroma[c]);
    upsample_row(rows.chroma[c], plane.width, site.x == 1, rows.chroma_wide[c]);
  }
  evaluate(rows.y[y % 3], rows.chroma_wide[0], rows.chroma_wide[1], in.width, {target(out, 0, y), Target(), Target()},
           rows);
}

/// The luma rows around chroma row y, filtered to where the target has its chroma. Rows 2y and 2y + 1 are loaded, and
/// 2y - 1 unless y is 0.
const uint16_t* PointMap::luma_at_chroma(const PictureView& in, int y, Rows& rows) const {
  if (x_from.format.chroma != Chroma::k420) return rows.y[y % 3];
  const int site = site_of(x_to.colour.chroma_site).y;
  const uint16_t* const even = rows.y[2 * y % 3];
  const uint16_t* const odd = rows.y[(2 * y + 1) % 3];
  const uint16_t* const third = rows.y[(2 * y + 2) % 3];
  if (site == 1) {
    blend_row(even, odd, 2, in.width, rows.y_blend);
  } else if (site == 0) {
    blend_row(y == 0 ? even : third, odd, 2, in.width, rows.y_blend);
    blend_row(even, rows.y_blend, 2, in.width, rows.y_blend);
  } else {
    load_row(in.planes[0], 2 * y + 2, x_from.format.bit_depth == 8, rows.y_blend);
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
  for (size_t c = 0; c < 2; ++c) {
    uint16_t* const target = rows.chroma[c];
    load_chroma(in.planes[c + 1], y, down, rows, right == 0 ? target : rows.unshifted);
    if (right == 0) continue;
    blend_row(rows.unshifted, rows.unshifted + (right > 0 ? 1 : -1), 1, width, target);
    pad_row(target, width);
  }
  luma_at_chroma_row(luma_at_chroma(in, y, rows), width, to.x == 1, rows.y_site);
  evaluate(rows.y_site, rows.chroma[0], rows.chroma[1], width, {Target(), target(out, 1, y), target(out, 2, y)}, rows);
}

Result<void> PointMap::run(const PictureView& in, const MutablePictureView& out, AlignedBuffer& scratch) const {
  const size_t bytes = Rows::row_samples(in.width) * Rows::kCount * sizeof(uint16_t);
  std::byte* memory = scratch.reserve(bytes);
  if (memory == nullptr) return fail(ErrorCode::kNoSpace, "no memory to convert a picture");
  Rows rows(memory, in.width);
  if (x_cells) rows.rough = std::make_unique<Rough>();
  if (x_from.format.chroma == Chroma::k444) {
    for (int y = 0; y < in.height; ++y) full_row(in, out, y, rows);
  } else {
    subsampled_rows(in, out, rows);
  }
  if (x_cells) finish(*x_cells, *rows.rough);
  return {};
}

/// With luma at twice the width of chroma, or twice both.
void PointMap::subsampled_rows(const PictureView& in, const MutablePictureView& out, Rows& rows) const {
  const int luma_rows = x_from.format.chroma == Chroma::k420 ? 2 : 1;
  for (int y = 0; y < in.planes[1].height; ++y) {
    for (int row = y * luma_rows; row < (y + 1) * luma_rows; ++row) {
      const bool bytes = in.format.bit_depth == 8;
      uint16_t* const copy = rows.y_memory[row % 3];
      // Where chroma has full height, luma filters read the row itself, beyond its ends.
      if (luma_rows == 1) load_row(in.planes[0], row, bytes, copy);
      rows.y[row % 3] = luma_rows == 1 ? copy : row_or_copy(in.planes[0], row, bytes, copy);
      if (row < in.height) luma_row(in, out, row, rows);
    }
    chroma_row(in, out, y, rows);
  }
}

}  // namespace pier::colour::impl
