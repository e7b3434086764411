#include <algorithm>

#include <pier/quality/metric.hpp>

namespace pier::quality {

const std::vector<Metric>& all_metrics() {
  static const std::vector<Metric> kAll = {Metric::kPsnr,  Metric::kSsimBlock, Metric::kMsSsim,
                                           Metric::kXpsnr, Metric::kPu21Ssim,  Metric::kDeltaEItp};
  return kAll;
}

std::string_view to_string(Metric metric) {
  switch (metric) {
    case Metric::kPsnr:
      return "psnr";
    case Metric::kSsimBlock:
      return "ssim_block";
    case Metric::kMsSsim:
      return "ms_ssim";
    case Metric::kXpsnr:
      return "xpsnr";
    case Metric::kPu21Ssim:
      return "pu21_ssim";
    case Metric::kDeltaEItp:
      return "de_itp";
  }
  return "";
}

Result<Metric> metric_from(std::string_view name) {
  if (name == "ssim") return Metric::kSsimBlock;
  std::string names;
  for (const Metric metric : all_metrics()) {
    if (to_string(metric) == name) return metric;
    names += (names.empty() ? "" : ", ") + std::string(to_string(metric));
  }
  return fail(ErrorCode::kInvalidArgument, "there is no metric \"" + std::string(name) + "\"; there are " + names);
}

std::vector<Series> series_of(Metric metric, Chroma chroma) {
  const std::string name(to_string(metric));
  if (metric == Metric::kDeltaEItp) return {{name, metric, "", false}, {name + "_p999", metric, "", false}};
  if (metric == Metric::kMsSsim || metric == Metric::kPu21Ssim) return {{name, metric}};
  Series headline{name, metric};
  if (metric == Metric::kPsnr) headline.overall = Overall::kMeanSquare;
  if (metric == Metric::kXpsnr) headline.overall = Overall::kMeanRoot;
  if (metric != Metric::kSsimBlock) headline.unit = "dB";
  std::vector<Series> all(chroma == Chroma::k400 ? 2 : 4, headline);
  // A mean of planes in dB has no squared error of its own.
  if (chroma != Chroma::k400) all.front().overall = Overall::kNone;
  const char* const planes[] = {"", "_y", "_cb", "_cr"};
  for (size_t i = 0; i < all.size(); ++i) all[i].name += planes[i];
  return all;
}

}  // namespace pier::quality
