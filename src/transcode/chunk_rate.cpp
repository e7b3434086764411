#include "chunk_rate.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace pier::transcode::impl {
namespace {

constexpr double kMargin = 0.01;       // of the sizes, more with each try
constexpr double kGuessMargin = 1.06;  // of sizes that are not the chunk's own
constexpr double kRaiseMargin = 1.15;  // where a miss would cost what was gained
constexpr size_t kTriesBeforeBetter = 2;
constexpr double kApart = 4;  // steps of crf from which two samples tell a slope, and not their own errors

/// The quality scale of a codec's encoder: its step, its end, how far it goes for half of the bits, and how much better
/// a quality has to be to be worth an encode.
struct QualityScale {
  double step, end;
  double half, least_half, most_half;
  double worth;
};

QualityScale scale_of(media::Codec codec) {
  if (codec == media::Codec::kAv1) return {1, 63, 10, 4, 20, 4};
  return {0.1, 51, 6, 2, 12, 2.5};  // rather one try too low than one more: each is a whole encode
}

/// How far the quality goes for half of the bits, by the last two tries.
double measured_half(const QualityScale& scale, std::span<const Tried> tried) {
  if (tried.size() < 2) return scale.half;
  const Tried &before = tried[tried.size() - 2], &last = tried.back();
  if (last.bits <= 0 || before.bits <= 0) return scale.most_half;
  const double halvings = std::log2(static_cast<double>(before.bits) / static_cast<double>(last.bits));
  const double steps = last.crf - before.crf;
  if (steps * halvings <= 0) return scale.most_half;
  return std::clamp(steps / halvings, scale.least_half, scale.most_half);
}

/// Sizes at a quality, and how they follow from it.
struct Coded {
  std::span<const UnitSize> units;
  double crf = 0;
  double half = 0;
  double margin = 1;  // they may come out so many times as large

  double share_at(double other_crf) const { return margin * std::exp2((crf - other_crf) / half); }
};

bool fits_resized(const ChunkSpec& chunk, const BucketSpec& bucket, std::span<const UnitSize> units, double share) {
  std::vector<UnitSize> resized(units.begin(), units.end());
  for (UnitSize& unit : resized) unit.bits = std::llround(static_cast<double>(unit.bits) * share);
  return fits(chunk, bucket, simulate(bucket, chunk.timescale, resized, chunk.end_time));
}

/// The lowest crf from `from` on at which the pictures fit; the end of the scale, whatever is expected of it.
double best_that_fits(const QualityScale& scale, const ChunkSpec& chunk, const BucketSpec& bucket, const Coded& coded,
                      double from) {
  int least = 0, enough = std::max(0, static_cast<int>(std::floor((scale.end - from) / scale.step + 1e-6)));
  while (least < enough) {
    const int middle = (least + enough) / 2;
    if (fits_resized(chunk, bucket, coded.units, coded.share_at(from + middle * scale.step))) {
      enough = middle;
    } else {
      least = middle + 1;
    }
  }
  return from + enough * scale.step;
}

/// The chunk's pictures as those of the sample were.
std::vector<UnitSize> units_like(const ChunkSpec& chunk, const QualityPoint& point, double harder) {
  std::vector<UnitSize> units;
  for (const PlannedFrame& frame : chunk.frames)
    units.push_back({frame.time, std::llround(harder * (frame.key ? point.key_bits : point.other_bits))});
  return units;
}

int64_t sum_of(std::span<const UnitSize> units) {
  int64_t bits = 0;
  for (const UnitSize& unit : units) bits += unit.bits;
  return bits;
}

}  // namespace

media::VideoEncoderConfig encoder_config(const ChunkSpec& chunk, const PlannedRung& rung) {
  media::VideoEncoderConfig config;
  config.codec = rung.rung.codec;
  config.format = rung.picture.format;
  config.width = rung.picture.width;
  config.height = rung.picture.height;
  config.sample_aspect = chunk.sample_aspect;
  config.colour = rung.picture.colour;
  config.mastering_display = rung.mastering_display;
  config.content_light = rung.content_light;
  config.time_base = {1, chunk.timescale};
  config.frame_rate = chunk.frame_rate;
  config.preset = rung.rung.preset;
  config.bitrate = rung.bitrate;
  config.max_bitrate = rung.bucket.rate;
  config.buffer_bits = rung.bucket.size;
  config.limits_rate = false;
  config.crf = rung.rung.crf;
  config.gop_frames = chunk.gop_frames;
  return config;
}

bool fits(const ChunkSpec& chunk, const BucketSpec& bucket, const BucketFigures& figures) {
  return chunk.last ? figures.underflows == 0 : figures.fits(bucket);
}

std::optional<double> lower_quality(media::Codec codec, const ChunkSpec& chunk, const BucketSpec& bucket,
                                    std::span<const UnitSize> units, std::span<const Tried> tried) {
  const QualityScale scale = scale_of(codec);
  const double now = tried.back().crf;
  if (now + scale.step > scale.end + 1e-6) return std::nullopt;
  const double margin = 1 + kMargin * static_cast<double>(tried.size() * tried.size());
  return best_that_fits(scale, chunk, bucket, {units, now, measured_half(scale, tried), margin}, now + scale.step);
}

std::optional<double> better_quality(const ChunkSpec& chunk, const PlannedRung& rung, std::span<const UnitSize> units,
                                     std::span<const Tried> tried) {
  const QualityScale scale = scale_of(rung.rung.codec);
  const double crf = tried.back().crf;
  if (tried.size() > kTriesBeforeBetter || crf < rung.rung.crf + scale.worth) return std::nullopt;
  const Coded coded{units, crf, measured_half(scale, tried), kRaiseMargin};
  const double better = best_that_fits(scale, chunk, rung.bucket, coded, rung.rung.crf);
  return better <= crf - scale.worth ? std::optional(better) : std::nullopt;
}

}  // namespace pier::transcode::impl

namespace pier::transcode {

double first_quality(const ChunkSpec& chunk, const PlannedRung& rung, const QualityPoints& points, double harder) {
  if (points.empty()) return rung.rung.crf;
  using namespace impl;
  const QualityScale scale = scale_of(rung.rung.codec);
  std::vector<Tried> tried;
  const double before = points.size() > 1 ? points[points.size() - 2].crf : points.back().crf;
  const bool apart = std::abs(before - points.back().crf) >= kApart;
  for (const QualityPoint& point : std::span(points).last(apart ? 2 : 1))
    tried.push_back({point.crf, sum_of(units_like(chunk, point, 1))});
  const std::vector<UnitSize> units = units_like(chunk, points.back(), harder);
  return best_that_fits(scale, chunk, rung.bucket,
                        {units, points.back().crf, measured_half(scale, tried), kGuessMargin}, rung.rung.crf);
}

}  // namespace pier::transcode
