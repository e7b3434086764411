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
  if (!declared.empty() && is_plausible_rate(declared.front()) && is_broadcast(declared.front())) {
    const double frame = 1.0 / (declared.front().value() * time_base.value());
    if (std::abs(mean / frame - 1) < 0.0004 && std::abs(mean - frame) * n < frame / 2) return declared.front();
  }
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

// A label for what has no one rate: that of the commonest distance where it is the rule, else of the mean.
Rational irregular_rate(const std::vector<int64_t>& ticks, int64_t total, Rational time_base) {
  std::map<int64_t, size_t> histogram;
  for (const int64_t distance : ticks) ++histogram[distance];
  const auto common = std::max_element(histogram.begin(), histogram.end(),
                                       [](const auto& a, const auto& b) { return a.second < b.second; });
  int64_t near = 0;
  int64_t sum = 0;
  for (const int64_t distance : ticks) {
    if (std::abs(distance - common->first) > 1) continue;
    ++near;
    sum += distance;
  }
  const bool rule = static_cast<size_t>(near) * 2 > ticks.size();
  const double mean = rule ? static_cast<double>(sum) / static_cast<double>(near)
                           : static_cast<double>(total) / static_cast<double>(ticks.size());
  const double rate = 1.0 / (mean * time_base.value());
  const auto& rates = broadcast_rates();
  const auto off = [&](Rational known) { return std::abs(known.value() / rate - 1); };
  const auto nearest =
      std::min_element(rates.begin(), rates.end(), [&](Rational a, Rational b) { return off(a) < off(b); });
  if (off(*nearest) < 0.003) return *nearest;
  return {static_cast<int64_t>(std::llround(rate * 1000)), 1000};
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
  // Times so far apart that their sum leaves 53 bits are no timeline, nor is one slower than a frame in 10 s.
  if (total > 9e15 || total / static_cast<double>(distances.ticks.size()) * time_base.value() > 10) return cadence;
  const auto count = static_cast<int64_t>(distances.ticks.size());
  const auto ticks = static_cast<int64_t>(total);
  cadence.rate = cadence.variable ? irregular_rate(distances.ticks, ticks, time_base)
                                  : regular_rate(total / static_cast<double>(count), ticks, count, time_base, declared);
  if (!is_plausible_rate(cadence.rate)) cadence.rate = 0;
  return cadence;
}

}  // namespace pier::media::impl
