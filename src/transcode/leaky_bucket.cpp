#include <algorithm>

#include <pier/transcode/leaky_bucket.hpp>

namespace pier::transcode {
namespace {

__extension__ using Wide = __int128;

/// Whole bits at or below a level in bits times timescale.
int64_t whole_bits(Wide level, int64_t timescale) {
  Wide bits = level / timescale;
  if (bits * timescale > level) bits--;
  return static_cast<int64_t>(std::clamp<Wide>(bits, INT64_MIN, INT64_MAX));
}

}  // namespace

LeakyBucket::LeakyBucket(const BucketSpec& spec, uint32_t timescale)
    : x_spec(spec),
      x_timescale(std::max<int64_t>(1, timescale)),
      x_level(static_cast<Wide>(std::min(spec.start, spec.size)) * x_timescale),
      x_least(x_level) {}

void LeakyBucket::fill(int64_t time) {
  if (x_time && time > *x_time) {
    const Wide come = static_cast<Wide>(x_spec.rate) * (time - *x_time);
    x_level = std::min(x_level + come, static_cast<Wide>(x_spec.size) * x_timescale);
  }
  x_time = time;
}

void LeakyBucket::measure_peak(UnitSize unit) {
  x_second.push_back(unit);
  x_second_bits += unit.bits;
  while (unit.time - x_second.front().time >= x_timescale) {
    x_second_bits -= x_second.front().bits;
    x_second.pop_front();
  }
  x_figures.peak_rate = std::max(x_figures.peak_rate, x_second_bits);
}

void LeakyBucket::add(UnitSize unit) {
  x_figures.units++;
  x_figures.bits += unit.bits;
  measure_peak(unit);
  if (x_spec.rate <= 0) return;
  fill(unit.time);
  x_level -= static_cast<Wide>(unit.bits) * x_timescale;
  x_least = std::min(x_least, x_level);
  if (x_level >= 0) return;
  x_figures.underflows++;
  if (!x_figures.first_underflow) x_figures.first_underflow = unit.time;
}

BucketFigures LeakyBucket::finish(int64_t end_time) {
  if (x_spec.rate > 0) fill(end_time);
  x_figures.least = whole_bits(x_least, x_timescale);
  x_figures.end = whole_bits(x_level, x_timescale);
  return x_figures;
}

std::vector<UnitSize> unit_sizes(std::span<const media::Sample> samples, int64_t parameter_bits) {
  std::vector<UnitSize> units;
  units.reserve(samples.size());
  std::vector<int64_t> times;
  for (size_t first = 0; first < samples.size();) {
    size_t end = first + 1;
    while (end < samples.size() && !samples[end].key) end++;
    times.clear();
    for (size_t i = first; i < end; i++) times.push_back(samples[i].pts);
    std::ranges::sort(times);
    for (size_t i = first; i < end; i++) {
      const int64_t more = samples[i].key ? parameter_bits : 0;
      units.push_back({times[i - first], static_cast<int64_t>(samples[i].data.size()) * 8 + more});
    }
    first = end;
  }
  return units;
}

BucketFigures simulate(const BucketSpec& spec, uint32_t timescale, std::span<const UnitSize> units, int64_t end_time) {
  LeakyBucket bucket(spec, timescale);
  for (const UnitSize& unit : units) bucket.add(unit);
  return bucket.finish(end_time);
}

json::object to_json(const BucketSpec& spec) {
  return {{"rate", spec.rate}, {"size_bits", spec.size}, {"start_bits", spec.start}};
}

BucketSpec bucket_from_json(const json::object& object) {
  return {int_or(object, "rate", 0), int_or(object, "size_bits", 0), int_or(object, "start_bits", 0)};
}

json::object to_json(const BucketFigures& figures) {
  json::object object{{"units", figures.units},           {"bits", figures.bits},
                      {"least_bits", figures.least},      {"end_bits", figures.end},
                      {"underflows", figures.underflows}, {"peak_rate", figures.peak_rate}};
  if (figures.first_underflow) object["first_underflow"] = *figures.first_underflow;
  return object;
}

}  // namespace pier::transcode
