#include "spectrum.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <numbers>

namespace pier::analysis::impl {

namespace {

constexpr int kPart = 64;  // kTile = 3 * kPart
constexpr int kTurnBits = 15;
constexpr int kOne = 1 << kTurnBits;

/// e^(-2 pi i k / kTile), and the window, in Q15.
struct Tables {
  std::array<Complex, kTile> turn;
  std::array<int32_t, kTile> window;
  Tables() {
    for (size_t k = 0; k < kTile; ++k) {
      const double angle = 2 * std::numbers::pi * static_cast<double>(k) / kTile;
      turn[k] = {static_cast<int32_t>(std::lround(std::cos(angle) * kOne)),
                 static_cast<int32_t>(std::lround(-std::sin(angle) * kOne))};
      const double hann = 0.5 - 0.5 * std::cos(2 * std::numbers::pi * (static_cast<double>(k) + 0.5) / kTile);
      window[k] = static_cast<int32_t>(std::lround(hann * kOne));
    }
  }
};

const Tables& tables() {
  static const Tables kTables;
  return kTables;
}

inline Complex turned(Complex a, Complex by) {
  constexpr int64_t kHalf = kOne / 2;
  const int64_t re = static_cast<int64_t>(a.re) * by.re - static_cast<int64_t>(a.im) * by.im;
  const int64_t im = static_cast<int64_t>(a.re) * by.im + static_cast<int64_t>(a.im) * by.re;
  return {static_cast<int32_t>((re + kHalf) >> kTurnBits), static_cast<int32_t>((im + kHalf) >> kTurnBits)};
}
inline Complex operator+(Complex a, Complex b) {
  return {a.re + b.re, a.im + b.im};
}
inline Complex operator-(Complex a, Complex b) {
  return {a.re - b.re, a.im - b.im};
}

/// Radix 2 over bit-reversed input.
void transform_part(Complex* data, const Tables& t) {
  for (int half = 1; half < kPart; half *= 2) {
    const int stride = kTile / (2 * half);
    for (int start = 0; start < kPart; start += 2 * half) {
      for (int i = 0; i < half; ++i) {
        const Complex b = turned(data[start + i + half], t.turn[static_cast<size_t>(i * stride)]);
        const Complex a = data[start + i];
        data[start + i] = a + b;
        data[start + i + half] = a - b;
      }
    }
  }
}

constexpr std::array<uint8_t, kPart> reversed_bits() {
  std::array<uint8_t, kPart> order{};
  for (unsigned i = 0; i < kPart; ++i) {
    unsigned r = 0;
    for (unsigned bit = 0; bit < 6; ++bit) r |= ((i >> bit) & 1U) << (5 - bit);
    order[i] = static_cast<uint8_t>(r);
  }
  return order;
}

/// Samples of a tile at 16 bits, line by line in the direction.
template <typename Sample>
void load(const Plane& plane, int bit_depth, TilePlace place, Direction direction, std::vector<int32_t>& lines) {
  const int up = 16 - bit_depth;
  for (int y = 0; y < kTile; ++y) {
    const Sample* row = plane.row<Sample>(place.top + y) + place.left;
    for (int x = 0; x < kTile; ++x) {
      const int at = direction == Direction::kHorizontal ? y * kTile + x : x * kTile + y;
      lines[static_cast<size_t>(at)] = static_cast<int32_t>(row[x]) << up;
    }
  }
}

/// Without its mean, times the window.
void windowed(const int32_t* line, const Tables& t, std::array<int32_t, kTile>& out) {
  int64_t sum = 0;
  for (int i = 0; i < kTile; ++i) sum += line[i];
  const auto mean = static_cast<int32_t>(sum / kTile);
  for (size_t i = 0; i < kTile; ++i) {
    out[i] = static_cast<int32_t>((static_cast<int64_t>(line[i] - mean) * t.window[i] + kOne / 2) >> kTurnBits);
  }
}

/// Power of every bin and products of the folds of one tile, over its lines.
struct TileSums {
  std::array<uint64_t, kNyquist + 1> power{};
  std::vector<std::pair<int64_t, int64_t>> products;  // of each distance of each fold

  explicit TileSums(size_t pairs) : products(pairs) {}

