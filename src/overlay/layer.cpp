#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <numeric>

#include <pier/colour/gamut.hpp>
#include <pier/overlay/layer.hpp>

#include "coded_image.hpp"

namespace pier::overlay {

using impl::Coded;
using impl::kOpaque;
using impl::kOpaqueBits;

namespace {

/// A rectangle of premultiplied samples of one or two planes that share their alpha. Rows know where they begin and
/// end.
struct Cover {
  int left = 0, top = 0, width = 0, height = 0;  // in samples of the plane, from where the layer lies
  std::vector<uint16_t> alpha;
  std::vector<std::vector<uint32_t>> values;
  std::vector<std::pair<int, int>> spans;  // a row's first sample that is not transparent, and behind its last
};

void find_spans(Cover& cover) {
  for (int y = 0; y < cover.height; ++y) {
    const auto row = cover.alpha.begin() + static_cast<ptrdiff_t>(y) * cover.width;
    const auto end = row + cover.width;
    const auto first = std::find_if(row, end, [](uint16_t a) { return a != 0; });
    auto last = end;
    while (last != first && *(last - 1) == 0) --last;
    cover.spans.emplace_back(static_cast<int>(first - row), static_cast<int>(last - row));
  }
}

/// How a chroma sample is made of the luma samples at -1, 0, 1 and 2 from its cell's first; in quarters.
using Taps = std::array<uint32_t, 4>;
constexpr Taps kWhole{0, 4, 0, 0}, kOnFirst{1, 2, 1, 0}, kBetween{0, 2, 2, 0}, kOnSecond{0, 1, 2, 1};

/// H.273 figure 1: kLeft, kTopLeft and kBottomLeft stand on luma columns.
Taps taps_across(ChromaSite site) {
  return site == ChromaSite::kCenter || site == ChromaSite::kTop || site == ChromaSite::kBottom ? kBetween : kOnFirst;
}
Taps taps_down(ChromaSite site) {
  if (site == ChromaSite::kTopLeft || site == ChromaSite::kTop) return kOnFirst;
  return site == ChromaSite::kBottomLeft || site == ChromaSite::kBottom ? kOnSecond : kBetween;
}

struct Subsampling {
  int across = 1, down = 1;
  Taps taps_across = kWhole, taps_down = kWhole;
};

Subsampling subsampling_of(const PixelFormat& format, ChromaSite site) {
  Subsampling found;
  if (format.chroma == Chroma::k420 || format.chroma == Chroma::k422) {
    found.across = 2;
    found.taps_across = taps_across(site);
  }
  if (format.chroma == Chroma::k420) {
    found.down = 2;
    found.taps_down = taps_down(site);
  }
  return found;
}

/// One sample of any of the arrays, filtered; the weights of both directions are sixteenths.
template <typename T>
uint32_t filtered(const std::vector<T>& from, const Coded& coded, const Subsampling& by, int x, int y) {
  uint64_t sum = 0;
  for (int v = 0; v < 4; ++v) {
    const int row = y + v - 1;
    if (by.taps_down[static_cast<size_t>(v)] == 0 || row < 0 || row >= coded.height) continue;
    for (int h = 0; h < 4; ++h) {
      const int column = x + h - 1;
      if (column < 0 || column >= coded.width) continue;
      const uint32_t weight = by.taps_down[static_cast<size_t>(v)] * by.taps_across[static_cast<size_t>(h)];
      sum += uint64_t{weight} * from[static_cast<size_t>(row) * static_cast<size_t>(coded.width) + column];
    }
  }
  return static_cast<uint32_t>((sum + 8) / 16);
}

/// Chroma for a layer whose first sample stands `phase_x`, `phase_y` luma samples behind that of a chroma cell.
Cover chroma_cover(const Coded& coded, const Subsampling& by, int phase_x, int phase_y) {
  Cover cover;
  const int before_x = by.across == 2 ? 1 : 0, before_y = by.down == 2 ? 1 : 0;
  cover.left = -before_x;
  cover.top = -before_y;
  cover.width = (coded.width + phase_x) / by.across + 2 * before_x;
  cover.height = (coded.height + phase_y) / by.down + 2 * before_y;
  const size_t count = static_cast<size_t>(cover.width) * static_cast<size_t>(cover.height);
  cover.alpha.reserve(count);
  cover.values.resize(2);
  for (auto& values : cover.values) values.reserve(count);
  for (int y = 0; y < cover.height; ++y) {
    const int row = (y + cover.top) * by.down - phase_y;
    for (int x = 0; x < cover.width; ++x) {
      const int column = (x + cover.left) * by.across - phase_x;
      cover.alpha.push_back(static_cast<uint16_t>(filtered(coded.alpha, coded, by, column, row)));
      cover.values[0].push_back(filtered(coded.values[1], coded, by, column, row));
      cover.values[1].push_back(filtered(coded.values[2], coded, by, column, row));
    }
  }
  find_spans(cover);
  return cover;
}

int floor_divide(int value, int by) {
  return value >= 0 ? value / by : -((-value + by - 1) / by);
}

template <typename T>
void blend_row(T* out, const uint32_t* values, const uint16_t* alpha, int count) {
  for (int i = 0; i < count; ++i)
    out[i] = static_cast<T>((out[i] * (kOpaque - alpha[i]) + values[i] + kOpaque / 2) >> kOpaqueBits);
}

template <typename T>
void blend_faded_row(T* out, const uint32_t* values, const uint16_t* alpha, int count, uint32_t opacity) {
  for (int i = 0; i < count; ++i) {
    const uint32_t a = (alpha[i] * opacity + kOpaque / 2) >> kOpaqueBits;
    const auto value = static_cast<uint32_t>((uint64_t{values[i]} * opacity + kOpaque / 2) >> kOpaqueBits);
    out[i] = static_cast<T>((out[i] * (kOpaque - a) + value + kOpaque / 2) >> kOpaqueBits);
  }
}

/// `x`, `y`: where the layer lies, in samples of the plane.
template <typename T>
void blend(const MutablePlane& plane, const Cover& cover, size_t which, int64_t x, int64_t y, uint32_t opacity) {
  const int64_t left = x + cover.left, top = y + cover.top;
  const int64_t last_row = std::min<int64_t>(cover.height, plane.height - top);
  for (int64_t row = std::max<int64_t>(0, -top); row < last_row; ++row) {
    const auto [begin, end] = cover.spans[static_cast<size_t>(row)];
    const int64_t first = std::max<int64_t>(begin, -left), last = std::min<int64_t>(end, plane.width - left);
    if (first >= last) continue;
    const size_t at = static_cast<size_t>(row * cover.width + first);
    T* const out = plane.row<T>(static_cast<int>(top + row)) + left + first;
    const uint32_t* const values = cover.values[which].data() + at;
    const uint16_t* const alpha = cover.alpha.data() + at;
    const int count = static_cast<int>(last - first);
    if (opacity == kOpaque)
      blend_row(out, values, alpha, count);
    else
      blend_faded_row(out, values, alpha, count, opacity);
  }
}

}  // namespace

struct Layer::Impl {
  PixelFormat format;
  int width = 0, height = 0;
  int left = 0, top = 0;  // of what is not transparent, in the image
  Subsampling subsampling;
  Cover luma;                   // of RGB and 4:4:4 all three planes
  std::array<Cover, 4> chroma;  // by phase: x, and 2 y; of 4:2:2 the first two

