#include "fields.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace pier::deliver {
namespace {

// Thirteen-bit fixed point. M. Weston's three-field filter: detail from the fields before and after, shape from this
// one; for what moves fast, a cubic of this field alone.
constexpr int kShift = 13;
constexpr int kShapeNear = 4309, kShapeFar = -213;
constexpr int kDetail = 5570, kDetailNear = -3801, kDetailFar = 1016;  // of sums of four fields' lines: two bits more
constexpr int kCubicNear = 5077, kCubicFar = -981;

/// Lines beyond the edge are those of the same field inside.
int mirrored(int y, int height) {
  if (y < 0) y = -y;
  if (y >= height) y = 2 * (height - 1) - y;
  return std::clamp(y, 0, height - 1);
}

/// One plane of the frame that is taken apart, and its neighbours in time.
struct Around {
  const Plane& now;
  const Plane& kept_before;  // hold the lines of this field one frame away
  const Plane& kept_after;
  const Plane& other_before;  // hold the missing lines one field away
  const Plane& other_after;
};

template <typename Sample>
struct Lines {
  const Sample* at[9];  // from four lines above to four below
  Lines(const Plane& plane, int y) {
    for (int i = 0; i < 9; ++i) at[i] = plane.row<Sample>(mirrored(y + i - 4, plane.height));
  }
  int operator()(int line, int x) const { return at[line + 4][x]; }
};

/// What was missing at line y: see the class.
template <typename Sample>
void fill_line(const Around& around, int y, int peak, Sample* to) {
  const Lines<Sample> now(around.now, y), before(around.kept_before, y), after(around.kept_after, y),
      last(around.other_before, y), next(around.other_after, y);
  for (int x = 0; x < around.now.width; ++x) {
    const int above = now(-1, x), below = now(1, x);
    const int mean = (last(0, x) + next(0, x)) / 2;
    const int change = std::abs(last(0, x) - next(0, x));
    const int change_before = (std::abs(before(-1, x) - above) + std::abs(before(1, x) - below)) / 2;
    const int change_after = (std::abs(after(-1, x) - above) + std::abs(after(1, x) - below)) / 2;
    int room = std::max({change / 2, change_before, change_after});
    const int up = (last(-2, x) + next(-2, x)) / 2 - above, down = (last(2, x) + next(2, x)) / 2 - below;
    const int from_above = mean - above, from_below = mean - below;
    const int most = std::max({from_above, from_below, std::min(up, down)});
    const int least = std::min({from_above, from_below, std::max(up, down)});
    const bool moved = room != 0;
    room = std::max({room, least, -most});
    const int detail =
        (kDetail * (last(0, x) + next(0, x)) + kDetailNear * (last(-2, x) + next(-2, x) + last(2, x) + next(2, x)) +
         kDetailFar * (last(-4, x) + next(-4, x) + last(4, x) + next(4, x))) /
        4;
    const int outer = now(-3, x) + now(3, x);
    const int three_fields = (detail + kShapeNear * (above + below) + kShapeFar * outer) >> kShift;
    const int one_field = (kCubicNear * (above + below) + kCubicFar * outer) >> kShift;
    const int between = std::abs(above - below) > change ? three_fields : one_field;
    const int held = moved ? std::clamp(between, mean - room, mean + room) : mean;
    to[x] = static_cast<Sample>(std::clamp(held, 0, peak));
  }
}

template <typename Sample>
void fill_plane(const Around& around, int parity, int peak, const MutablePlane& to) {
  for (int y = 0; y < to.height; ++y) {
    auto* line = to.row<Sample>(y);
    if (y % 2 == parity)
      std::memcpy(line, around.now.row<Sample>(y), static_cast<size_t>(to.width) * sizeof(Sample));
    else
      fill_line(around, y, peak, line);
  }
}

/// Quarters of what lies beside, without the loss of a plain mean: -1 2 6 2 -1 of eight.
template <typename Sample>
void smooth_line(const Plane& plane, int y, int peak, Sample* to) {
  const auto line = [&](int place) { return plane.row<Sample>(std::clamp(place, 0, plane.height - 1)); };
  const Sample *a = line(y - 2), *b = line(y - 1), *c = line(y), *d = line(y + 1), *e = line(y + 2);
  for (int x = 0; x < plane.width; ++x) {
    const int sum = 6 * c[x] + 2 * (b[x] + d[x]) - a[x] - e[x];
    to[x] = static_cast<Sample>(std::clamp((sum + 4) >> 3, 0, peak));
  }
}

template <typename Sample>
void weave_plane(const Plane& first, const Plane& second, bool smooth, int peak, const MutablePlane& to) {
  for (int y = 0; y < to.height; ++y) {
    const Plane& from = y % 2 == 0 ? first : second;
    if (smooth)
      smooth_line(from, y, peak, to.row<Sample>(y));
    else
      std::memcpy(to.row<Sample>(y), from.row<Sample>(y), static_cast<size_t>(to.width) * sizeof(Sample));
  }
}

int peak_of(PixelFormat format) {
  return (1 << format.bit_depth) - 1;
}

/// The picture at the time of the field whose lines are those of `parity`.
Picture picture_of(const Picture& before, const Picture& now, const Picture& after, int parity, bool first) {
  Picture made = Picture::allocate(now.format(), now.width(), now.height(), now.colour());
  if (!made) return made;
  MutablePictureView to = made.writable();
  for (int i = 0; i < now.format().plane_count(); ++i) {
    const auto plane = [&](const Picture& picture) -> const Plane& {
      return picture.view().planes[static_cast<size_t>(i)];
    };
    const Around around{plane(now), plane(before), plane(after), plane(first ? before : now),
                        plane(first ? now : after)};
    const MutablePlane& target = to.planes[static_cast<size_t>(i)];
    if (now.format().bytes_per_sample() == 1)
      fill_plane<uint8_t>(around, parity, peak_of(now.format()), target);
    else
      fill_plane<uint16_t>(around, parity, peak_of(now.format()), target);
  }
  return made;
}

}  // namespace

