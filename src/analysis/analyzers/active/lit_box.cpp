#include "analyzers/active/lit_box.hpp"

#include <algorithm>
#include <vector>

#include "kernels.hpp"

namespace pier::analysis::impl {

namespace {

constexpr int kScale = 4;  // of the quarter view

int64_t lit_in_row(const Plane& plane, int bytes, int y, int code) {
  const Plane row{plane.data + y * plane.stride, plane.stride, plane.width, 1};
  return plane.width - static_cast<int64_t>(kernels::count_at_most(row, bytes, code));
}

template <typename Sample>
void add_lit(const Plane& plane, int code, std::vector<uint16_t>& columns) {
  const auto width = static_cast<size_t>(plane.width);
  uint16_t* counts = columns.data();
  for (int y = 0; y < plane.height; ++y) {
    const Sample* row = plane.row<Sample>(y);
    for (size_t x = 0; x < width; ++x) {
      counts[x] = static_cast<uint16_t>(counts[x] + (static_cast<int>(row[x]) > code ? 1 : 0));
    }
  }
}

/// Lit samples among every fourth of a column.
template <typename Sample>
int64_t lit_in_column(const Plane& plane, int x, int code) {
  int64_t lit = 0;
  for (int y = 0; y < plane.height; y += kScale) lit += static_cast<int>(plane.row<Sample>(y)[x]) > code ? 1 : 0;
  return lit;
}

/// One direction of the quarter view: how much is lit in each row or column.
struct Profile {
  std::vector<int64_t> lit;
  int64_t most = 0;
  size_t first = 0, end = 0;  // what belongs to the picture

  void close() {
    most = *std::max_element(lit.begin(), lit.end());
    end = lit.size();
    while (first < end && !active(first)) ++first;
    while (end > first && !active(end - 1)) --end;
  }
  bool active(size_t i) const { return lit[i] * 10 > 3 * most; }
  bool full(size_t i) const { return i < lit.size() && lit[i] * 10 >= 6 * most; }

  enum class Bars : uint8_t { kNone, kBoth, kUnclear };
  Bars bars() const {
    const size_t least = std::max<size_t>(1, lit.size() * 3 / 200);
    const size_t after = lit.size() - end;
    if (first < least && after < least) return Bars::kNone;
    const bool sharp = end - first >= 4 && full(first + 1) && full(end - 2);
    return first >= least && after >= least && sharp && (end - first) * 4 >= lit.size() ? Bars::kBoth : Bars::kUnclear;
  }
};

/// First of the samples around an edge of the quarter view that belongs to the picture, going inwards.
template <typename Lit>
int64_t edge(size_t quarter, int64_t size, int64_t most, Lit lit) {
  const int64_t from = std::max<int64_t>(0, static_cast<int64_t>(quarter) * kScale - kScale);
  const int64_t to = std::min(size - 1, static_cast<int64_t>(quarter) * kScale + kScale - 1);
  for (int64_t i = from; i <= to; ++i) {
    if (lit(static_cast<int>(i)) * 10 > 3 * most) return i;
  }
  return static_cast<int64_t>(quarter) * kScale;
}

/// The same from the other side; gives the first sample that does not belong to the picture.
template <typename Lit>
int64_t far_edge(size_t quarter, int64_t size, int64_t most, Lit lit) {
  const int64_t from = std::min(size - 1, static_cast<int64_t>(quarter) * kScale + kScale - 1);
  const int64_t to = std::max<int64_t>(0, static_cast<int64_t>(quarter) * kScale - kScale);
  for (int64_t i = from; i >= to; --i) {
    if (lit(static_cast<int>(i)) * 10 > 3 * most) return i + 1;
  }
  return static_cast<int64_t>(quarter) * kScale;
}

template <typename Sample>
LitBox find(const PictureView& picture, const Plane& quarter, int code) {
  const Plane& plane = picture.planes[0];
  const int bytes = sizeof(Sample);
  Profile rows, columns;
  for (int y = 0; y < quarter.height; ++y) rows.lit.push_back(lit_in_row(quarter, bytes, y, code));
  std::vector<uint16_t> counts(static_cast<size_t>(quarter.width), 0);
  add_lit<Sample>(quarter, code, counts);
  columns.lit.assign(counts.begin(), counts.end());
  rows.close();
  columns.close();
  LitBox box;
  if (rows.most * 4 < quarter.width || columns.most * 4 < quarter.height) return box;
  // Samples that do not fill a box of the view belong to its last row and column.
  const auto end_of = [](const Profile& profile, int64_t side) {
    return profile.end == profile.lit.size() ? side : static_cast<int64_t>(profile.end) * kScale;
  };
  box.lit = Box{static_cast<int64_t>(columns.first) * kScale, static_cast<int64_t>(rows.first) * kScale,
                end_of(columns, plane.width), end_of(rows, plane.height)};
  const Profile::Bars vertical = rows.bars();
  const Profile::Bars horizontal = columns.bars();
  using Bars = Profile::Bars;
  const bool any = vertical == Bars::kBoth || horizontal == Bars::kBoth;
  if (!any || vertical == Bars::kUnclear || horizontal == Bars::kUnclear) return box;
  box.active = Box{0, 0, plane.width, plane.height};
  if (vertical == Bars::kBoth) {
    const auto lit = [&](int y) { return lit_in_row(plane, bytes, y, code); };
    box.active->top = edge(rows.first, plane.height, rows.most * kScale, lit);
    box.active->bottom = far_edge(rows.end, plane.height, rows.most * kScale, lit);
  }
  if (horizontal == Bars::kBoth) {
    const auto lit = [&](int x) { return lit_in_column<Sample>(plane, x, code); };
    box.active->left = edge(columns.first, plane.width, columns.most, lit);
    box.active->right = far_edge(columns.end, plane.width, columns.most, lit);
  }
  const auto narrow = [](int64_t bar, int64_t side) { return bar * 200 < side * 3; };
  const Box& b = *box.active;
  const bool thin = vertical == Bars::kBoth && narrow(std::min(b.top, plane.height - b.bottom), plane.height);
  const bool slim = horizontal == Bars::kBoth && narrow(std::min(b.left, plane.width - b.right), plane.width);
  if (thin || slim) box.active.reset();
  return box;
}

}  // namespace

Box united(const Box& a, const Box& b) {
  return {std::min(a.left, b.left), std::min(a.top, b.top), std::max(a.right, b.right), std::max(a.bottom, b.bottom)};
}

std::optional<Box> united(const std::optional<Box>& a, const std::optional<Box>& b) {
  if (!a || !b) return a ? a : b;
  return united(*a, *b);
}

bool inside(const Box& inner, const Box& outer, int64_t tolerance) {
  return inner.left >= outer.left - tolerance && inner.top >= outer.top - tolerance &&
         inner.right <= outer.right + tolerance && inner.bottom <= outer.bottom + tolerance;
}

LitBox find_lit_box(const PictureView& picture, const PictureView& quarter, const Signal& signal) {
  if (quarter.width < 8 || quarter.height < 8) return {};
  const int code = signal.code_at_most(LitBox::kLitNits);
  if (code < 0) return {};
  return picture.format.bytes_per_sample() == 1 ? find<uint8_t>(picture, quarter.planes[0], code)
                                                : find<uint16_t>(picture, quarter.planes[0], code);
}

}  // namespace pier::analysis::impl
