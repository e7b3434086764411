#include "cells.hpp"

#include <algorithm>
#include <cmath>

#include "cell_fit.hpp"

namespace pier::colour::impl {
namespace {

/// What cells may be off, in codes.
constexpr float kTolerance = 0.25f, kToleranceOfEight = 0.15f;

/// Which part of a cell with `level` cuts a sample lies in.
size_t child_of(const Cells& cells, const SourceCodes& sample, int level) {
  const int half = 1 << (cells.chroma_shift - 1), chroma = cells.chroma_shift - level - 1;
  const int y = sample[0] >> (cells.luma_shift - level - 1), cb = (sample[1] + half) >> chroma,
            cr = (sample[2] + half) >> chroma;
  return static_cast<size_t>((y & 1) | (cb & 1) << 1 | (cr & 1) << 2);
}

/// The cell of one sample, made when nobody made it before.
template <size_t Width>
const CellRecord* make_cell(const Cells& cells, CellTable<Width>& table, CellRecord* cell, const SourceCodes& sample) {
  for (int level = 0;; ++level) {
    CellRecord record = CellTable<Width>::load(cell);
    if (record == kNotMade) {
      const auto records = fit_cell<Width>(cells, sample, level);
      if (records[0] != kNotMade) {
        CellTable<Width>::store(cell, records);
        return cell;
      }
      record = table.cut(cell);
    }
    if (is_function(record) || record == kNoFunction) return cell;
    cell = table.child(record, child_of(cells, sample, level));
  }
}

/// Goes from the cells of `unresolved` columns to the parts of them where the samples lie. Returns how many columns
/// stay. No branch depends on what is loaded: it would wait for memory.
template <size_t Width>
int go_down(CellTable<Width>& table, int unresolved, Rough& rough, auto&& child) {
  int left = 0;
  for (int u = 0; u < unresolved; ++u) {
    const auto i = static_cast<size_t>(rough.unresolved[u]);
    const CellRecord* const cell = table.child(rough.records[0][i], child(i));
    for (size_t c = 0; c < Width; ++c) rough.records[c][i] = CellTable<Width>::load(cell, c);
    rough.unresolved[left] = static_cast<int32_t>(i);
    left += is_function(rough.records[0][i]) ? 0 : 1;
  }
  return left;
}

/// Records of the cells of a block; samples that none has go to `rough`.
template <size_t Width>
void find_records(const Cells& cells, CellTable<Width>& table, const uint16_t* const (&in)[3], int width,
                  Rough& rough) {
  using Table = CellTable<Width>;
  const auto codes = [&](size_t i) { return SourceCodes{in[0][i], in[1][i], in[2][i]}; };
  CellRecord* const whole = table.cell(0);
  for (size_t i = 0; i < static_cast<size_t>(width); ++i) {
    const CellRecord* const cell = whole + Width * (rough.index[i] & Cells::kIndexMask);
    for (size_t c = 0; c < Width; ++c) rough.records[c][i] = Table::load(cell, c);
  }
  int unresolved = find_unresolved(rough.records[0], width, rough.unresolved);
  unresolved = go_down(table, unresolved, rough, [&](size_t i) { return rough.index[i] >> Cells::kPart; });
  for (int level = 1; level < Cells::kDepth; ++level)
    unresolved = go_down(table, unresolved, rough, [&](size_t i) { return child_of(cells, codes(i), level); });
  for (int u = 0; u < unresolved; ++u) {
    const auto i = static_cast<size_t>(rough.unresolved[u]);
    if (rough.records[0][i] == kNotMade) {
      CellRecord* const cell = whole + Width * (rough.index[i] & Cells::kIndexMask);
      const CellRecord* const made = make_cell(cells, table, cell, codes(i));
      for (size_t c = 0; c < Width; ++c) rough.records[c][i] = Table::load(made, c);
      if (is_function(rough.records[0][i])) continue;
    }
    const auto at = static_cast<size_t>(rough.count++);
    rough.columns[at] = static_cast<uint16_t>(i);
    for (size_t c = 0; c < 3; ++c) rough.samples[c][at] = in[c][i];
  }
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
    const size_t x = rough.columns[i];
    codes[x] = static_cast<Code>(std::min((fine[i] + offsets[x % 8]) >> cells.fine_bits, cells.top));
  }
}

Target shifted(const Cells& cells, const Target& target, int x) {
  Target at = target;
  if (at.codes != nullptr)
    at.codes = static_cast<std::byte*>(at.codes) + static_cast<size_t>(x) * (cells.bytes ? 1 : 2);
  return at;
}

}  // namespace

