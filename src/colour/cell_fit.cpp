#include "cell_fit.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace pier::colour::impl {
namespace {

/// Cells go beyond the colours that a source can show by this much of a signal: filters and coding overshoot.
constexpr float kOvershoot = 0.1f;
/// Below kDark of signal, where a code shows more, less is tolerated; at least kDarkest of it.
constexpr float kDark = 0.15f, kDarkest = 0.3f;
constexpr size_t kPoints = 27;

/// Where a cell begins, and how far it is from there to its middle.
struct Place {
  SourceCodes begin;
  int half_y, half_c;
  SourceCodes middle() const { return {begin[0] + half_y, begin[1] + half_c, begin[2] + half_c}; }
};

/// In parts of a code of the fine pass; slopes for half a cell.
struct Affine {
  float value = 0, dy = 0, dcb = 0, dcr = 0, error = 0;
};

/// The pass at 3 x 3 x 3 points of a cell, Y' first.
struct Points {
  std::array<uint16_t, kPoints + kRowPadding> rows[3]{};
  float at(size_t component, size_t point) const { return rows[component][point]; }
};

Place place_of(const Cells& cells, const SourceCodes& sample, int level) {
  const int half = 1 << (cells.chroma_shift - 1);  // chroma cells of the table have grey in their middle
  const int luma = ~((1 << (cells.luma_shift - level)) - 1), chroma = ~((1 << (cells.chroma_shift - level)) - 1);
  return {{sample[0] & luma, ((sample[1] + half) & chroma) - half, ((sample[2] + half) & chroma) - half},
          1 << (cells.luma_shift - level - 1),
          1 << (cells.chroma_shift - level - 1)};
}

Points sample_pass(const Cells& cells, const Place& place) {
  std::array<uint16_t, kPoints + kRowPadding> y{}, cb{}, cr{};
  for (size_t i = 0; i < kPoints; ++i) {
    y[i] = static_cast<uint16_t>(place.begin[0] + static_cast<int>(i % 3) * place.half_y);
    cb[i] = static_cast<uint16_t>(place.begin[1] + static_cast<int>(i / 3 % 3) * place.half_c);
    cr[i] = static_cast<uint16_t>(place.begin[2] + static_cast<int>(i / 9) * place.half_c);
  }
  Points points;
  evaluate_row(cells.fine, y.data(), cb.data(), cr.data(), kPoints,
               {Target{points.rows[0].data()}, Target{points.rows[1].data()}, Target{points.rows[2].data()}});
  return points;
}

/// Of a point: -1, 0 or 1 on each axis.
std::array<float, 3> steps_of(size_t point) {
  const size_t cb = point / 3 % 3, cr = point / 9;
  return {static_cast<float>(point % 3) - 1.0f, static_cast<float>(cb) - 1.0f, static_cast<float>(cr) - 1.0f};
}

/// Least squares for the slopes, the middle of what is left for the value.
Affine fit(const Points& points, size_t component) {
  Affine cell;
  for (size_t i = 0; i < kPoints; ++i) {
    const auto [y, cb, cr] = steps_of(i);
    const float value = points.at(component, i);
    cell.dy += value * y;
    cell.dcb += value * cb;
    cell.dcr += value * cr;
  }
  for (float* const slope : {&cell.dy, &cell.dcb, &cell.dcr}) *slope /= 18.0f;
  float low = 1e9f, high = -1e9f;
  for (size_t i = 0; i < kPoints; ++i) {
    const auto [y, cb, cr] = steps_of(i);
    const float left = points.at(component, i) - cell.dy * y - cell.dcb * cb - cell.dcr * cr;
    low = std::min(low, left);
    high = std::max(high, left);
  }
  cell.value = 0.5f * (low + high);
  cell.error = 0.5f * (high - low);
  return cell;
}

/// Grey stays grey exactly.
void keep_grey(const Points& points, size_t component, Affine& cell) {
  const float middle = points.at(component, kPoints / 2);
  cell.error += std::abs(cell.value - middle) + std::abs(cell.dy);
  cell.value = middle;
  cell.dy = 0;
}

/// How many codes may be missing where the middle of a cell comes out as `luma`.
float tolerance(const Cells& cells, float luma) {
  const Pass& pass = cells.fine;
  const float signal = (luma - pass.out_offset[0]) / (pass.out[0] + pass.out[1] + pass.out[2]);
  const float fine = cells.tolerance * static_cast<float>(1 << cells.fine_bits);
  return fine * std::clamp(signal / kDark, kDarkest, 1.0f);
}

/// Colours that nobody shows are left to the pass, or hostile pictures would fill the memory with cells.
bool wanted(const Cells& cells, const Place& place) {
  const Pass& pass = cells.fine;
  const SourceCodes middle = place.middle();
  const float y = static_cast<float>(middle[0]) * pass.luma_factor + pass.luma_offset;
  const float cb = static_cast<float>(middle[1]) - pass.chroma_centre;
  const float cr = static_cast<float>(middle[2]) - pass.chroma_centre;
  const auto [low, high] =
      std::minmax({y + cr * pass.red_cr, y + cb * pass.green_cb + cr * pass.green_cr, y + cb * pass.blue_cb});
  return low > -kOvershoot && high < pass.top + kOvershoot;
}

/// Around `middle`; kNotMade when a number does not fit.
CellRecord pack(const Cells& cells, const Affine& cell, const Place& place, const SourceCodes& middle) {
  const float unit = static_cast<float>(1 << (Cells::kFraction - cells.fine_bits));
  const auto half_y = static_cast<float>(place.half_y), half_c = static_cast<float>(place.half_c);
  const float slopes[3] = {cell.dy / half_y, cell.dcb / half_c, cell.dcr / half_c};
  const SourceCodes own = place.middle();
  float value = cell.value;
  for (size_t i = 0; i < 3; ++i) value += slopes[i] * static_cast<float>(middle[i] - own[i]);
  const long number = std::lround(value * 0.5f);
  if (number < 0 || number > std::numeric_limits<int16_t>::max()) return kNotMade;
  auto record = static_cast<CellRecord>(static_cast<uint16_t>(number - kRecordBias));
  for (size_t i = 0; i < 3; ++i) {
    const long slope = std::lround(slopes[i] * unit);
    if (std::abs(slope) > std::numeric_limits<int16_t>::max()) return kNotMade;
    record |= static_cast<CellRecord>(static_cast<uint16_t>(slope)) << (16 * (i + 1));
  }
  return record;
}

}  // namespace

