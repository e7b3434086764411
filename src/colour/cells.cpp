#include "cells.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <optional>
#include <vector>

#include <sys/mman.h>

namespace pier::colour::impl {
namespace {

/// Cells go beyond the colours that a source can show by this much of a signal: filters and coding overshoot.
constexpr double kOvershoot = 0.08;
/// Lines of samples further, so that every cell has lines around it.
constexpr double kLinesBeyond = 0.04;
/// What cells may be off, in codes; below kDark of signal, where a code shows more, down to kDarkest of it.
constexpr float kTolerance = 0.3f, kToleranceOfEight = 0.15f;
constexpr float kDark = 0.15f, kDarkest = 0.3f;
/// With fewer cells than this a table is slower than the pass.
constexpr double kEnough = 0.75;

/// A cell of 3 x 3 x 3 samples, in parts of a code of the fine pass; slopes for half a cell.
struct Affine {
  float value = 0, dy = 0, dcb = 0, dcr = 0, error = 0;
};

/// Makes the table plane by plane of Cr. Lines of samples lie at the middles and the borders of cells.
class Maker {
 public:
  static constexpr int kLines = 2 * Cells::kSide + 1;

  Maker(Cells& cells, const Route& route, float tolerance)
      : x_cells(cells),
        x_top(route.source_top),
        x_luma_step(1 << (cells.luma_shift - 1)),
        x_chroma_step(1 << (cells.chroma_shift - 1)),
        x_grey_cell(static_cast<int>(cells.fine.chroma_centre) >> cells.chroma_shift),
        x_tolerance(tolerance * static_cast<float>(1 << cells.fine_bits)) {
    for (auto& plane : x_planes) plane.resize(size_t{3} * kLines * kLines);
    for (size_t i = 0; i < x_luma.size(); ++i) x_luma[i] = static_cast<uint16_t>(static_cast<int>(i) * x_luma_step);
  }

  void run() {
    sample_plane(1);
    for (int cr = 1; cr < Cells::kSide; ++cr) {
      sample_plane(2 * cr);
      sample_plane(2 * cr + 1);
      for (int cb = 1; cb < Cells::kSide; ++cb) fill_column(cb, cr);
    }
    if (x_chroma_filled < kEnough * x_wanted) x_cells.chroma.reset();
  }

 private:
  struct Range {
    int first, last;
  };

  /// Lines of luma that colours with the chroma of these lines can have, and `beyond` to both sides.
  std::optional<Range> range(int cb_line, int cr_line, double beyond) const {
    const Pass& pass = x_cells.fine;
    const double cb = cb_line * x_chroma_step - double{pass.chroma_centre};
    const double cr = cr_line * x_chroma_step - double{pass.chroma_centre};
    const auto [low, high] =
        std::minmax({cr * pass.red_cr, cb * pass.green_cb + cr * pass.green_cr, cb * pass.blue_cb});
    const double darkest = -low - beyond, brightest = x_top - high + beyond;
    if (darkest > brightest) return std::nullopt;
    const auto line = [&](double signal) { return (signal - pass.luma_offset) / (pass.luma_factor * x_luma_step); };
    return Range{std::clamp(static_cast<int>(std::floor(line(darkest))), 0, kLines - 1),
                 std::clamp(static_cast<int>(std::ceil(line(brightest))), 0, kLines - 1)};
  }

  uint16_t* line(size_t component, int cb_line, int cr_line) {
    return x_planes[static_cast<size_t>(cr_line) % 3].data() +
           (component * kLines + static_cast<size_t>(cb_line)) * kLines;
  }

  void sample_plane(int cr_line) {
    for (int cb_line = 1; cb_line < kLines - 1; ++cb_line) {
      const auto wanted = range(cb_line, cr_line, kOvershoot + kLinesBeyond);
      if (!wanted) continue;
      x_cb.fill(static_cast<uint16_t>(cb_line * x_chroma_step));
      x_cr.fill(static_cast<uint16_t>(cr_line * x_chroma_step));
      const int count = wanted->last - wanted->first + 1;
      evaluate_row(x_cells.fine, x_luma.data() + wanted->first, x_cb.data(), x_cr.data(), count,
                   {Target{x_out[0].data()}, Target{x_out[1].data()}, Target{x_out[2].data()}});
      for (size_t c = 0; c < 3; ++c) std::copy_n(x_out[c].begin(), count, line(c, cb_line, cr_line) + wanted->first);
    }
  }