FieldSeparator::Pair FieldSeparator::pictures(const Picture& next) const {
  const Picture& before = x_before ? x_before : x_now;
  const int parity = x_top_first ? 0 : 1;
  return {picture_of(before, x_now, next, parity, true), picture_of(before, x_now, next, 1 - parity, false)};
}

std::optional<FieldSeparator::Pair> FieldSeparator::push(Picture frame) {
  std::optional<Pair> made;
  if (x_now) made = pictures(frame);
  x_before = std::move(x_now);
  x_now = std::move(frame);
  return made;
}

std::optional<FieldSeparator::Pair> FieldSeparator::last() {
  if (!x_now) return std::nullopt;
  Pair made = pictures(x_now);
  x_now = {};
  return made;
}

Picture FieldWeaver::frame(const Picture& first, const Picture& second) const {
  Picture made = Picture::allocate(first.format(), first.width(), first.height(), first.colour());
  if (!made) return made;
  MutablePictureView to = made.writable();
  const int peak = peak_of(first.format());
  for (size_t i = 0; i < static_cast<size_t>(first.format().plane_count()); ++i) {
    if (first.format().bytes_per_sample() == 1)
      weave_plane<uint8_t>(first.view().planes[i], second.view().planes[i], x_smooth, peak, to.planes[i]);
    else
      weave_plane<uint16_t>(first.view().planes[i], second.view().planes[i], x_smooth, peak, to.planes[i]);
  }
  return made;
}

std::optional<Picture> FieldWeaver::push(const Picture& picture) {
  if (!x_first) {
    x_first = picture;
    return std::nullopt;
  }
  Picture made = frame(x_first, picture);
  x_first = {};
  return made;
}

std::optional<Picture> FieldWeaver::last() {
  if (!x_first) return std::nullopt;
  const Picture first = x_first;
  return push(first);
}

}  // namespace pier::deliver
