#include "outside_counts.hpp"

#include <algorithm>
#include <climits>
#include <cstring>

namespace pier::analysis {

namespace {

using kernels::kFlagPixels;
using kernels::SignalLimits;

constexpr int kComponents = 4;

class OutsideCounter {
 public:
  OutsideCounter(SignalRows& rows, const std::vector<uint8_t>& flags, bool interlaced, const SignalLimits& limits)
      : x_rows(rows), x_flags(flags), x_limits(limits), x_step(interlaced ? 2 : 1) {}

  OutsideCounts run() {
    const auto blocks = static_cast<size_t>(x_rows.flags());
    if (!find_flagged(blocks)) return {};
    x_stride = static_cast<size_t>(x_rows.width()) + 1 + 2 * SignalRows::kMargin;
    x_samples.resize(kHeld * kComponents * x_stride);
    x_work.resize(x_stride);
    x_outside.resize(x_stride);
    x_left = x_rows.width();
    x_top = x_rows.height();
    std::vector<uint8_t> near(blocks);
    for (int y = 0; y < x_rows.height(); ++y) {
      if (!gather(y, near)) continue;
      for (size_t first = 0; first < blocks; ++first) {
        if (near[first] == 0) continue;
        size_t end = first;
        while (end < blocks && near[end] != 0) ++end;
        const int left = static_cast<int>(first) * kFlagPixels;
        span(y, left, std::min(x_rows.width(), static_cast<int>(end) * kFlagPixels) - left);
        first = end;
      }
    }
    if (x_counts.pixels > 0) x_counts.region = {x_left, x_top, x_right + 1 - x_left, x_bottom + 1 - x_top};
    return x_counts;
  }

 private:
  static constexpr size_t kHeld = 5;  // rows: the filter's three, every second one when interlaced

  int above(int y) const { return y < x_step ? y : y - x_step; }
  int below(int y) const { return y + x_step >= x_rows.height() ? y : y + x_step; }

  /// Blocks of a row from the first to the last one flagged; none: the first lies behind the last.
  struct Extent {
    int first = INT_MAX, last = -1;
    bool empty() const { return last < first; }
    void take_in(const Extent& other) {
      first = std::min(first, other.first);
      last = std::max(last, other.last);
    }
  };

  bool find_flagged(size_t blocks) {
    x_extents.resize(static_cast<size_t>(x_rows.height()));
    bool any = false;
    for (size_t y = 0; y < x_extents.size(); ++y) {
      const uint8_t* row = x_flags.data() + y * blocks;
      const void* first = std::memchr(row, 1, blocks);
      if (first == nullptr) continue;
      any = true;
      x_extents[y] = {static_cast<int>(static_cast<const uint8_t*>(first) - row),
                      static_cast<int>(static_cast<const uint8_t*>(memrchr(row, 1, blocks)) - row)};
    }
    return any;
  }

  /// Blocks of row `y` with something flagged within reach of the filter. False: none.
  bool gather(int y, std::vector<uint8_t>& near) const {
    const size_t blocks = near.size();
    const std::array<int, 3> rows{above(y), y, below(y)};
    if (std::ranges::none_of(rows, [this](int row) { return !x_extents[static_cast<size_t>(row)].empty(); }))
      return false;
    std::fill(near.begin(), near.end(), uint8_t{0});
    for (const int row : rows) {
      const uint8_t* flags = x_flags.data() + static_cast<size_t>(row) * blocks;
      for (size_t b = 0; b < blocks; ++b) {
        if (flags[b] == 0) continue;
        near[b] = 1;
        if (b > 0) near[b - 1] = 1;
        if (b + 1 < blocks) near[b + 1] = 1;
      }
    }
    return true;
  }

  int16_t* component(int y, size_t c) {
    const size_t slot = static_cast<size_t>(y) % kHeld;
    return x_samples.data() + (slot * kComponents + c) * x_stride + SignalRows::kMargin;
  }

  /// Of a row, all that any row it is filtered with may ask for: a block around what is flagged there, and one more
  /// for the reach of the filter.
  SignalRows::Span needed(int y) const {
    Extent extent;
    for (const int row : {above(above(y)), above(y), y, below(y), below(below(y))})
      extent.take_in(x_extents[static_cast<size_t>(row)]);
    const int left = std::max(0, (extent.first - 2) * kFlagPixels);
    return {left, std::min(x_rows.width(), (extent.last + 3) * kFlagPixels) - left};
  }

