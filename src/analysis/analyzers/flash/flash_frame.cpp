#include "analyzers/flash/flash_frame.hpp"

#include <algorithm>

#include <pier/core/bytes.hpp>

#include "json_io.hpp"
#include "kernels.hpp"
#include "linear_light.hpp"

namespace pier::analysis::impl {

namespace {

constexpr uint64_t kRed = 320;
constexpr int kEnoughRows = 135;  // a view of twice as many is halved
constexpr uint64_t kMillion = 1'000'000;

/// Sums over the cells of one row of cells, and over the frame.
struct Sums {
  std::vector<uint64_t> light, red, samples;
  void clear(size_t columns) {
    for (auto* sums : {&light, &red, &samples}) sums->assign(columns, 0);
  }
};

/// Sums luminance (thousandths of cd/m2) and saturated red (millionths of relative light) of one row of samples.
class RowReader {
 public:
  RowReader(const PictureView& view, const Signal& signal, int side)
      : x_light(view, signal), x_side(static_cast<size_t>(side)) {
    const uint32_t nits = signal.light() == Light::kSdr ? 100 : FlashFrame::kHdrWhiteNits;
    x_white = nits * LinearLight::kNit;
  }

  void add(int y, Sums& sums) {
    x_light.row(y, x_row);
    const size_t width = x_row.red.size();
    for (size_t cell = 0, first = 0; first < width; ++cell, first += x_side) {
      add_cell(first, std::min(width, first + x_side), cell, sums);
    }
  }

  uint64_t relative_millionths(uint64_t samples) const { return x_relative * kMillion / x_white / samples; }
  uint64_t red_millionths(uint64_t samples) const { return x_red * kRed / samples; }

 private:
  void add_cell(size_t first, size_t end, size_t cell, Sums& sums) {
    uint64_t light = 0;
    uint64_t relative = 0;
    for (size_t x = first; x < end; ++x) {
      const uint32_t r = x_row.red[x];
      const uint32_t others = x_row.green[x] + x_row.blue[x];
      light += x_row.luminance[x];
      relative += std::min(x_row.luminance[x], x_white);
      // R / (R + G + B) >= 0.8 is R >= 4 (G + B).
      if (r > 0 && r / 4 >= others) {
        const uint64_t excess = std::min<uint64_t>(r - others, x_white) * kMillion / x_white;
        sums.red[cell] += excess;
        x_red += excess;
      }
    }
    sums.light[cell] += light;
    sums.samples[cell] += end - first;
    x_relative += relative;
  }

