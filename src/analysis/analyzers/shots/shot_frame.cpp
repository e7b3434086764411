#include "analyzers/shots/shot_frame.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <pier/core/bytes.hpp>

#include "json_io.hpp"
#include "kernels.hpp"

namespace pier::analysis::impl {

namespace {

/// A plane as 0 ... 255 of black to peak (luma), or with the middle at 128 (chroma).
template <typename Sample>
std::vector<uint8_t> levels(const PictureView& view, size_t plane, const Signal& signal) {
  const Plane& p = view.planes[plane];
  const bool chroma = plane > 0 && !view.format.rgb;
  const int zero = chroma ? 1 << (view.format.bit_depth - 1) : signal.black();
  const int span = chroma ? signal.chroma_high() - signal.chroma_low() : signal.peak() - signal.black();
  const kernels::LevelScale scale{zero, (255 << 16) / span, chroma ? 128 : 0};
  const auto width = static_cast<size_t>(p.width);
  std::vector<uint8_t> out(width * static_cast<size_t>(p.height));
  for (int y = 0; y < p.height; ++y) {
    kernels::level_row(p.row<Sample>(y), p.width, scale, out.data() + static_cast<size_t>(y) * width);
  }
  return out;
}

/// Means of columns x rows blocks; pictures smaller than that repeat samples.
void shrink(const std::vector<uint8_t>& in, int width, int height, int columns, int rows, uint8_t* out) {
  for (int by = 0; by < rows; ++by) {
    const int top = by * height / rows;
    const int bottom = std::max(top + 1, (by + 1) * height / rows);
    for (int bx = 0; bx < columns; ++bx) {
      const int left = bx * width / columns;
      const int right = std::max(left + 1, (bx + 1) * width / columns);
      uint32_t sum = 0;
      for (int y = top; y < bottom; ++y) {
        const uint8_t* row = in.data() + static_cast<ptrdiff_t>(y) * width;
        for (int x = left; x < right; ++x) sum += row[x];
      }
      const auto count = static_cast<uint32_t>((bottom - top) * (right - left));
      *out++ = static_cast<uint8_t>((sum + count / 2) / count);
    }
  }
}

int64_t sharpness_of(const std::vector<uint8_t>& luma, int width, int height) {
  int64_t sum = 0;
  for (int y = 0; y + 1 < height; ++y) {
    const uint8_t* row = luma.data() + static_cast<ptrdiff_t>(y) * width;
    uint32_t steps = 0;
    for (int x = 0; x + 1 < width; ++x) {
      const int across = row[x + 1] - row[x];
      const int down = row[x + width] - row[x];
      steps += static_cast<uint32_t>(across * across + down * down);
    }
    sum += steps;
  }
  return sum * 1000 / (int64_t{width} * height);
}

template <typename Sample>
void measure_planes(const PictureView& view, const Signal& signal, ShotFrame& frame) {
  const std::vector<uint8_t> luma = levels<Sample>(view, 0, signal);
  shrink(luma, view.width, view.height, ShotFrame::kWide, ShotFrame::kHigh, frame.thumbnail.data());
  std::array<uint32_t, ShotFrame::kBins> bins{};
  for (size_t i = 0; i < luma.size(); ++i) ++bins[luma[i] >> 3U];
  for (size_t i = 0; i < bins.size(); ++i) {
    frame.histogram[i] = static_cast<uint16_t>(uint64_t{bins[i]} * 10'000 / luma.size());
  }
  frame.sharpness = sharpness_of(luma, view.width, view.height);
  std::fill(frame.thumbnail.begin() + ShotFrame::kLuma, frame.thumbnail.end(), uint8_t{128});
  if (view.format.plane_count() < 3) return;
  for (size_t p = 1; p < 3; ++p) {
    const std::vector<uint8_t> chroma = levels<Sample>(view, p, signal);
    shrink(chroma, view.width, view.height, ShotFrame::kChromaWide, ShotFrame::kChromaHigh,
           frame.thumbnail.data() + ShotFrame::kLuma + (p - 1) * ShotFrame::kChroma);
  }
}

}  // namespace

ShotFrame measure_shot(const PictureView& eighth, const Signal& signal, const FrameTime& time) {
  ShotFrame frame;
  frame.time = time;
  if (eighth.width == 0 || eighth.height == 0) {
    frame.damaged = true;
  } else if (eighth.format.bytes_per_sample() == 1) {
    measure_planes<uint8_t>(eighth, signal, frame);
  } else {
    measure_planes<uint16_t>(eighth, signal, frame);
  }
  return frame;
}

json::value ShotFrame::save() const {
  json::array bins;
  for (const int64_t bin : histogram) bins.emplace_back(bin);
  return json::object{{"of", json::array{time.index, time.pts, time.duration, damaged ? 1 : 0, sharpness, light}},
                      {"thumbnail", to_hex(std::as_bytes(std::span(thumbnail)))},
                      {"histogram", std::move(bins)}};
}

Result<ShotFrame> ShotFrame::load(const json::value& value) {
  PIER_TRY(const json::object* object, as_object(value, "saved frame"));
  PIER_TRY(const auto v, integers(member(value, "of"), 6));
  PIER_TRY(const auto bins, integers(member(value, "histogram"), kBins));
  PIER_TRY(const std::string text, get_string(*object, "thumbnail"));
  PIER_TRY(const Bytes bytes, from_hex(text));
  if (bytes.size() != kThumbnail) return fail(ErrorCode::kInputDamaged, "saved frame has no thumbnail");
  ShotFrame frame;
  frame.time = {.index = v[0], .pts = v[1], .duration = v[2]};
  frame.damaged = v[3] != 0;
  frame.sharpness = v[4];
  frame.light = v[5];
  for (size_t i = 0; i < kBins; ++i)
    frame.histogram[i] = static_cast<uint16_t>(std::clamp<int64_t>(bins[i], 0, 10'000));
  for (size_t i = 0; i < kThumbnail; ++i) frame.thumbnail[i] = std::to_integer<uint8_t>(bytes[i]);
  return frame;
}

}  // namespace pier::analysis::impl
