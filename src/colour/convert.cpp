#include <algorithm>
#include <cmath>
#include <optional>

#include <pier/colour/convert.hpp>
#include <pier/colour/reference.hpp>
#include <pier/core/concurrency.hpp>

#include "point_map.hpp"
#include "resample.hpp"
#include "resolve.hpp"

namespace pier::colour {
namespace {

constexpr int kMaxSide = 16384;

std::string raster(const PictureSpec& spec) {
  return std::to_string(spec.width) + "x" + std::to_string(spec.height) + " " + spec.format.to_string();
}

std::string name(Primaries primaries) {
  switch (primaries) {
    case Primaries::kBt709:
      return "BT.709";
    case Primaries::kBt2020:
      return "BT.2020";
    case Primaries::kBt470bg:
    case Primaries::kSmpte170m:
      return "BT.601";
    case Primaries::kP3D65:
      return "P3-D65";
    default:
      return to_string(primaries);
  }
}

/// "2160p HLG BT.2020"; the short side counts, so portrait works.
std::string short_name(const PictureSpec& spec) {
  const std::string lines = std::to_string(std::min(spec.width, spec.height)) + "p ";
  const Transfer transfer = spec.colour.transfer;
  const char* hdr = transfer == Transfer::kHlg ? "HLG " : transfer == Transfer::kPq ? "PQ " : "";
  return lines + hdr + name(spec.colour.primaries);
}

std::string sampling(const PixelFormat& format) {
  if (format.rgb) return "RGB";
  const char* const names[] = {"4:0:0", "4:2:0", "4:2:2", "4:4:4"};
  return names[static_cast<size_t>(format.chroma)];
}

Result<void> check_spec(const PictureSpec& spec, const std::string& end) {
  if (spec.width <= 0 || spec.height <= 0 || spec.width > kMaxSide || spec.height > kMaxSide)
    return fail(ErrorCode::kInvalidArgument, end + " raster " + std::to_string(spec.width) + "x" +
                                                 std::to_string(spec.height) + " is out of range (1 to 16384)");
  if (spec.format.bit_depth < 8 || spec.format.bit_depth > 16)
    return fail(ErrorCode::kInvalidArgument, end + " bit depth must be 8 to 16");
  if (spec.format.rgb && spec.format.chroma != Chroma::k444)
    return fail(ErrorCode::kInvalidArgument, end + " RGB must be 4:4:4");
  return {};
}

Result<void> check_target(const PictureSpec& to) {
  const bool even_width = to.format.chroma == Chroma::k444 || to.format.chroma == Chroma::k400 || to.width % 2 == 0;
  const bool even_height = to.format.chroma != Chroma::k420 || to.height % 2 == 0;
  if (even_width && even_height) return {};
  return fail(ErrorCode::kInvalidArgument, "target raster " + raster(to) + " must have even sides for its chroma");
}

bool same_site(const PictureSpec& a, const PictureSpec& b) {
  const bool subsampled = a.format.chroma == Chroma::k420 || a.format.chroma == Chroma::k422;
  return !subsampled || a.colour.chroma_site == b.colour.chroma_site;
}

bool same_layout(const PictureSpec& a, const PictureSpec& b) {
  return a.width == b.width && a.height == b.height && a.format.chroma == b.format.chroma &&
         a.format.rgb == b.format.rgb;
}

bool same_codes(const PictureSpec& a, const PictureSpec& b) {
  return same_layout(a, b) && a.format == b.format && a.colour.matrix == b.colour.matrix &&
         a.colour.range == b.colour.range && same_site(a, b);
}

/// Memory of pictures that nobody holds any more: mapping 25 MB anew for every picture costs as much as copying it.
class Outputs : public std::enable_shared_from_this<Outputs> {
 public:
  Picture take(const PictureSpec& spec) {
    Picture picture;
    x_idle.with([&](std::vector<Picture>& idle) {
      if (idle.empty()) return;
      picture = std::move(idle.back());
      idle.pop_back();
    });
    return picture ? std::move(picture) : Picture::allocate(spec.format, spec.width, spec.height, spec.colour);
  }