template <size_t Width>
std::array<CellRecord, Width> fit_cell(const Cells& cells, const SourceCodes& sample, int level) {
  constexpr size_t kFirst = Width == 1 ? 0 : 1;
  std::array<CellRecord, Width> records;
  records.fill(kNoFunction);
  const Place place = place_of(cells, sample, level), whole = place_of(cells, sample, 0);
  if (std::min({whole.begin[0] - 1, whole.begin[1], whole.begin[2]}) < 0 || !wanted(cells, place)) return records;
  const SourceCodes middle = whole.middle();
  const auto centre = static_cast<int>(cells.fine.chroma_centre);
  const bool grey = Width == 2 && middle[1] == centre && middle[2] == centre;
  const Points points = sample_pass(cells, place);
  const float allowed = tolerance(cells, points.at(0, kPoints / 2));
  bool good = true;
  for (size_t c = 0; c < Width; ++c) {
    Affine cell = fit(points, kFirst + c);
    if (grey) keep_grey(points, kFirst + c, cell);
    records[c] = cell.error <= allowed ? pack(cells, cell, place, middle) : kNotMade;
    good = good && records[c] != kNotMade;
  }
  // The parts of the grey cell have grey at their corner, where no fit is exact.
  if (!good) records.fill(level < Cells::kDepth && !grey ? kNotMade : kNoFunction);
  return records;
}

template std::array<CellRecord, 1> fit_cell<1>(const Cells& cells, const SourceCodes& sample, int level);
template std::array<CellRecord, 2> fit_cell<2>(const Cells& cells, const SourceCodes& sample, int level);

}  // namespace pier::colour::impl
