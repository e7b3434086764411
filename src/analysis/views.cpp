#include <mutex>

#include <pier/analysis/analyzer.hpp>

#include "kernels.hpp"
#include "signal.hpp"

namespace pier::analysis {

struct FrameViews::Lazy {
  std::once_flag half_once, quarter_once;
  Picture half, quarter;
};

FrameViews::FrameViews(media::Frame frame, FrameTime time, std::shared_ptr<const Signal> signal,
                       std::shared_ptr<const FrameViews> previous)
    : x_frame(std::move(frame)),
      x_time(time),
      x_signal(std::move(signal)),
      x_previous(std::move(previous)),
      x_lazy(std::make_unique<Lazy>()) {}

FrameViews::~FrameViews() = default;

namespace {

Picture reduced(const PictureView& picture, int side) {
  const int width = picture.width / side;
  const int height = picture.height / side;
  if (width == 0 || height == 0) return {};
  const PixelFormat format{.bit_depth = picture.format.bit_depth, .chroma = Chroma::k400, .rgb = false};
  Picture view = Picture::allocate(format, width, height, picture.colour);
  const auto box = side == 2 ? kernels::box_half : kernels::box_quarter;
  box(picture.planes[0], picture.format.bit_depth, view.writable().planes[0]);
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

std::unique_ptr<Measured> Analyzer::measure(const FrameViews& /*views*/) const {
  return std::make_unique<Measured>();
}
void Analyzer::observe(const FrameTime& /*time*/, const Measured& /*measured*/) {}
void Analyzer::observe_damaged(const FrameTime& /*time*/) {}
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