  void hold(int y) {
    int& held = x_held[static_cast<size_t>(y) % kHeld];
    if (held == y) return;
    held = y;
    const SignalRows::Span span = needed(y);
    const auto from = [&](size_t c) { return component(y, c) + span.left; };
    x_rows.convert(y, span, {from(0), from(1), from(2), from(3)});
    for (size_t c = 0; c < kComponents; ++c) {
      int16_t* row = from(c);
      std::fill_n(row - SignalRows::kMargin, SignalRows::kMargin, row[0]);
      std::fill_n(row + span.width, SignalRows::kMargin, row[span.width - 1]);
    }
  }

  void span(int y, int left, int count) {
    for (const int row : {above(y), y, below(y)}) hold(row);
    std::fill_n(x_outside.begin(), count, uint8_t{0});
    int found = 0;
    for (size_t c = 0; c < kComponents; ++c) {
      const kernels::FilterRows rows{component(above(y), c) + left, component(y, c) + left,
                                     component(below(y), c) + left};
      const int here =
          kernels::filter_row(rows, count, x_limits, static_cast<uint8_t>(1U << c), x_work.data(), x_outside.data());
      x_counts.by_component[c] += here;
      found += here;
    }
    count_unfiltered(y, left, count);
    if (found > 0) take(y, left, count);
  }

  void count_unfiltered(int y, int left, int count) {
    const std::array<const int16_t*, kComponents> rows{component(y, 0) + left, component(y, 1) + left,
                                                       component(y, 2) + left, component(y, 3) + left};
    int64_t found = 0;
    for (int x = 0; x < count; ++x) {
      const int low = std::min(std::min(rows[0][x], rows[1][x]), std::min(rows[2][x], rows[3][x]));
      const int high = std::max(std::max(rows[0][x], rows[1][x]), std::max(rows[2][x], rows[3][x]));
      found += (low < x_limits.low ? 1 : 0) | (high > x_limits.high ? 1 : 0);
    }
    x_counts.unfiltered += found;
  }

  void take(int y, int left, int count) {
    const auto* begin = x_outside.data();
    const auto outside = [](uint8_t bits) { return bits != 0; };
    x_counts.pixels += std::count_if(begin, begin + count, outside);
    const auto first = std::find_if(begin, begin + count, outside) - begin;
    auto last = count - 1;
    while (begin[last] == 0) --last;
    x_left = std::min(x_left, left + static_cast<int>(first));
    x_right = std::max(x_right, left + last);
    x_top = std::min(x_top, y);
    x_bottom = y;
  }

  SignalRows& x_rows;
  const std::vector<uint8_t>& x_flags;
  std::vector<Extent> x_extents;  // of rows
  SignalLimits x_limits;
  int x_step;
  size_t x_stride = 0;
  std::vector<int16_t> x_samples;
  std::array<int, kHeld> x_held{-1, -1, -1, -1, -1};
  std::vector<int32_t> x_work;
  std::vector<uint8_t> x_outside;
  OutsideCounts x_counts;
  int x_left = 0, x_right = 0, x_top = 0, x_bottom = 0;
};

}  // namespace

OutsideCounts count_flagged(SignalRows& rows, const std::vector<uint8_t>& flags, bool interlaced,
                            const SignalLimits& limits) {
  return OutsideCounter(rows, flags, interlaced, limits).run();
}

OutsideCounts count_outside(const PictureView& picture, const Signal& signal, bool interlaced,
                            const SignalLimits& limits) {
  SignalRows rows(picture, signal);
  const auto blocks = static_cast<size_t>(rows.flags());
  std::vector<uint8_t> flags(blocks * static_cast<size_t>(picture.height));
  for (int y = 0; y < picture.height; ++y) {
    rows.scan(y, rows.whole(), narrowed(limits), flags.data() + static_cast<size_t>(y) * blocks);
  }
  return count_flagged(rows, flags, interlaced, limits);
}

}  // namespace pier::analysis
