#include "analyzers/dropout/patches.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>

#include "kernels.hpp"
#include "signal.hpp"

namespace pier::analysis::impl {

namespace {

constexpr size_t kMaxPatches = 8;

// ---- lines

constexpr int kStrips = 4, kStripWidth = 32, kAgree = 3;
constexpr int kLineChange = 30;  // thousandths of nominal, of half of the samples of a strip
constexpr int kBox = 4;          // rows and columns to one of the quarter view
constexpr int kBoxChange = 4;    // thousandths of nominal, of the quarter view where a row may have changed
constexpr int kQuiet = 4;        // rows around change less than this part of it
constexpr int kTexture = 10;     // thousandths: rows that are not flat

template <typename T>
int difference(const T* a, const T* b, int count) {
  int sum = 0;
  for (int i = 0; i < count; ++i) sum += std::abs(static_cast<int>(a[i]) - static_cast<int>(b[i]));
  return sum;
}

template <typename T>
int count_of_changed(const T* a, const T* b, int count, int step) {
  int changed = 0;
  for (int i = 0; i < count; ++i) changed += std::abs(static_cast<int>(a[i]) - static_cast<int>(b[i])) >= step ? 1 : 0;
  return changed;
}

/// Rows of two pictures, seen in strips.
template <typename T>
class LineFinder {
 public:
  LineFinder(const Plane& now, const Plane& before, int span)
      : x_now(now),
        x_before(before),
        x_span(span),
        x_strip(std::min(kStripWidth, now.width / 8)),
        x_step(std::max(1, kLineChange * span / 1000)),
        x_unit(static_cast<int>(std::max<int64_t>(1, int64_t{span} * x_strip / 1000))) {}

  /// Rows lie far apart in memory: they are looked at where the quarter view of both pictures may hold a line.
  std::vector<Patch> find(const Plane& quarter, const Plane& quarter_before) const {
    std::vector<Patch> found;
    const int highest = std::max(2, x_now.height / 64);
    const std::vector<Strips> changes = box_changes(quarter, quarter_before);
    const int far = highest / kBox + 2;
    for (int y = 0; y < x_now.height; ++y) {
      const int box = y / kBox;
      if (box < static_cast<int>(changes.size()) && static_cast<int>(changes.size()) >= 2 * far &&
          !may_hold(changes, box, far)) {
        y = (box + 1) * kBox - 1;
        continue;
      }
      if (!changed(y)) continue;
      const int first = y;
      while (y + 1 < x_now.height && changed(y + 1)) ++y;
      if (y - first + 1 > highest || !stands_out(first, y)) continue;
      const int odd = oddness(first, y);
      if (odd == 0) continue;
      found.push_back({.region = {0, first, x_now.width, y - first + 1}, .line = true, .appears = odd > 0});
      if (found.size() > kMaxPatches) return {};
    }
    return found;
  }

 private:
  const T* at(const Plane& plane, int y, int strip) const {
    return plane.row<T>(y) + plane.width * (2 * strip + 1) / (2 * kStrips) - x_strip / 2;
  }

  using Strips = std::array<int, kStrips>;

  /// Of each row of the quarter view, the change of each strip. Empty when strips are too narrow for that.
  std::vector<Strips> box_changes(const Plane& quarter, const Plane& quarter_before) const {
    std::vector<Strips> changes;
    if (x_strip < kStripWidth) return changes;
    changes.resize(static_cast<size_t>(quarter.height));
    for (int y = 0; y < quarter.height; ++y) {
      for (int strip = 0; strip < kStrips; ++strip) {
        const int x = (x_now.width * (2 * strip + 1) / (2 * kStrips) - x_strip / 2) / kBox;
        changes[static_cast<size_t>(y)][static_cast<size_t>(strip)] =
            difference(quarter.row<T>(y) + x, quarter_before.row<T>(y) + x, kStripWidth / kBox);
      }
    }
    return changes;
  }

