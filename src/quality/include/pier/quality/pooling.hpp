#pragma once
// Figures of many pictures as few numbers.

#include <optional>
#include <span>
#include <vector>

#include <pier/core/json.hpp>
#include <pier/quality/metric.hpp>

namespace pier::quality {

struct Pooled {
  double mean = 0;
  std::optional<double> harmonic;  // harmonic mean, 0 when a figure is 0 or less; not of differences
  double tail = 0;                 // the 5th percentile, of differences the 95th; nearest rank
  double worst = 0;                // the least, of differences the greatest
  std::optional<double> overall;   // see Overall
};

/// Of at least one value.
Pooled pool(std::span<const double> values, const Series& series);

/// {"mean", "harmonic_mean", "p5", "min", "overall"}, of differences {"mean", "p95", "max"}.
json::object to_json(const Pooled& pooled, const Series& series);

}  // namespace pier::quality