  /// The finished picture for others to hold; its memory comes back when the last of them lets go.
  Picture hand_out(Picture picture) {
    const PictureView view = picture.view();
    auto held = std::make_unique<Picture>(std::move(picture));
    std::shared_ptr<const Picture> owner(held.release(), [pool = shared_from_this()](const Picture* done) {
      const std::unique_ptr<const Picture> last(done);
      pool->x_idle.with([&](std::vector<Picture>& idle) {
        if (idle.size() < kMostIdle) idle.push_back(*last);
      });
    });
    return Picture::wrap(view, std::move(owner));
  }

 private:
  static constexpr size_t kMostIdle = 2;
  Guarded<std::vector<Picture>> x_idle;
};

}  // namespace

struct Converter::Impl {
  struct Scratch {
    Picture between;
    impl::AlignedBuffer resample, rows;
  };

  PictureSpec from, to;
  ConversionOptions options;
  bool identity = false;
  bool unspecified_source = false;
  std::optional<impl::Resampler> resampler;
  std::optional<impl::PointMap> point_map;
  PictureSpec between;  // what the resampler gives to the point map
  mutable Guarded<std::vector<std::unique_ptr<Scratch>>> idle;
  std::shared_ptr<Outputs> outputs = std::make_shared<Outputs>();