  /// The rows of a box may hold a line: in most strips it changed, by a third more than what is above or below it.
  bool may_hold(const std::vector<Strips>& changes, int y, int far) const {
    const auto& here = changes[static_cast<size_t>(y)];
    const auto& above = changes[static_cast<size_t>(y >= far ? y - far : y + far)];
    const auto& below = changes[static_cast<size_t>(y + far < static_cast<int>(changes.size()) ? y + far : y - far)];
    int agree = 0;
    for (size_t strip = 0; strip < kStrips; ++strip) {
      const bool much = here[strip] * 1000 >= kBoxChange * x_span * (kStripWidth / kBox);
      agree += much && 3 * here[strip] >= 4 * std::min(above[strip], below[strip]) ? 1 : 0;
    }
    return agree >= kAgree;
  }

  /// In most strips half of the samples are not what they were. Strips that cannot matter any more are not read.
  bool changed(int y) const {
    int agree = 0;
    for (int strip = 0; strip < kStrips; ++strip) {
      agree += 2 * count_of_changed(at(x_now, y, strip), at(x_before, y, strip), x_strip, x_step) >= x_strip ? 1 : 0;
      if (agree + kStrips - 1 - strip < kAgree) return false;
    }
    return true;
  }

  /// In most strips the rows around first ... last changed far less.
  bool stands_out(int first, int last) const {
    int agree = 0;
    for (int strip = 0; strip < kStrips; ++strip) {
      const auto change = [&](int y) -> int64_t {
        return difference(at(x_now, y, strip), at(x_before, y, strip), x_strip);
      };
      int64_t inside = 0, outside = 0, around = 0;
      for (int y = first; y <= last; ++y) inside += change(y);
      for (int k = 2; k <= 4; ++k) {
        for (const int y : {first - k, last + k}) {
          if (y < 0 || y >= x_now.height) continue;
          outside += change(y);
          ++around;
        }
      }
      if (around > 1 && outside * kQuiet * (last - first + 1) <= inside * around) ++agree;
    }
    return agree >= kAgree;
  }

  /// Of a row to the row above it, all strips.
  int64_t edge(const Plane& plane, int y) const {
    int64_t sum = 0;
    for (int strip = 0; strip < kStrips; ++strip)
      sum += difference(at(plane, y, strip), at(plane, y - 1, strip), x_strip);
    return sum;
  }

  /// 1: odd now, -1: odd before, 0: neither. Odd are rows with sharper edges to their neighbours, or that repeat.
  int oddness(int first, int last) const {
    int64_t now = 0, before = 0, inner_now = 0, inner_before = 0;
    for (const int y : {first, last + 1}) {
      if (y < 1 || y >= x_now.height) continue;
      now += edge(x_now, y);
      before += edge(x_before, y);
    }
    for (int y = first + 1; y <= last; ++y) {
      inner_now += edge(x_now, y);
      inner_before += edge(x_before, y);
    }
    const int64_t textured = int64_t{x_unit} * kStrips * kTexture * (last - first);
    if (last > first && inner_before >= textured && 4 * inner_now <= inner_before) return 1;
    if (last > first && inner_now >= textured && 4 * inner_before <= inner_now) return -1;
    const int64_t margin = int64_t{x_unit} * kStrips * kTexture;
    if (2 * now > 3 * before + margin) return 1;
    return 2 * before > 3 * now + margin ? -1 : 0;
  }

