#include "chunk_rate.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace pier::transcode::impl {
namespace {

constexpr double kMargin = 0.01;  // of the sizes, more with each try

/// The quality scale of a codec's encoder: its step, its end, and how far it goes for half of the bits.
struct QualityScale {
  double step, end;
  double half, least_half, most_half;
};

QualityScale scale_of(media::Codec codec) {
  if (codec == media::Codec::kAv1) return {1, 63, 8, 4, 20};
  return {0.1, 51, 6, 2, 12};  // rather one try too low than one more: each is a whole encode
}

/// How far the quality goes for half of the bits, by the last two tries.
double measured_half(const QualityScale& scale, std::span<const Tried> tried) {
  if (tried.size() < 2) return scale.half;
  const Tried &before = tried[tried.size() - 2], &last = tried.back();
  if (last.bits >= before.bits || last.bits <= 0) return scale.most_half;
  const double halvings = std::log2(static_cast<double>(before.bits) / static_cast<double>(last.bits));
  return std::clamp((last.crf - before.crf) / halvings, scale.least_half, scale.most_half);
}

bool fits_shrunk(const ChunkSpec& chunk, const BucketSpec& bucket, std::span<const UnitSize> units, double share) {
  std::vector<UnitSize> shrunk(units.begin(), units.end());
  for (UnitSize& unit : shrunk) unit.bits = std::llround(static_cast<double>(unit.bits) * share);
  return fits(chunk, bucket, simulate(bucket, chunk.timescale, shrunk, chunk.end_time));
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
  const double half = measured_half(scale, tried);
  const double now = tried.back().crf;
  const double margin = 1 + kMargin * static_cast<double>(tried.size() * tried.size());
  const auto most = static_cast<int>(std::floor((scale.end - now) / scale.step + 1e-6));
  if (most < 1) return std::nullopt;
  int least = 1, enough = most;  // the end of the scale is tried whatever is expected of it
  while (least < enough) {
    const int middle = (least + enough) / 2;
    const double share = margin * std::exp2(-middle * scale.step / half);
    if (fits_shrunk(chunk, bucket, units, share)) {
      enough = middle;
    } else {
      least = middle + 1;
    }
  }
  return now + enough * scale.step;
}

}  // namespace pier::transcode::impl
