#include <algorithm>
#include <array>
#include <optional>

#include <pier/quality/measurer.hpp>

#include "blocks.hpp"
#include "light.hpp"
#include "structure.hpp"
#include "xpsnr.hpp"

namespace pier::quality {

using namespace impl;

struct Measurer::Impl {
  MeasureSpec spec;
  std::vector<Series> series;
  XpsnrGeometry geometry;
  std::optional<LightTables> light;

  bool wants(Metric metric) const { return std::ranges::find(spec.metrics, metric) != spec.metrics.end(); }

  Result<void> check(const Picture& picture, const char* which) const {
    if (picture && picture.format() == spec.format && picture.width() == spec.width && picture.height() == spec.height)
      return {};
    return fail(ErrorCode::kInvalidArgument, std::string("the ") + which + " picture is not " +
                                                 std::to_string(spec.width) + "x" + std::to_string(spec.height) + " " +
                                                 spec.format.to_string());
  }
};

namespace {

Result<void> check_spec(const MeasureSpec& spec) {
  if (spec.format.rgb)
    return fail(ErrorCode::kInputUnsupported, "RGB pictures are measured as Y'CbCr: convert them first");
  if (spec.format.bit_depth < 8 || spec.format.bit_depth > 12) {
    return fail(ErrorCode::kInputUnsupported,
                "pictures of " + std::to_string(spec.format.bit_depth) + " bits are not measured: 8 to 12 are");
  }
  const bool multiscale = std::ranges::find(spec.metrics, Metric::kMsSsim) != spec.metrics.end();
  const int least = multiscale ? kLeastMsSsimSide : kLeastSide;
  if (std::min(spec.width, spec.height) >= least) return {};
  return fail(ErrorCode::kInputUnsupported, std::to_string(spec.width) + "x" + std::to_string(spec.height) +
                                                " is too small: " + (multiscale ? "ms_ssim" : "a metric") +
                                                " wants sides of at least " + std::to_string(least));
}

void append(std::vector<double>& values, double headline, const std::array<double, 3>& planes, int count) {
  values.push_back(headline);
  values.insert(values.end(), planes.begin(), planes.begin() + count);
}

}  // namespace

Measurer::Measurer(std::unique_ptr<const Impl> impl) : x_impl(std::move(impl)) {}
Measurer::~Measurer() = default;
Measurer::Measurer(Measurer&&) noexcept = default;
Measurer& Measurer::operator=(Measurer&&) noexcept = default;

Result<Measurer> Measurer::make(const MeasureSpec& spec) {
  PIER_CHECK(check_spec(spec));
  auto made = std::make_unique<Impl>();
  made->spec = spec;
  for (const Metric metric : spec.metrics) {
    const auto more = series_of(metric, spec.format.chroma);
    made->series.insert(made->series.end(), more.begin(), more.end());
  }
  made->geometry = XpsnrGeometry::of(spec.width, spec.height, spec.format.bit_depth, spec.frame_rate);
  if (made->wants(Metric::kPu21Ssim) || made->wants(Metric::kDeltaEItp)) {
    const ColourInfo colour = resolved(spec.colour);
    if (made->wants(Metric::kPu21Ssim) && !colour.is_hdr())
      return fail(ErrorCode::kInputUnsupported, "pu21_ssim is for HDR pictures (PQ or HLG); these are SDR");
    PIER_TRY(made->light, LightTables::make(spec.format.bit_depth, colour, spec.peak_nits));
  }
  return Measurer(std::move(made));
}

const std::vector<Series>& Measurer::series() const {
  return x_impl->series;
}

Result<std::vector<double>> Measurer::measure(const Picture& reference, const Picture& test, const Picture& before,
                                              const Picture& before_that) const {
  PIER_CHECK(x_impl->check(reference, "reference"));
  PIER_CHECK(x_impl->check(test, "test"));
  if (before) {
    PIER_CHECK(x_impl->check(before, "previous"));
  }
  if (before_that) {
    PIER_CHECK(x_impl->check(before_that, "previous"));
  }
  const PictureView &one = reference.view(), &other = test.view();
  const int count = one.format.plane_count();
  const bool colour = count > 1;
  BlockErrors errors;
  const bool weighted = x_impl->wants(Metric::kXpsnr);
  if (weighted || x_impl->wants(Metric::kPsnr))
    errors = block_errors(one, other, weighted ? x_impl->geometry.block : 0);
  std::vector<double> values;
  for (const Metric metric : x_impl->spec.metrics) {
    if (metric == Metric::kPsnr) {
      const auto planes = psnr(errors, one);
      append(values, colour ? weighted_psnr(planes) : planes[0], planes, count);
    } else if (metric == Metric::kXpsnr) {
      const auto planes = xpsnr(x_impl->geometry, errors, one, before.view(), before_that.view());
      append(values, colour ? weighted_xpsnr(planes) : planes[0], planes, count);
    } else if (metric == Metric::kSsimBlock) {
      const auto planes = block_ssim(one, other);
      append(values, whole_block_ssim(planes, one.format), planes, count);
    } else if (metric == Metric::kMsSsim) {
      values.push_back(ms_ssim(one, other));
    } else if (metric == Metric::kPu21Ssim) {
      values.push_back(pu21_ssim(*x_impl->light, one, other));
    } else {
      const DeltaE difference = delta_e_itp(*x_impl->light, one, other);
      values.push_back(difference.mean);
      values.push_back(difference.p999);
    }
  }
  return values;
}

}  // namespace pier::quality