  void add(const std::array<Complex, kNyquist + 1>& line, const std::vector<Fold>& folds) {
    for (size_t k = 0; k <= kNyquist; ++k) {
      power[k] += static_cast<uint64_t>(static_cast<int64_t>(line[k].re) * line[k].re +
                                        static_cast<int64_t>(line[k].im) * line[k].im);
    }
    size_t at = 0;
    for (const Fold& fold : folds) {
      for (int d = fold.first; d <= fold.last; ++d, ++at) {
        const Complex a = line[static_cast<size_t>(fold.sum / 2 - d)];
        const Complex b = line[static_cast<size_t>(fold.sum / 2 + d)];
        products[at].first += static_cast<int64_t>(a.re) * b.re - static_cast<int64_t>(a.im) * b.im;
        products[at].second += static_cast<int64_t>(a.re) * b.im + static_cast<int64_t>(a.im) * b.re;
      }
    }
  }

  void finish(const std::vector<Fold>& folds, Spectrum& spectrum) const {
    for (size_t band = 0; band < Spectrum::kBands; ++band) {
      uint64_t sum = 0;
      for (size_t k = 8 * band + 1; k <= 8 * band + 8; ++k) sum += power[k];
      spectrum.log_power[band] += log2_q8(sum);
    }
    spectrum.folds.resize(folds.size());
    size_t at = 0;
    for (size_t f = 0; f < folds.size(); ++f) {
      for (int d = folds[f].first; d <= folds[f].last; ++d, ++at) {
        const uint64_t both = root(power[static_cast<size_t>(folds[f].sum / 2 - d)]) *
                              root(power[static_cast<size_t>(folds[f].sum / 2 + d)]);
        const auto unit = static_cast<int64_t>(std::max<uint64_t>(1, both >> 15U));
        spectrum.folds[f].re += products[at].first / unit;
        spectrum.folds[f].im += products[at].second / unit;
        ++spectrum.folds[f].count;
      }
    }
  }
};

size_t pairs_of(const std::vector<Fold>& folds) {
  size_t pairs = 0;
  for (const Fold& fold : folds) pairs += static_cast<size_t>(fold.last - fold.first + 1);
  return pairs;
}

/// Two real lines through one complex transform; twice their spectra come out.
void transform_two(const std::array<int32_t, kTile>& a, const std::array<int32_t, kTile>& b,
                   std::array<Complex, kNyquist + 1>& first, std::array<Complex, kNyquist + 1>& second) {
  std::array<Complex, kTile> both;
  for (size_t i = 0; i < kTile; ++i) both[i] = {a[i], b[i]};
  transform(both);
  for (size_t k = 0; k <= kNyquist; ++k) {
    const Complex p = both[k];
    const Complex q = both[(kTile - k) % kTile];
    first[k] = {p.re + q.re, p.im - q.im};
    second[k] = {p.im + q.im, q.re - p.re};
  }
}

/// Sum of the steps between neighbours in every cell of 6 x 6 samples.
std::vector<int32_t> cell_detail(const PictureView& quarter, int columns, int rows) {
  constexpr int kCell = 6;
  std::vector<int32_t> cells(static_cast<size_t>(columns) * static_cast<size_t>(rows));
  const auto add = [&]<typename Sample>(Sample) {
    for (int y = 0; y < rows * kCell; ++y) {
      const Sample* row = quarter.planes[0].row<Sample>(y);
      const Sample* next = quarter.planes[0].row<Sample>(std::min(y + 1, quarter.height - 1));
      int32_t* out = cells.data() + static_cast<ptrdiff_t>(y / kCell) * columns;
      for (int c = 0; c < columns; ++c) {
        int sum = 0;
        for (int x = c * kCell; x < (c + 1) * kCell; ++x) {
          const int right = row[std::min(x + 1, quarter.width - 1)];
          sum += std::abs(right - row[x]) + std::abs(next[x] - row[x]);
        }
        out[c] += sum;
      }
    }
  };
  if (quarter.format.bytes_per_sample() == 1) {
    add(uint8_t{});
  } else {
    add(uint16_t{});
  }
  return cells;
}

/// Of the 8 rows and 8 columns of cells of a tile, the sum of the one with the least detail.
int64_t weakest_strip(const std::vector<int32_t>& cells, int columns, int left, int top) {
  std::array<int64_t, 8> across{}, down{};
  for (size_t y = 0; y < 8; ++y) {
    for (size_t x = 0; x < 8; ++x) {
      const int32_t v =
          cells[(static_cast<size_t>(top) + y) * static_cast<size_t>(columns) + static_cast<size_t>(left) + x];
      across[y] += v;
      down[x] += v;
    }
  }
  return std::min(*std::ranges::min_element(across), *std::ranges::min_element(down));
}

}  // namespace

void transform(std::array<Complex, kTile>& data) {
  constexpr auto kOrder = reversed_bits();
  const Tables& t = tables();
  std::array<std::array<Complex, kPart>, 3> parts;
  for (size_t i = 0; i < kPart; ++i) {
    for (size_t r = 0; r < 3; ++r) parts[r][kOrder[i]] = data[3 * i + r];
  }
  for (auto& part : parts) transform_part(part.data(), t);
  for (size_t k = 0; k < kPart; ++k) {
    const Complex a = parts[0][k];
    for (size_t third = 0; third < 3; ++third) {
      const size_t at = k + third * kPart;
      data[at] = a + turned(parts[1][k], t.turn[at]) + turned(parts[2][k], t.turn[2 * at % kTile]);
    }
  }
}

int64_t Spectrum::coherence(size_t fold) const {
  const Sum& sum = folds[fold];
  if (sum.count == 0) return 0;
  const int64_t re = sum.re / sum.count;
  const int64_t im = sum.im / sum.count;
  return std::min<int64_t>(kOne, static_cast<int64_t>(root(static_cast<uint64_t>(re * re + im * im))));
}

void add_tile(const Plane& plane, int bit_depth, TilePlace place, Direction direction, const std::vector<Fold>& folds,
              Spectrum& spectrum) {
  const Tables& t = tables();
  std::vector<int32_t> lines(static_cast<size_t>(kTile) * kTile);
  if (bit_depth > 8) {
    load<uint16_t>(plane, bit_depth, place, direction, lines);
  } else {
    load<uint8_t>(plane, bit_depth, place, direction, lines);
  }
  TileSums sums(pairs_of(folds));
  std::array<int32_t, kTile> a, b;
  std::array<Complex, kNyquist + 1> first, second;
  // Every second line, even and odd ones alike: what a colour filter array leaves has opposite signs there.
  for (int y = 0; y < kTile; y += 4) {
    windowed(lines.data() + static_cast<ptrdiff_t>(y) * kTile, t, a);
    windowed(lines.data() + static_cast<ptrdiff_t>(y + 3) * kTile, t, b);
    transform_two(a, b, first, second);
    sums.add(first, folds);
    sums.add(second, folds);
  }
  sums.finish(folds, spectrum);
}

int64_t log2_q8(uint64_t value) {
  if (value == 0) return 0;
  const int whole = 63 - std::countl_zero(value);
  // One bit of the fraction a squaring.
  uint64_t mantissa =
      whole >= 31 ? value >> static_cast<unsigned>(whole - 31) : value << static_cast<unsigned>(31 - whole);
  int64_t log = whole;
  for (int bit = 0; bit < 8; ++bit) {
    mantissa = (mantissa * mantissa) >> 31U;
    const bool carry = (mantissa >> 32U) != 0;
    log = 2 * log + (carry ? 1 : 0);
    if (carry) mantissa >>= 1U;
  }
  return log;
}

uint64_t root(uint64_t value) {
  uint64_t low = 0;
  uint64_t bit = uint64_t{1} << 62U;
  while (bit > value) bit >>= 2U;
  while (bit != 0) {
    if (value >= low + bit) {
      value -= low + bit;
      low = (low >> 1U) + bit;
    } else {
      low >>= 1U;
    }
    bit >>= 2U;
  }
  return low;
}

std::vector<TilePlace> choose_tiles(const PictureView& quarter, int least_64ths) {
  constexpr int kSpan = 8;  // cells of a tile
  const int columns = quarter.width / 6;
  const int rows = quarter.height / 6;
  if (columns < kSpan || rows < kSpan) return {};
  const auto cells = cell_detail(quarter, columns, rows);
  struct Best {
    int64_t detail = 0;
    TilePlace place;
  };
  std::array<Best, 8> best;
  const int across = (columns - kSpan) / 2 + 1;
  const int down = (rows - kSpan) / 2 + 1;
  for (int y = 0; y < down; ++y) {
    for (int x = 0; x < across; ++x) {
      const int64_t detail = weakest_strip(cells, columns, 2 * x, 2 * y);
      Best& in = best[static_cast<size_t>(4 * (y * 2 / down) + x * 4 / across)];
      if (detail > in.detail) in = {detail, {48 * x, 48 * y}};
    }
  }
  std::vector<TilePlace> places;
  const int64_t enough = static_cast<int64_t>(least_64ths) * kSpan * 6 * 6 * 2 / 64;
  for (const Best& one : best) {
    if (one.detail > enough) places.push_back(one.place);
  }
  return places;
}

}  // namespace pier::analysis::impl
