#include <algorithm>

#include <pier/transcode/verify.hpp>

namespace pier::transcode {

json::object to_json(const QualityFigures& figures) {
  json::object object{{"frames", figures.frames},
                      {"psnr_y_mean", figures.mean()},
                      {"psnr_y_min", figures.psnr_y_min},
                      {"psnr_c_mean", figures.frames ? figures.psnr_c_sum / static_cast<double>(figures.frames) : 0.0}};
  json::object dynamic;
  for (size_t i = 0; i < figures.dynamic.size(); i++) {
    if (figures.dynamic[i] > 0) dynamic[media::to_string(static_cast<media::DynamicHdr>(i))] = figures.dynamic[i];
  }
  if (!dynamic.empty()) object["dynamic"] = std::move(dynamic);
  return object;
}

QualityFigures quality_from_json(const json::object& object) {
  QualityFigures figures;
  figures.frames = int_or(object, "frames", 0);
  const auto count = static_cast<double>(figures.frames);
  figures.psnr_y_sum = double_or(object, "psnr_y_mean", 0) * count;
  figures.psnr_y_min = double_or(object, "psnr_y_min", 100);
  figures.psnr_c_sum = double_or(object, "psnr_c_mean", 0) * count;
  if (const auto dynamic = get_object(object, "dynamic")) {
    for (size_t i = 0; i < figures.dynamic.size(); i++)
      figures.dynamic[i] = int_or(*dynamic, media::to_string(static_cast<media::DynamicHdr>(i)), 0);
  }
  return figures;
}

void QualityFigures::combine(const QualityFigures& other) {
  frames += other.frames;
  psnr_y_sum += other.psnr_y_sum;
  psnr_c_sum += other.psnr_c_sum;
  psnr_y_min = std::min(psnr_y_min, other.psnr_y_min);
  for (size_t i = 0; i < dynamic.size(); i++) dynamic[i] += other.dynamic[i];
}

}  // namespace pier::transcode
