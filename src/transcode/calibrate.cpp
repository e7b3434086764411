#include <algorithm>
#include <cmath>

#include <pier/transcode/calibrate.hpp>

#include "chunk_rate.hpp"
#include "encoder_sink.hpp"

namespace pier::transcode {
namespace {

constexpr size_t kFewChunks = 2;         // the first of them tells as much as a sample
constexpr double kDistance = 60;         // seconds between samples
constexpr double kShare = 0.016;         // of the programme's pictures
constexpr size_t kKey = 1, kGroup = 16;  // pictures of a sample: a key picture and groups of SVT-AV1's pyramid
constexpr size_t kTail = 16;     // the last ones only lie ahead of the others: without them those are coded otherwise
constexpr size_t kRough = 9;     // of the first pass, which tells about where to look
constexpr int kPasses = 3;       // sizes do not follow from quality along a straight line
constexpr double kDamped = 0.8;  // sizes differ less at lower quality than in the master
constexpr double kNear = 2;      // steps of crf over which sizes are known from two points

/// Means over the pictures before a time. A key picture is not coded otherwise because fewer follow it.
QualityPoint point_of(const impl::EncoderSink& sink, double crf, int64_t until) {
  QualityPoint point{crf, 0, 0};
  double keys = 0, others = 0;
  for (const media::Sample& sample : sink.samples()) {
    if (sample.pts >= until) continue;
    const auto bits = static_cast<double>(sample.data.size()) * 8;
    (sample.key ? point.key_bits : point.other_bits) += bits;
    (sample.key ? keys : others) += 1;
  }
  point.key_bits /= std::max(1.0, keys);
  point.other_bits /= std::max(1.0, others);
  return point;
}

/// Of the pictures of a sample.
size_t counted_of(size_t pictures) {
  return pictures > 2 * kTail ? pictures - kTail : pictures;
}

/// Mean size in the master of the pictures from `first` to before `end`; of those that depend on others, where there
/// are any: how many key pictures happen to lie there says nothing. 0 where it is not known.
double coded_bytes(const analysis::PacketTable& packets, int64_t first, int64_t end) {
  double sum = 0, count = 0, keys = 0, key_count = 0;
  for (const analysis::PacketRecord& picture : packets.pictures) {
    if (picture.pts < first || picture.pts >= end) continue;
    (picture.key ? keys : sum) += picture.bytes;
    (picture.key ? key_count : count) += 1;
  }
  if (count > 0) return sum / count;
  return key_count > 0 ? keys / key_count : 0;
}

/// The sample, encoded once.
Result<QualityPoint> encode(const media::Source& source, const ChunkSpec& chunk, size_t pictures, double crf,
                            const Progress& progress) {
  const ChunkSpec sample = first_pictures(chunk, pictures);
  const int64_t until = first_pictures(chunk, counted_of(pictures)).end_time;
  PIER_TRY(auto encoder, impl::EncoderSink::open(sample, sample.rungs.front(), crf));
  const impl::EncoderSink& coded = *encoder;
  std::vector<std::unique_ptr<impl::RungSink>> sinks;
  sinks.push_back(std::move(encoder));
  PIER_CHECK(impl::fan_out(source, sample, sinks, progress));
  return point_of(coded, crf, until);
}

}  // namespace

json::array to_json(const QualityPoints& points) {
  json::array packed;
  for (const QualityPoint& point : points) packed.push_back(json::array{point.crf, point.key_bits, point.other_bits});
  return packed;
}

Result<QualityPoints> quality_points_from_json(const json::value& value) {
  const auto malformed = [] {
    return fail(ErrorCode::kInvalidArgument, "points of quality are lists of three numbers");
  };
  if (!value.is_array()) return malformed();
  QualityPoints points;
  for (const json::value& packed : value.as_array()) {
    const json::array* row = packed.if_array();
    if (row == nullptr || row->size() != 3 || !std::ranges::all_of(*row, &json::value::is_number)) return malformed();
    points.push_back({(*row)[0].to_number<double>(), (*row)[1].to_number<double>(), (*row)[2].to_number<double>()});
  }
  return points;
}

std::vector<CalibrationSample> calibration_samples(const PublishPlan& plan) {
  std::vector<CalibrationSample> samples;
  if (plan.chunks.size() <= kFewChunks) return samples;
  const double seconds = static_cast<double>(plan.duration) / plan.timescale;
  const auto count = std::max<int64_t>(1, std::llround(seconds / kDistance));
  const double each = kShare * static_cast<double>(plan.frames) / static_cast<double>(count);
  const size_t pictures = kKey + kGroup * std::clamp<size_t>(static_cast<size_t>(each) / kGroup, 2, 3);
  for (int64_t i = 0; i < count; i++) {
    const int64_t middle = plan.duration / count * i + plan.duration / count / 2;
    const auto after = std::ranges::find_if(plan.chunks, [&](const ChunkSpec& one) { return one.end_time > middle; });
    const auto chunk = static_cast<size_t>(after - plan.chunks.begin());
    if (!samples.empty() && samples.back().chunk == chunk) continue;
    samples.push_back({chunk, std::min(pictures, plan.chunks[chunk].frames.size())});
  }
  return samples;
}

size_t nearest_sample(std::span<const CalibrationSample> samples, size_t chunk) {
  const auto distance = [&](const CalibrationSample& sample) {
    return sample.chunk > chunk ? sample.chunk - chunk : chunk - sample.chunk;
  };
  return static_cast<size_t>(std::ranges::min_element(samples, {}, distance) - samples.begin());
}

double times_as_hard(const analysis::PacketTable& packets, const ChunkSpec& chunk, const ChunkSpec& sampled,
                     size_t pictures) {
  if (chunk.frames.empty() || sampled.frames.empty()) return 1;
  const ChunkSpec sample = first_pictures(sampled, counted_of(pictures));
  const double own = coded_bytes(packets, chunk.frames.front().source_pts, chunk.end_pts);
  const double its = coded_bytes(packets, sample.frames.front().source_pts, sample.end_pts);
  if (own <= 0 || its <= 0) return 1;
  return std::clamp(std::pow(own / its, kDamped), 0.5, 2.0);
}

bool wants_calibration(const PlannedRung& rung) {
  return rung.rung.kind == RungKind::kVideo && rung.bucket.rate > 0;
}

Result<QualityPoints> calibrate(const media::Source& source, const ChunkSpec& chunk, size_t rung, size_t pictures,
                                const Progress& progress) {
  if (chunk.frames.empty() || pictures == 0 || rung >= chunk.rungs.size() || !wants_calibration(chunk.rungs[rung]))
    return fail(ErrorCode::kInvalidArgument, "a sample needs frames and a rung with a bucket");
  ChunkSpec only = chunk;
  only.rungs = {chunk.rungs[rung]};
  QualityPoints points;
  double crf = only.rungs.front().rung.crf;
  for (int pass = 0; pass < kPasses; pass++) {
    const Progress part = [&](double fraction, int64_t frames) {
      return !progress || progress((pass + fraction) / kPasses, frames);
    };
    PIER_TRY(const QualityPoint point,
             encode(source, only, pass == 0 ? std::min(kRough, pictures) : pictures, crf, part));
    points.push_back(point);
    crf = first_quality(only, only.rungs.front(), points, 1);
    if (std::abs(crf - point.crf) <= (points.size() > 1 ? kNear : 0)) break;
  }
  return points;
}

}  // namespace pier::transcode