  void fill_column(int cb, int cr) {
    const auto lines = range(2 * cb, 2 * cr, kOvershoot);
    if (!lines) return;
    const bool grey = cb == x_grey_cell && cr == x_grey_cell;
    const int last = std::min((lines->last - 1) / 2, Cells::kSide - 1);
    const uint16_t* rows[3][9];
    for (size_t c = 0; c < 3; ++c)
      for (int i = 0; i < 9; ++i) rows[c][i] = line(c, 2 * cb - 1 + i % 3, 2 * cr - 1 + i / 3);
    for (int y = (lines->first + 1) / 2; y <= last; ++y) {
      Cells::Record records[3];
      const float allowed = tolerance(rows[0][4][2 * y + 1]);
      for (size_t c = 0; c < 3; ++c) {
        Affine cell = fit(rows[c], 2 * y);
        if (grey && c > 0) keep_grey(rows[c], 2 * y, cell);
        records[c] = cell.error <= allowed ? pack(cell) : 0;
      }
      const size_t index = Cells::index(y, cb, cr);
      x_cells.luma[index] = records[0];
      ++x_wanted;
      // A sample of chroma goes through the pass as a whole.
      if (static_cast<uint32_t>(records[1]) == 0 || static_cast<uint32_t>(records[2]) == 0) continue;
      x_cells.chroma[2 * index] = records[1];
      x_cells.chroma[2 * index + 1] = records[2];
      ++x_chroma_filled;
    }
  }

  /// Of a cell whose middle comes out as `luma`.
  float tolerance(uint16_t luma) const {
    const Pass& pass = x_cells.fine;
    const float signal = (static_cast<float>(luma) - pass.out_offset[0]) / (pass.out[0] + pass.out[1] + pass.out[2]);
    return x_tolerance * std::clamp(signal / kDark, kDarkest, 1.0f);
  }

  /// Least squares for the slopes, the middle of what is left for the value.
  static Affine fit(const uint16_t* const (&rows)[9], int at) {
    Affine cell;
    float sum[3] = {0, 0, 0}, columns[9];
    for (size_t i = 0; i < 9; ++i) {
      const float a = rows[i][at], b = rows[i][at + 1], c = rows[i][at + 2];
      sum[0] += a;
      sum[2] += c;
      columns[i] = a + b + c;
    }
    cell.dy = (sum[2] - sum[0]) / 18.0f;
    cell.dcb = (columns[2] + columns[5] + columns[8] - columns[0] - columns[3] - columns[6]) / 18.0f;
    cell.dcr = (columns[6] + columns[7] + columns[8] - columns[0] - columns[1] - columns[2]) / 18.0f;
    float low = 1e9f, high = -1e9f;
    for (size_t i = 0; i < 9; ++i) {
      const size_t row = i / 3;
      const auto cb = static_cast<float>(i % 3), cr = static_cast<float>(row);
      const float base = cell.dcb * (cb - 1.0f) + cell.dcr * (cr - 1.0f);
      for (int y = 0; y < 3; ++y) {
        const float left = rows[i][at + y] - base - cell.dy * (static_cast<float>(y) - 1.0f);
        low = std::min(low, left);
        high = std::max(high, left);
      }
    }
    cell.value = 0.5f * (low + high);
    cell.error = 0.5f * (high - low);
    return cell;
  }

  /// Grey stays grey exactly.
  void keep_grey(const uint16_t* const (&rows)[9], int at, Affine& cell) const {
    const float shift = std::abs(cell.value - rows[4][at + 1]) + std::abs(cell.dy);
    cell.value = rows[4][at + 1];
    cell.dy = 0;
    cell.error += shift;
  }

  /// 0 when a number does not fit.
  Cells::Record pack(const Affine& cell) const {
    const float unit = static_cast<float>(1 << (Cells::kFraction - x_cells.fine_bits));
    const float numbers[4] = {cell.value * 0.5f, cell.dy * unit / static_cast<float>(x_luma_step),
                              cell.dcb * unit / static_cast<float>(x_chroma_step),
                              cell.dcr * unit / static_cast<float>(x_chroma_step)};
    Cells::Record record = 0;
    for (size_t i = 0; i < 4; ++i) {
      const long number = std::lround(numbers[i]);
      if (std::abs(number) > std::numeric_limits<int16_t>::max()) return 0;
      record |= static_cast<Cells::Record>(static_cast<uint16_t>(number)) << (16 * i);
    }
    return record;
  }