  template <typename T>
  void draw(const MutablePictureView& frame, int64_t x, int64_t y, uint32_t opacity) const;
};

template <typename T>
void Layer::Impl::draw(const MutablePictureView& frame, int64_t x, int64_t y, uint32_t opacity) const {
  for (size_t plane = 0; plane < luma.values.size(); ++plane) blend<T>(frame.planes[plane], luma, plane, x, y, opacity);
  if (subsampling.across == 1) return;
  const int cell_x = floor_divide(static_cast<int>(x), subsampling.across);
  const int cell_y = floor_divide(static_cast<int>(y), subsampling.down);
  const auto phase = (x - cell_x * subsampling.across) + 2 * (y - cell_y * subsampling.down);
  const Cover& cover = chroma[static_cast<size_t>(phase)];
  for (size_t plane = 1; plane < 3; ++plane) blend<T>(frame.planes[plane], cover, plane - 1, cell_x, cell_y, opacity);
}

Result<Layer> Layer::make(const Image& image, const Target& target) {
  PIER_TRY(Coded coded, impl::coded_image(image, target));
  auto impl = std::make_unique<Impl>();
  impl->format = target.format;
  impl->width = image.width;
  impl->height = image.height;
  impl->left = coded.left;
  impl->top = coded.top;
  impl->subsampling = subsampling_of(target.format, coded.site);
  const Subsampling& by = impl->subsampling;
  if (by.across == 2) {
    for (int y = 0; y < by.down; ++y) {
      for (int x = 0; x < 2; ++x) impl->chroma[static_cast<size_t>(x + 2 * y)] = chroma_cover(coded, by, x, y);
    }
  }
  Cover& luma = impl->luma;
  luma.width = coded.width;
  luma.height = coded.height;
  luma.alpha = std::move(coded.alpha);
  const bool all_alike = target.format.chroma == Chroma::k444;
  for (size_t plane = 0; plane < (all_alike ? 3U : 1U); ++plane) luma.values.push_back(std::move(coded.values[plane]));
  find_spans(luma);
  return Layer(std::move(impl));
}

Layer::Layer(std::unique_ptr<Impl> impl) : x_impl(std::move(impl)) {}
Layer::~Layer() = default;
Layer::Layer(Layer&&) noexcept = default;
Layer& Layer::operator=(Layer&&) noexcept = default;

int Layer::width() const {
  return x_impl->width;
}
int Layer::height() const {
  return x_impl->height;
}
const PixelFormat& Layer::format() const {
  return x_impl->format;
}

Result<void> compose(const MutablePictureView& frame, const Layer& layer, int x, int y, double opacity) {
  constexpr int kFarthest = 1 << 20;
  const Layer::Impl& impl = *layer.x_impl;
  if (frame.format != impl.format) {
    return fail(ErrorCode::kInvalidArgument, "a layer made for " + impl.format.to_string() +
                                                 " pictures cannot be drawn over " + frame.format.to_string());
  }
  if (!(opacity >= 0 && opacity <= 1)) return fail(ErrorCode::kInvalidArgument, "opacity is 0 to 1");
  if (std::abs(static_cast<int64_t>(x)) > kFarthest || std::abs(static_cast<int64_t>(y)) > kFarthest) return {};
  const auto opaque = static_cast<uint32_t>(std::lround(opacity * kOpaque));
  if (opaque == 0) return {};
  if (impl.format.bytes_per_sample() == 1)
    impl.draw<uint8_t>(frame, x + impl.left, y + impl.top, opaque);
  else
    impl.draw<uint16_t>(frame, x + impl.left, y + impl.top, opaque);
  return {};
}

Result<Picture> composed(const Picture& picture, std::span<const Placed> layers) {
  if (layers.empty()) return picture;
  Picture copy = Picture::allocate(picture.format(), picture.width(), picture.height(), picture.colour());
  if (!copy) return fail(ErrorCode::kOverloaded, "there is no memory for a picture");
  const MutablePictureView to = copy.writable();
  for (int plane = 0; plane < picture.format().plane_count(); ++plane) {
    const Plane& from = picture.view().planes[static_cast<size_t>(plane)];
    const size_t bytes = static_cast<size_t>(from.width * picture.format().bytes_per_sample());
    for (int y = 0; y < from.height; ++y)
      std::memcpy(to.planes[static_cast<size_t>(plane)].row<std::byte>(y), from.row<std::byte>(y), bytes);
  }
  for (const Placed& placed : layers) PIER_CHECK(compose(to, *placed.layer, placed.x, placed.y, placed.opacity));
  return copy;
}

}  // namespace pier::overlay