  const Plane &x_now, &x_before;
  int x_span, x_strip, x_step;
  int x_unit;  // a thousandth of nominal, summed over a strip
};

template <typename T>
std::vector<Patch> find_lines(const FrameViews& now, const FrameViews& before, int span) {
  const PictureView& picture = now.picture();
  if (picture.width < 64 || picture.height < 32) return {};
  return LineFinder<T>(picture.planes[0], before.picture().planes[0], span)
      .find(now.luma_quarter().planes[0], before.luma_quarter().planes[0]);
}

// ---- blocks

constexpr int kCell = 8;           // samples of the picture to one of the view
constexpr int kMinCells = 3;       // sides of a block
constexpr int kMinView = 12;       // sides of the view
constexpr int kBlockChange = 120;  // thousandths of nominal
constexpr int kOneColour = 40, kStillRing = 30, kOddColour = 100;

struct Cells {
  int left, top, right, bottom;  // ends included
  int count = 0;
};

int code_at(const PictureView& view, int plane, int x, int y) {
  const Plane& p = view.planes[static_cast<size_t>(plane)];
  return view.format.bytes_per_sample() == 1 ? p.row<uint8_t>(y)[x] : p.row<uint16_t>(y)[x];
}

/// Planes that are looked at together: luma, or both of chroma.
struct Planes {
  int first, last;
};

/// Cells that changed by more than `step` in any of the planes.
template <typename T>
int changed_cells(const PictureView& now, const PictureView& before, Planes planes, int step,
                  std::vector<uint8_t>& mask) {
  const auto width = static_cast<size_t>(now.width);
  mask.assign(width * static_cast<size_t>(now.height), 0);
  bool any = false;
  for (int plane = planes.first; plane <= planes.last; ++plane) {
    const Plane &p = now.planes[static_cast<size_t>(plane)], &q = before.planes[static_cast<size_t>(plane)];
    for (int y = 0; y < now.height; ++y) {
      any |= kernels::mark_changed(p.row<T>(y), q.row<T>(y), now.width, step,
                                   mask.data() + static_cast<size_t>(y) * width);
    }
  }
  return any ? static_cast<int>(std::ranges::count(mask, uint8_t{1})) : 0;
}

/// Takes the cells that hang together with one out of the mask.
Cells component(std::vector<uint8_t>& mask, int width, int height, int x, int y) {
  Cells cells{x, y, x, y};
  std::vector<std::pair<int, int>> open{{x, y}};
  const auto take = [&](int cx, int cy) {
    if (cx < 0 || cy < 0 || cx >= width || cy >= height) return;
    uint8_t& cell = mask[static_cast<size_t>(cy) * static_cast<size_t>(width) + static_cast<size_t>(cx)];
    if (cell == 0) return;
    cell = 0;
    open.emplace_back(cx, cy);
  };
  mask[static_cast<size_t>(y) * static_cast<size_t>(width) + static_cast<size_t>(x)] = 0;
  while (!open.empty()) {
    const auto [cx, cy] = open.back();
    open.pop_back();
    ++cells.count;
    cells.left = std::min(cells.left, cx);
    cells.right = std::max(cells.right, cx);
    cells.top = std::min(cells.top, cy);
    cells.bottom = std::max(cells.bottom, cy);
    for (const auto& [dx, dy] : {std::pair{1, 0}, {-1, 0}, {0, 1}, {0, -1}}) take(cx + dx, cy + dy);
  }
  return cells;
}

/// Of one component: mean and spread inside (without the outermost cells) and mean of the ring two cells off.
struct Colour {
  int inside = 0, spread = 0, ring = 0;
};

Colour colour_of(const PictureView& view, int plane, const Cells& c) {
  int64_t sum = 0, ring = 0;
  int count = 0, around = 0, low = INT32_MAX, high = 0;
  for (int y = c.top + 1; y < c.bottom; ++y) {
    for (int x = c.left + 1; x < c.right; ++x, ++count) {
      const int code = code_at(view, plane, x, y);
      sum += code;
      low = std::min(low, code);
      high = std::max(high, code);
    }
  }
  const auto take = [&](int x, int y) {
    if (x < 0 || y < 0 || x >= view.width || y >= view.height) return;
    ring += code_at(view, plane, x, y);
    ++around;
  };
  for (int x = c.left - 2; x <= c.right + 2; ++x) {
    take(x, c.top - 2);
    take(x, c.bottom + 2);
  }
  for (int y = c.top - 1; y <= c.bottom + 1; ++y) {
    take(c.left - 2, y);
    take(c.right + 2, y);
  }
  return {static_cast<int>(sum / std::max(1, count)), high - low, static_cast<int>(ring / std::max(1, around))};
}

/// 1: a block of one odd colour now, -1: before, 0: neither.
int block_oddness(const PictureView& now, const PictureView& before, Planes planes, const Cells& cells, int span) {
  int odd_now = 0, odd_before = 0;
  bool one_now = true, one_before = true;
  for (int plane = planes.first; plane <= planes.last; ++plane) {
    const Colour a = colour_of(now, plane, cells), b = colour_of(before, plane, cells);
    if (std::abs(a.ring - b.ring) * 1000 > kStillRing * span) return 0;
    one_now &= a.spread * 1000 <= kOneColour * span;
    one_before &= b.spread * 1000 <= kOneColour * span;
    odd_now = std::max(odd_now, std::abs(a.inside - a.ring));
    odd_before = std::max(odd_before, std::abs(b.inside - b.ring));
  }
  const int more = kOddColour * span / 1000;
  if (one_now && odd_now >= odd_before + more) return 1;
  return one_before && odd_before >= odd_now + more ? -1 : 0;
}

bool overlap(const Region& a, const Region& b) {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

void find_blocks(const PictureView& now, const PictureView& before, Planes planes, int span, std::vector<Patch>& out) {
  std::vector<uint8_t> mask;
  const int step = kBlockChange * span / 1000;
  const int changed = now.format.bytes_per_sample() == 1 ? changed_cells<uint8_t>(now, before, planes, step, mask)
                                                         : changed_cells<uint16_t>(now, before, planes, step, mask);
  const int all = now.width * now.height;
  if (changed == 0 || changed * 20 > all) return;
  std::vector<Patch> found;
  const uint8_t* end = mask.data() + mask.size();
  for (const uint8_t* at = mask.data(); at != end; ++at) {
    at = static_cast<const uint8_t*>(std::memchr(at, 1, static_cast<size_t>(end - at)));
    if (at == nullptr) break;
    const auto i = static_cast<int>(at - mask.data());
    const Cells cells = component(mask, now.width, now.height, i % now.width, i / now.width);
    const int width = cells.right - cells.left + 1, height = cells.bottom - cells.top + 1;
    const bool block = std::min(width, height) >= kMinCells && cells.count * 10 >= width * height * 9;
    if (!block || width * height * 50 > all) continue;
    const int odd = block_oddness(now, before, planes, cells, span);
    if (odd == 0) continue;
    found.push_back({.region = {cells.left * kCell, cells.top * kCell, width * kCell, height * kCell},
                     .line = false,
                     .appears = odd > 0});
    if (found.size() > kMaxPatches) return;
  }
  for (const Patch& patch : found) {
    const auto known = [&](const Patch& other) { return !other.line && overlap(other.region, patch.region); };
    if (std::ranges::none_of(out, known)) out.push_back(patch);
  }
}

}  // namespace

std::vector<Patch> find_patches(const FrameViews& now, const FrameViews& before) {
  const PictureView &a = now.picture(), &b = before.picture();
  if (a.width != b.width || a.height != b.height || a.format != b.format) return {};
  const Signal& signal = now.signal();
  const int luma = signal.peak() - signal.black();
  std::vector<Patch> patches = a.format.bytes_per_sample() == 1 ? find_lines<uint8_t>(now, before, luma)
                                                                : find_lines<uint16_t>(now, before, luma);
  const PictureView &small = now.eighth(), &small_before = before.eighth();
  if (small.width < kMinView || small.height < kMinView) return patches;
  find_blocks(small, small_before, {0, 0}, luma, patches);
  if (small.format.plane_count() < 3) return patches;
  const int chroma = a.format.rgb ? luma : signal.chroma_high() - signal.chroma_low();
  find_blocks(small, small_before, {1, 2}, chroma, patches);
  return patches;
}

}  // namespace pier::analysis::impl