  Cells& x_cells;
  double x_top;
  int x_luma_step, x_chroma_step, x_grey_cell;
  float x_tolerance;
  int x_wanted = 0, x_chroma_filled = 0;
  std::vector<uint16_t> x_planes[3];
  std::array<uint16_t, kLines + kRowPadding> x_luma{}, x_cb{}, x_cr{};
  std::array<uint16_t, kLines + kRowPadding> x_out[3]{};
};

/// Zeroed, in large pages where the system has them: look-ups go all over the table.
Cells::Table allocate(size_t records) {
  constexpr size_t kLargePage = size_t{1} << 21;
  const size_t bytes = (records * sizeof(Cells::Record) + kLargePage - 1) / kLargePage * kLargePage;
  void* const memory = std::aligned_alloc(kLargePage, bytes);
  if (memory != nullptr) {
    (void)madvise(memory, bytes, MADV_HUGEPAGE);
    std::memset(memory, 0, bytes);
  }
  return {static_cast<Cells::Record*>(memory), std::free};
}

/// Remembers the samples that were added behind `first`.
void take(const uint16_t* const (&in)[3], int first, const std::array<Target, 3>& out, Rough& rough) {
  if (rough.count == first) return;
  for (size_t c = 0; c < 3; ++c)
    for (int i = first; i < rough.count; ++i) rough.samples[c][i] = in[c][rough.columns[i]];
  rough.runs.push_back({first, out});
}

/// Columns first ... last - 1 of `rough`, rounded to codes.
template <typename Code>
void write_run(const Cells& cells, const Rough& rough, const Target& target, const uint16_t* fine, int first,
               int last) {
  int offsets[8];
  for (size_t i = 0; i < 8; ++i)
    offsets[i] = static_cast<int>(std::lround(target.offsets[i] * static_cast<float>(1 << cells.fine_bits)));
  auto* const codes = static_cast<Code*>(target.codes);
  for (int i = first; i < last; ++i) {
    const auto x = static_cast<uint32_t>(rough.columns[i]);
    codes[x] = static_cast<Code>(std::min((fine[i] + offsets[x % 8]) >> cells.fine_bits, cells.top));
  }
}

}  // namespace

std::shared_ptr<const Cells> make_cells(const Route& route, const Codes& from, const Codes& to) {
  auto cells = std::make_shared<Cells>();
  cells->fine = *make_pass(route, from, to);
  cells->fine_bits = 16 - to.bit_depth;
  cells->top = (1 << to.bit_depth) - 1;
  cells->bytes = to.bit_depth == 8;
  const float unit = static_cast<float>(1 << cells->fine_bits);
  for (float& weight : cells->fine.out) weight *= unit;
  for (float& offset : cells->fine.out_offset) offset *= unit;
  cells->fine.out_top *= unit;
  cells->fine.out_bytes = false;
  cells->luma_shift = from.bit_depth - Cells::kBits;
  cells->chroma_shift = cells->luma_shift + (from.chroma_parts == 4 ? 2 : 0);
  cells->luma = allocate(Cells::kCount);
  cells->chroma = allocate(2 * Cells::kCount);
  if (!cells->luma || !cells->chroma) return nullptr;
  Maker(*cells, route, to.bit_depth == 8 ? kToleranceOfEight : kTolerance).run();
  return cells;
}

void evaluate_row(const Cells& cells, const uint16_t* y, const uint16_t* cb, const uint16_t* cr, int width,
                  const std::array<Target, 3>& out, Rough& rough) {
  const auto shifted = [&](const Target& target, int x) {
    Target at = target;
    if (at.codes != nullptr)
      at.codes = static_cast<std::byte*>(at.codes) + static_cast<size_t>(x) * (cells.bytes ? 1 : 2);
    return at;
  };
  for (int x = 0; x < width; x += Rough::kLongestRun) {
    const int count = std::min(Rough::kLongestRun, width - x);
    const uint16_t* const in[3] = {y + x, cb + x, cr + x};
    if (out[0].codes != nullptr) {
      if (rough.count + count > Rough::kCapacity) finish(cells, rough);
      const int first = rough.count;
      const Target luma = shifted(out[0], x);
      look_up_luma(cells, in, count, luma, rough);
      take(in, first, {luma, Target(), Target()}, rough);
    }
    if (out[1].codes == nullptr) continue;
    if (rough.count + count > Rough::kCapacity) finish(cells, rough);
    const int first = rough.count;
    const Target first_chroma = shifted(out[1], x), second_chroma = shifted(out[2], x);
    look_up_chroma(cells, in, count, first_chroma, second_chroma, rough);
    take(in, first, {Target(), first_chroma, second_chroma}, rough);
  }
}

void finish(const Cells& cells, Rough& rough) {
  if (rough.count == 0) return;
  for (auto& row : rough.samples) std::fill_n(row + rough.count, kRowPadding, uint16_t{0});
  evaluate_row(cells.fine, rough.samples[0], rough.samples[1], rough.samples[2], rough.count,
               {Target{rough.fine[0]}, Target{rough.fine[1]}, Target{rough.fine[2]}});
  for (size_t i = 0; i < rough.runs.size(); ++i) {
    const Rough::Run& run = rough.runs[i];
    const int last = i + 1 < rough.runs.size() ? rough.runs[i + 1].first : rough.count;
    for (size_t c = 0; c < 3; ++c) {
      if (run.out[c].codes == nullptr) continue;
      if (cells.bytes) {
        write_run<uint8_t>(cells, rough, run.out[c], rough.fine[c], run.first, last);
      } else {
        write_run<uint16_t>(cells, rough, run.out[c], rough.fine[c], run.first, last);
      }
    }
  }
  rough.count = 0;
  rough.runs.clear();
}

}  // namespace pier::colour::impl
