#include <mutex>
#include <optional>

#include <pier/analysis/analyzer.hpp>

#include "kernels.hpp"
#include "picture_scan.hpp"
#include "signal.hpp"

namespace pier::analysis {

struct FrameViews::Lazy {
  std::once_flag half_once, quarter_once, eighth_once, scan_once, change_once;
  Picture half, quarter, eighth;
  std::unique_ptr<const PictureScan> scan;
  std::optional<kernels::PlaneChange> change;
};

FrameViews::FrameViews(media::Frame frame, FrameTime time, std::shared_ptr<const Signal> signal,
                       std::shared_ptr<const FrameViews> previous)
    : x_frame(std::move(frame)),
      x_time(time),
      x_signal(std::move(signal)),
      x_previous(std::move(previous)),
      x_lazy(std::make_unique<Lazy>()) {}

FrameViews::FrameViews(media::Frame frame, FrameTime time) : x_frame(std::move(frame)), x_time(time) {
  x_signal = Signal::make(x_frame.picture.format(), x_frame.picture.colour());
  x_lazy = std::make_unique<Lazy>();
}

FrameViews::~FrameViews() = default;

namespace {

/// Room for the first plane at 1/side of its raster; empty when a side is shorter than that.
Picture empty_view(const PictureView& picture, int side) {
  const int width = picture.width / side;
  const int height = picture.height / side;
  if (width == 0 || height == 0) return {};
  const PixelFormat format{.bit_depth = picture.format.bit_depth, .chroma = Chroma::k400, .rgb = false};
  return Picture::allocate(format, width, height, picture.colour);
}

Picture reduced(const PictureView& picture, int side) {
  Picture view = empty_view(picture, side);
  if (!view) return view;
  const auto box = side == 2 ? kernels::box_half : kernels::box_quarter;
  box(picture.planes[0], picture.format.bit_depth, view.writable().planes[0]);
  return view;
}

/// Averages `in` over boxes of `columns` x `rows` samples, each 4 or 8, into `out`.
void reduce_plane(const Plane& in, uint8_t bit_depth, int columns, int rows, const MutablePlane& out) {
  if (columns == 4 && rows == 4) return kernels::box_quarter(in, bit_depth, out);
  const PixelFormat format{.bit_depth = bit_depth, .chroma = Chroma::k400, .rgb = false};
  Picture quarter = Picture::allocate(format, in.width / 4, in.height / 4, {});
  kernels::box_quarter(in, bit_depth, quarter.writable().planes[0]);
  const Plane& fine = quarter.view().planes[0];
  if (columns == 8 && rows == 8) return kernels::box_half(fine, bit_depth, out);
  const auto average = [&]<typename T>(T) {
    for (int y = 0; y < out.height; ++y) {
      for (int x = 0; x < out.width; ++x) {
        const int a = fine.row<T>(y * rows / 4)[x * columns / 4];
        const int b = fine.row<T>(y * rows / 4 + rows / 4 - 1)[x * columns / 4 + columns / 4 - 1];
        out.row<T>(y)[x] = static_cast<T>((a + b + 1) / 2);
      }
    }
  };
  if (bit_depth > 8)
    average(uint16_t{});
  else
    average(uint8_t{});
}

Picture empty_eighth(const PictureView& picture) {
  const int width = picture.width / 8;
  const int height = picture.height / 8;
  if (width == 0 || height == 0) return {};
  const bool grey = picture.format.chroma == Chroma::k400;
  const PixelFormat format{
      .bit_depth = picture.format.bit_depth, .chroma = grey ? Chroma::k400 : Chroma::k444, .rgb = picture.format.rgb};
  return Picture::allocate(format, width, height, picture.colour);
}

Picture eighth_of(const PictureView& picture, const PictureView& quarter) {
  Picture view = empty_eighth(picture);
  if (!view) return view;
  const bool grey = picture.format.chroma == Chroma::k400;
  const auto& planes = view.writable().planes;
  kernels::box_half(quarter.planes[0], picture.format.bit_depth, planes[0]);
  const int columns = picture.format.chroma == Chroma::k444 || picture.format.rgb ? 8 : 4;
  const int rows = picture.format.chroma == Chroma::k420 ? 4 : 8;
  for (size_t p = 1; !grey && p < 3; ++p) {
    reduce_plane(picture.planes[p], picture.format.bit_depth, columns, rows, planes[p]);
  }
  return view;
}

}  // namespace

const PictureView& FrameViews::luma_half() const {
  std::call_once(x_lazy->half_once, [this] { x_lazy->half = reduced(picture(), 2); });
  return x_lazy->half.view();
}

const PictureView& FrameViews::luma_quarter() const {
  std::call_once(x_lazy->quarter_once, [this] { x_lazy->quarter = reduced(picture(), 4); });
  return x_lazy->quarter.view();
}

const PictureView& FrameViews::eighth() const {
  std::call_once(x_lazy->eighth_once, [this] { x_lazy->eighth = eighth_of(picture(), luma_quarter()); });
  return x_lazy->eighth.view();
}

const PictureScan& FrameViews::scan() const {
  std::call_once(x_lazy->scan_once, [this] {
    // The walk makes the reduced views on its way, while the rows are in the cache; in the order in which eighth()
    // asks for them, so that no two threads wait for each other.
    const auto run = [this](const ScanViews& views) {
      x_lazy->scan = std::make_unique<const PictureScan>(scan_picture(picture(), signal(), x_frame.interlaced, views));
    };
    MutablePictureView quarter, eighth;
    const auto with_quarter = [&](const MutablePictureView* eighth_view) {
      std::call_once(x_lazy->quarter_once, [&] {
        x_lazy->quarter = empty_view(picture(), 4);
        if (x_lazy->quarter) quarter = x_lazy->quarter.writable();
        run({x_lazy->quarter ? &quarter : nullptr, eighth_view});
      });
    };
    const Chroma chroma = picture().format.chroma;
    if (chroma == Chroma::k420 || chroma == Chroma::k400) {
      std::call_once(x_lazy->eighth_once, [&] {
        x_lazy->eighth = empty_eighth(picture());
        if (x_lazy->eighth) eighth = x_lazy->eighth.writable();
        with_quarter(x_lazy->eighth ? &eighth : nullptr);
        // Somebody was faster with the quarter.
        if (!x_lazy->scan) x_lazy->eighth = eighth_of(picture(), luma_quarter());
      });
    } else {
      with_quarter(nullptr);
    }
    if (!x_lazy->scan) run({});
  });
  return *x_lazy->scan;
}

const kernels::PlaneChange* FrameViews::change() const {
  std::call_once(x_lazy->change_once, [this] {
    if (x_previous == nullptr) return;
    const PictureView& now = luma_quarter();
    const PictureView& before = x_previous->luma_quarter();
    if (now.width == 0 || now.width != before.width || now.height != before.height || now.format != before.format)
      return;
    x_lazy->change = kernels::plane_change(now.planes[0], before.planes[0], now.format.bit_depth);
  });
  return x_lazy->change ? &*x_lazy->change : nullptr;
}

std::unique_ptr<Measured> Analyzer::measure(const FrameViews& /*views*/) const {
  return std::make_unique<Measured>();
}
void Analyzer::observe(const FrameTime& /*time*/, const Measured& /*measured*/) {}
void Analyzer::observe_damaged(const FrameTime& /*time*/) {}
void Analyzer::read(const media::Packet& /*packet*/) {}
void Analyzer::read_unit(const media::Packet& /*packet*/, const media::AccessUnit& /*unit*/,
                         const media::AccessUnitReader& /*reader*/) {}
void Analyzer::hear(int /*stream_index*/, const media::AudioBlock& /*block*/) {}

namespace {
Failure one_piece(std::string_view name) {
  return fail(ErrorCode::kInvalidArgument,
              std::string(name) + " is analysed in one piece and has no state to carry over");
}
}  // namespace

Result<json::value> Analyzer::save() const {
  return one_piece(name());
}
Result<void> Analyzer::load(const json::value& /*state*/) {
  return one_piece(name());
}
Result<void> Analyzer::merge(const json::value& /*later*/) {
  return one_piece(name());
}

}  // namespace pier::analysis