  Result<void> plan(bool trivial);
  std::vector<std::string> light_steps() const;
  Result<void> convert(const Picture& in, Picture& out, Scratch& scratch) const;
};

Result<void> Converter::Impl::plan(bool trivial) {
  if (trivial) {
    identity = same_codes(from, to);
    if (identity) return {};
    PIER_TRY(resampler, impl::Resampler::make(from, to, options.dither));
    return {};
  }
  if (to.format.rgb || to.format.chroma == Chroma::k400)
    return fail(ErrorCode::kInputUnsupported,
                "conversion of transfer or primaries to " + to.format.to_string() + " is not known; ask for Y'CbCr");
  if (to.format.bit_depth > 12)
    return fail(ErrorCode::kInputUnsupported, "conversion of transfer or primaries goes up to 12 bits");
  between = from;
  const bool whole_chroma = from.format.chroma == Chroma::k444 || from.width % 2 == 0;
  const bool direct = same_layout(from, to) && !from.format.rgb && from.format.bit_depth <= 12 && whole_chroma;
  if (!direct) {
    between = to;
    between.format.bit_depth = 12;
    between.colour.transfer = from.colour.transfer;
    between.colour.primaries = from.colour.primaries;
    between.colour.range = Range::kNarrow;
    between.colour.matrix = from.format.rgb
                                ? impl::resolve_source({from.colour.primaries, from.colour.transfer}, false).matrix
                                : from.colour.matrix;
    PIER_TRY(resampler, impl::Resampler::make(from, between, options.dither));
  }
  ConversionOptions rounding = options;
  rounding.dither = options.dither && (to.format.bit_depth == 8 || to.format.bit_depth < from.format.bit_depth);
  PIER_TRY(point_map, impl::PointMap::make(between, to, rounding));
  return {};
}

Result<void> Converter::Impl::convert(const Picture& in, Picture& out, Scratch& scratch) const {
  if (!point_map) return resampler->run(in.view(), out.writable(), scratch.resample);
  if (!resampler) return point_map->run(in.view(), out.writable(), scratch.rows);
  if (!scratch.between) {
    scratch.between = Picture::allocate(between.format, between.width, between.height, between.colour);
    if (!scratch.between) return fail(ErrorCode::kNoSpace, "no memory for a picture");
  }
  PIER_CHECK(resampler->run(in.view(), scratch.between.writable(), scratch.resample));
  return point_map->run(scratch.between.view(), out.writable(), scratch.rows);
}

/// What happens to light, for describe().
std::vector<std::string> Converter::Impl::light_steps() const {
  if (!point_map) return {};
  if (const Cube* const cube = options.lut.cube.get())
    return {"table" + (cube->title.empty() ? "" : " \"" + cube->title + "\"")};
  const bool from_hdr = from.colour.is_hdr(), to_hdr = to.colour.is_hdr();
  const auto peak = [](double value) { return "peak " + std::to_string(std::lround(value)) + " nit"; };
  if (from_hdr && !to_hdr) {
    static const char* const names[] = {"BT.2446 A", "BT.2446 C", "BT.2390 EETF"};
    return {names[static_cast<size_t>(options.tone_map)], peak(options.peak_nits)};
  }
  const bool to_hlg = to.colour.transfer == Transfer::kHlg;
  if (!from_hdr && to_hdr) {
    if (options.placement == SdrPlacement::kReferenceWhite)
      return {"white at " + std::to_string(std::lround(options.reference_white_nits)) + " nit"};
    return {"inverse BT.2446 A", peak(to_hlg ? options.hlg_peak_nits : options.peak_nits)};
  }
  if (from_hdr && from.colour.transfer != to.colour.transfer) {
    if (!to_hlg) return {"display light", peak(options.peak_nits)};
    if (options.peak_nits <= options.hlg_peak_nits) return {"display light", peak(options.hlg_peak_nits)};
    return {"BT.2390 EETF", peak(options.peak_nits) + " to " + std::to_string(std::lround(options.hlg_peak_nits))};
  }
  return {"primaries in linear light"};
}

Converter::Converter(std::unique_ptr<Impl> impl) : x_impl(std::move(impl)) {}
Converter::~Converter() = default;
Converter::Converter(Converter&&) noexcept = default;
Converter& Converter::operator=(Converter&&) noexcept = default;

Result<Converter> Converter::make(const PictureSpec& from, const PictureSpec& to, const ConversionOptions& options) {
  PIER_CHECK(check_spec(from, "source"));
  PIER_CHECK(check_spec(to, "target"));
  auto made = std::make_unique<Impl>();
  made->from = from;
  made->from.colour = impl::resolve_source(from.colour, from.format.rgb);
  made->to = to;
  made->to.colour = impl::resolve_target(to.colour, made->from.colour, to.format.rgb);
  made->options = options;
  made->unspecified_source =
      from.colour.transfer == Transfer::kUnspecified || from.colour.primaries == Primaries::kUnspecified;
  PIER_TRY(const Reference reference, Reference::make(made->from.colour, made->to.colour, options));
  if (!reference.trivial() || !same_codes(made->from, made->to)) PIER_CHECK(check_target(to));
  PIER_CHECK(made->plan(reference.trivial()));
  return Converter(std::move(made));
}

Result<Picture> Converter::run(const Picture& picture) const {
  const Impl& impl = *x_impl;
  if (!picture || picture.format() != impl.from.format || picture.width() != impl.from.width ||
      picture.height() != impl.from.height)
    return fail(ErrorCode::kInvalidArgument,
                "picture is " +
                    (picture ? raster({picture.format(), picture.width(), picture.height(), {}}) : "empty") +
                    ", but the conversion was made for " + raster(impl.from));
  if (impl.identity) {
    Picture same = picture;
    same.set_colour(impl.to.colour);
    return same;
  }
  Picture out = impl.outputs->take(impl.to);
  if (!out) return fail(ErrorCode::kNoSpace, "no memory for a picture of " + raster(impl.to));
  std::unique_ptr<Impl::Scratch> scratch;
  impl.idle.with([&](auto& idle) {
    if (idle.empty()) return;
    scratch = std::move(idle.back());
    idle.pop_back();
  });
  if (!scratch) scratch = std::make_unique<Impl::Scratch>();
  PIER_CHECK(impl.convert(picture, out, *scratch));
  impl.idle.with([&](auto& idle) { idle.push_back(std::move(scratch)); });
  return impl.outputs->hand_out(std::move(out));
}

bool Converter::identity() const {
  return x_impl->identity;
}

std::string Converter::describe() const {
  const PictureSpec &from = x_impl->from, &to = x_impl->to;
  std::vector<std::string> steps;
  if (x_impl->identity) steps.push_back("unchanged");
  if (x_impl->resampler && !x_impl->resampler->filter().empty()) steps.push_back(x_impl->resampler->filter());
  if (sampling(from.format) != sampling(to.format))
    steps.push_back(sampling(from.format) + " to " + sampling(to.format));
  for (std::string& step : x_impl->light_steps()) steps.push_back(std::move(step));
  if (from.colour.range != to.colour.range)
    steps.push_back(to.colour.range == Range::kFull ? "narrow to full range" : "full to narrow range");
  if (from.format.bit_depth != to.format.bit_depth)
    steps.push_back(std::to_string(from.format.bit_depth) + " to " + std::to_string(to.format.bit_depth) + " bit");
  if (x_impl->unspecified_source) steps.push_back("source colour not stated, taken as " + name(from.colour.primaries));
  std::string text = short_name(from) + " -> " + short_name(to);
  for (size_t i = 0; i < steps.size(); ++i) text += (i == 0 ? ": " : ", ") + steps[i];
  return text;
}

}  // namespace pier::colour