std::shared_ptr<const Cells> make_cells(const Route& route, const Codes& from, const Codes& to) {
  auto cells = std::make_shared<Cells>();
  cells->fine = *make_pass(route, from, to);
  cells->fine_bits = 16 - to.bit_depth;
  cells->top = (1 << to.bit_depth) - 1;
  cells->bytes = to.bit_depth == 8;
  cells->tolerance = to.bit_depth == 8 ? kToleranceOfEight : kTolerance;
  const float unit = static_cast<float>(1 << cells->fine_bits);
  for (float& weight : cells->fine.out) weight *= unit;
  for (float& offset : cells->fine.out_offset) offset *= unit;
  cells->fine.out_top *= unit;
  cells->fine.out_bytes = false;
  cells->luma_shift = from.bit_depth - Cells::kBits;
  cells->chroma_shift = cells->luma_shift + (from.chroma_parts == 4 ? 2 : 0);
  cells->luma = CellTable<1>::make(Cells::kCount);
  cells->chroma = CellTable<2>::make(Cells::kCount);
  if (!cells->luma || !cells->chroma) return nullptr;
  return cells;
}

void evaluate_row(const Cells& cells, const uint16_t* y, const uint16_t* cb, const uint16_t* cr, int width,
                  const std::array<Target, 3>& out, Rough& rough) {
  for (int x = 0; x < width; x += Rough::kBlock) {
    const int count = std::min(Rough::kBlock, width - x);
    const uint16_t* const in[3] = {y + x, cb + x, cr + x};
    const std::array<Target, 3> targets{shifted(cells, out[0], x), shifted(cells, out[1], x),
                                        shifted(cells, out[2], x)};
    const auto begin_run = [&](const std::array<Target, 3>& components) {
      if (rough.count + count > Rough::kCapacity) finish(cells, rough);
      if (!rough.runs.empty() && rough.runs.back().first == rough.count) rough.runs.pop_back();
      rough.runs.push_back({rough.count, components});
    };
    locate(cells, in, count, rough.index);
    if (targets[0].codes != nullptr) {
      begin_run({targets[0], Target(), Target()});
      find_records(cells, *cells.luma, in, count, rough);
      interpolate_luma(cells, in, count, rough.records[0], targets[0]);
    }
    if (targets[1].codes == nullptr) continue;
    begin_run({Target(), targets[1], targets[2]});
    find_records(cells, *cells.chroma, in, count, rough);
    interpolate_chroma(cells, in, count, rough.records[0], rough.records[1], targets[1], targets[2]);
  }
}

void finish(const Cells& cells, Rough& rough) {
  if (rough.count > 0) {
    for (auto& row : rough.samples) std::fill_n(row + rough.count, kRowPadding, uint16_t{0});
    evaluate_row(cells.fine, rough.samples[0], rough.samples[1], rough.samples[2], rough.count,
                 {Target{rough.fine[0]}, Target{rough.fine[1]}, Target{rough.fine[2]}});
  }
  for (size_t i = 0; i < rough.runs.size(); ++i) {
    const Rough::Run& run = rough.runs[i];
    const int last = i + 1 < rough.runs.size() ? rough.runs[i + 1].first : rough.count;
    for (size_t c = 0; c < 3; ++c) {
      if (run.out[c].codes == nullptr || run.first == last) continue;
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
