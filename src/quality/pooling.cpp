#include <algorithm>
#include <cmath>
#include <numeric>

#include <pier/quality/pooling.hpp>

namespace pier::quality {
namespace {

constexpr double kTailShare = 0.05;

std::optional<double> overall(std::span<const double> values, const Series& series) {
  if (series.overall == Overall::kNone) return std::nullopt;
  const double step = series.overall == Overall::kMeanSquare ? 10 : 20;
  double sum = 0;
  for (const double value : values) sum += std::pow(10, -value / step);
  return -step * std::log10(sum / static_cast<double>(values.size()));
}

std::optional<double> harmonic(std::span<const double> values, const Series& series) {
  if (!series.higher_is_better) return std::nullopt;
  double sum = 0;
  for (const double value : values) {
    if (value <= 0) return 0;
    sum += 1 / value;
  }
  return static_cast<double>(values.size()) / sum;
}

}  // namespace

Pooled pool(std::span<const double> values, const Series& series) {
  std::vector<double> sorted(values.begin(), values.end());
  std::ranges::sort(sorted);
  if (!series.higher_is_better) std::ranges::reverse(sorted);
  const auto count = static_cast<double>(sorted.size());
  const auto rank = static_cast<size_t>(std::max(1.0, std::ceil(kTailShare * count)));
  return {std::accumulate(values.begin(), values.end(), 0.0) / count, harmonic(values, series), sorted[rank - 1],
          sorted.front(), overall(values, series)};
}

json::object to_json(const Pooled& pooled, const Series& series) {
  json::object object{{"mean", pooled.mean}};
  if (pooled.harmonic) object["harmonic_mean"] = *pooled.harmonic;
  object[series.higher_is_better ? "p5" : "p95"] = pooled.tail;
  object[series.higher_is_better ? "min" : "max"] = pooled.worst;
  if (pooled.overall) object["overall"] = *pooled.overall;
  return object;
}

}  // namespace pier::quality
