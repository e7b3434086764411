#include <algorithm>

#include <pier/transcode/verify.hpp>

namespace pier::transcode {
namespace {

Figure figure_from(const json::object& object, const std::string& name, int64_t frames) {
  Figure figure;
  figure.frames = object.contains(name + "_mean") ? frames : 0;
  figure.sum = double_or(object, name + "_mean", 0) * static_cast<double>(figure.frames);
  figure.least = double_or(object, name + "_min", figure.least);
  return figure;
}

}  // namespace

void Figure::add(double value) {
  frames++;
  sum += value;
  least = std::min(least, value);
}

void Figure::combine(const Figure& other) {
  frames += other.frames;
  sum += other.sum;
  least = std::min(least, other.least);
}

json::object to_json(const QualityFigures& figures) {
  json::object object{{"frames", figures.psnr_y.frames},    {"psnr_y_mean", figures.psnr_y.mean()},
                      {"psnr_y_min", figures.psnr_y.least}, {"psnr_c_mean", figures.psnr_c.mean()},
                      {"psnr_c_min", figures.psnr_c.least}, {"ssim_mean", figures.ssim.mean()},
                      {"ssim_min", figures.ssim.least}};
  if (figures.xpsnr.frames > 0) {
    object["xpsnr_frames"] = figures.xpsnr.frames;
    object["xpsnr_mean"] = figures.xpsnr.mean();
    object["xpsnr_min"] = figures.xpsnr.least;
  }
  json::object dynamic;
  for (size_t i = 0; i < figures.dynamic.size(); i++) {
    if (figures.dynamic[i] > 0) dynamic[media::to_string(static_cast<media::DynamicHdr>(i))] = figures.dynamic[i];
  }
  if (!dynamic.empty()) object["dynamic"] = std::move(dynamic);
  return object;
}

QualityFigures quality_from_json(const json::object& object) {
  QualityFigures figures;
  const int64_t frames = int_or(object, "frames", 0);
  figures.psnr_y = figure_from(object, "psnr_y", frames);
  figures.psnr_c = figure_from(object, "psnr_c", frames);
  figures.ssim = figure_from(object, "ssim", frames);
  figures.xpsnr = figure_from(object, "xpsnr", int_or(object, "xpsnr_frames", 0));
  if (const auto dynamic = get_object(object, "dynamic")) {
    for (size_t i = 0; i < figures.dynamic.size(); i++)
      figures.dynamic[i] = int_or(*dynamic, media::to_string(static_cast<media::DynamicHdr>(i)), 0);
  }
  return figures;
}

void QualityFigures::combine(const QualityFigures& other) {
  psnr_y.combine(other.psnr_y);
  psnr_c.combine(other.psnr_c);
  ssim.combine(other.ssim);
  xpsnr.combine(other.xpsnr);
  for (size_t i = 0; i < dynamic.size(); i++) dynamic[i] += other.dynamic[i];
}

}  // namespace pier::transcode