  LinearLight x_light;
  LightRow x_row;
  size_t x_side;
  uint32_t x_white = 0;
  uint64_t x_relative = 0, x_red = 0;
};

/// The view at a half or a quarter of its sides while that leaves rows enough.
Picture coarser(const PictureView& view) {
  const int side = view.height >= 4 * kEnoughRows ? 4 : view.height >= 2 * kEnoughRows ? 2 : 1;
  if (side == 1 || view.width < side) return {};
  Picture small = Picture::allocate(view.format, view.width / side, view.height / side, view.colour);
  if (!small) return small;
  for (size_t p = 0; p < static_cast<size_t>(view.format.plane_count()); ++p) {
    const auto box = side == 2 ? kernels::box_half : kernels::box_quarter;
    box(view.planes[p], view.format.bit_depth, small.writable().planes[p]);
  }
  return small;
}

std::string hex(const std::vector<uint16_t>& cells) {
  ByteWriter writer;
  for (const uint16_t cell : cells) writer.u16(cell);
  return to_hex(writer.view());
}

Result<std::vector<uint16_t>> cells_from(std::string_view text) {
  PIER_TRY(const Bytes bytes, from_hex(text));
  std::vector<uint16_t> cells(bytes.size() / 2);
  for (size_t i = 0; i < cells.size(); ++i) {
    cells[i] = static_cast<uint16_t>((std::to_integer<unsigned>(bytes[2 * i]) << 8U) |
                                     std::to_integer<unsigned>(bytes[2 * i + 1]));
  }
  return cells;
}

}  // namespace

FlashFrame measure_flash(const PictureView& eighth, const Signal& signal, const FrameTime& time) {
  FlashFrame frame;
  frame.time = time;
  if (eighth.width == 0 || eighth.height == 0) return frame;
  const Picture coarse = coarser(eighth);
  const PictureView& view = coarse ? coarse.view() : eighth;
  const int side = (std::max(view.width, view.height) + FlashFrame::kCells - 1) / FlashFrame::kCells;
  frame.columns = (view.width + side - 1) / side;
  frame.rows = (view.height + side - 1) / side;
  frame.light.reserve(static_cast<size_t>(frame.columns) * static_cast<size_t>(frame.rows));
  frame.red.reserve(frame.light.capacity());
  const uint64_t per_nit = FlashFrame::kPerNit * (signal.light() == Light::kSdr ? FlashFrame::kSdrWhiteNits / 100 : 1);
  RowReader reader(view, signal, side);
  Sums sums;
  bool any_red = false;
  uint64_t samples = 0;
  for (int row = 0; row < frame.rows; ++row) {
    sums.clear(static_cast<size_t>(frame.columns));
    for (int y = row * side; y < std::min(view.height, (row + 1) * side); ++y) {
      reader.add(y, sums);
      samples += static_cast<uint64_t>(view.width);
    }
    for (size_t cell = 0; cell < sums.light.size(); ++cell) {
      const uint64_t light = sums.light[cell] * per_nit / LinearLight::kNit / sums.samples[cell];
      const uint64_t red = sums.red[cell] * kRed * FlashFrame::kPerRed / kMillion / sums.samples[cell];
      frame.light.push_back(static_cast<uint16_t>(std::min<uint64_t>(light, UINT16_MAX)));
      frame.red.push_back(static_cast<uint16_t>(std::min<uint64_t>(red, UINT16_MAX)));
      any_red |= red > 0;
    }
  }
  if (!any_red) frame.red.clear();
  frame.relative_millionths = static_cast<int64_t>(reader.relative_millionths(samples));
  frame.red_millionths = static_cast<int64_t>(reader.red_millionths(samples));
  return frame;
}

json::value FlashFrame::save() const {
  return json::object{{"of", json::array{time.index, time.pts, time.duration, damaged ? 1 : 0, columns, rows,
                                         relative_millionths, red_millionths}},
                      {"light", hex(light)},
                      {"red", hex(red)}};
}

Result<FlashFrame> FlashFrame::load(const json::value& value) {
  PIER_TRY(const json::object* object, as_object(value, "saved frame"));
  PIER_TRY(const auto v, integers(member(value, "of"), 8));
  FlashFrame frame;
  frame.time = {.index = v[0], .pts = v[1], .duration = v[2]};
  frame.damaged = v[3] != 0;
  if (v[4] < 0 || v[4] > kCells || v[5] < 0 || v[5] > kCells) {
    return fail(ErrorCode::kInputDamaged, "saved flash frame has an impossible grid");
  }
  frame.columns = static_cast<int>(v[4]);
  frame.rows = static_cast<int>(v[5]);
  frame.relative_millionths = v[6];
  frame.red_millionths = v[7];
  PIER_TRY(const std::string light, get_string(*object, "light"));
  PIER_TRY(const std::string red, get_string(*object, "red"));
  PIER_TRY(frame.light, cells_from(light));
  PIER_TRY(frame.red, cells_from(red));
  const auto cells = static_cast<size_t>(frame.columns) * static_cast<size_t>(frame.rows);
  if (frame.light.size() != cells || (!frame.red.empty() && frame.red.size() != cells)) {
    return fail(ErrorCode::kInputDamaged, "saved flash frame does not fill its grid");
  }
  return frame;
}

}  // namespace pier::analysis::impl
