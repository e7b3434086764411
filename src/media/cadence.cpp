#include "cadence.hpp"

#include <algorithm>
#include <cmath>
#include <map>

namespace pier::media::impl {
namespace {

const std::vector<Rational>& broadcast_rates() {
  static const std::vector<Rational> kRates = {
      {24000, 1001},  24, 25, {30000, 1001}, 30, 48, 50, {60000, 1001}, 60, 100, 120,
      {120000, 1001}, 15, 12, {15000, 1001}, 10};
  return kRates;
}

bool is_broadcast(Rational rate) {
  const auto& rates = broadcast_rates();
  return std::find(rates.begin(), rates.end(), rate) != rates.end();
}

struct Distances {
  std::vector<int64_t> ticks;
  int64_t repeated = 0;
};

Distances distances_of(std::vector<std::vector<int64_t>>& runs) {
  Distances result;
  for (auto& run : runs) {
    std::sort(run.begin(), run.end());
    for (size_t at = 1; at < run.size(); ++at) {
      const int64_t distance = run[at] - run[at - 1];
      if (distance == 0) {
        ++result.repeated;
      } else {
        result.ticks.push_back(distance);
      }
    }
  }
  return result;
}

// Ticks a frame lasts at `rate`, and whether times rounded to ticks can come from it over `count` frames of `mean`.
bool fits(Rational rate, Rational time_base, double mean, double count) {
  const double frame = 1.0 / (rate.value() * time_base.value());
  return std::abs(mean - frame) * count <= 1.0 + 1e-6;
}

Rational regular_rate(double mean, int64_t total, int64_t count, Rational time_base,
                      const std::vector<Rational>& declared) {
  const auto n = static_cast<double>(count);
  for (const bool only_broadcast : {true, false}) {
    for (const Rational rate : declared) {
      if (is_plausible_rate(rate) && (!only_broadcast || is_broadcast(rate)) && fits(rate, time_base, mean, n))
        return rate;
    }
    if (!only_broadcast) break;
    Rational best = 0;
    double error = 0;
    for (const Rational rate : broadcast_rates()) {
      const double off = std::abs(mean - 1.0 / (rate.value() * time_base.value()));
      if (fits(rate, time_base, mean, n) && (best.num == 0 || off < error)) {
        best = rate;
        error = off;
      }
    }
    if (best.num != 0) return best;
  }
  return Rational(count) / (Rational(total) * time_base);
}

// The rate of the commonest distance where that is the rule, else of the mean.
Rational irregular_rate(const std::vector<int64_t>& ticks, int64_t total, Rational time_base,
                        const std::vector<Rational>& declared) {
  std::map<int64_t, size_t> histogram;
  for (const int64_t distance : ticks) ++histogram[distance];
  const auto common = std::max_element(histogram.begin(), histogram.end(),
                                       [](const auto& a, const auto& b) { return a.second < b.second; });
  size_t near = 0;
  for (const int64_t distance : ticks) near += std::abs(distance - common->first) <= 1 ? 1U : 0U;
  if (near * 2 > ticks.size()) {
    int64_t sum = 0;
    for (const int64_t distance : ticks) sum += std::abs(distance - common->first) <= 1 ? distance : 0;
    const auto count = static_cast<int64_t>(near);
    return regular_rate(static_cast<double>(sum) / static_cast<double>(count), sum, count, time_base, declared);
  }
  const double mean_rate = static_cast<double>(ticks.size()) / (static_cast<double>(total) * time_base.value());
  for (const auto* rates : {&declared, &broadcast_rates()}) {
    for (const Rational rate : *rates) {
      if (is_plausible_rate(rate) && std::abs(rate.value() / mean_rate - 1) < 0.0005) return rate;
    }
  }
  return {static_cast<int64_t>(std::llround(mean_rate * 1000)), 1000};
}

}  // namespace

bool is_plausible_rate(Rational rate) {
  return rate.num > 0 && rate.value() >= 0.1 && rate.value() <= 1000;
}

Cadence find_cadence(std::vector<std::vector<int64_t>> runs, Rational time_base,
                     const std::vector<Rational>& declared) {
  Cadence cadence;
  const Distances distances = distances_of(runs);
  cadence.repeated = distances.repeated;
  if (distances.ticks.empty() || time_base.num <= 0) {
    const auto first = std::find_if(declared.begin(), declared.end(), is_plausible_rate);
    if (first != declared.end()) cadence.rate = *first;
    return cadence;
  }
  const auto [low, high] = std::minmax_element(distances.ticks.begin(), distances.ticks.end());
  cadence.shortest = *low;
  cadence.longest = *high;
  cadence.variable = *high - *low > 1;
  double total = 0;
  for (const int64_t distance : distances.ticks) total += static_cast<double>(distance);
  // Times so far apart that their sum leaves 53 bits are no timeline.
  if (total > 9e15) return cadence;
  const auto count = static_cast<int64_t>(distances.ticks.size());
  const auto ticks = static_cast<int64_t>(total);
  cadence.rate = cadence.variable ? irregular_rate(distances.ticks, ticks, time_base, declared)
                                  : regular_rate(total / static_cast<double>(count), ticks, count, time_base, declared);
  if (!is_plausible_rate(cadence.rate)) cadence.rate = 0;
  return cadence;
}

}  // namespace pier::media::impl
