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

ChunkSpec first_pictures(const ChunkSpec& chunk, size_t pictures) {
  ChunkSpec sample = chunk;
  if (pictures >= chunk.frames.size()) return sample;
  sample.end_pts = chunk.frames[pictures].source_pts;
  sample.end_time = chunk.frames[pictures].time;
  sample.frames.resize(pictures);
  return sample;
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

/// The rungs of a sample, encoded from one decode a pass.
class Samples {
 public:
  Samples(const media::Source& source, const ChunkSpec& chunk, size_t pictures)
      : points(chunk.rungs.size()), x_source(source), x_chunk(chunk), x_pictures(pictures) {
    for (const PlannedRung& rung : chunk.rungs) {
      const bool limited = rung.rung.kind == RungKind::kVideo && rung.bucket.rate > 0;
      x_next.push_back(limited ? std::optional(rung.rung.crf) : std::nullopt);
    }
  }
  bool done() const {
    return std::ranges::none_of(x_next, [](const auto& crf) { return crf.has_value(); });
  }
  Result<void> pass(const Progress& progress);

  std::vector<QualityPoints> points;

 private:
  std::optional<double> next_quality(size_t rung) const;

  const media::Source& x_source;
  const ChunkSpec& x_chunk;
  size_t x_pictures;
  bool x_roughly = true;                      // the first pass
  std::vector<std::optional<double>> x_next;  // crf of each rung's next encode; nullopt: enough is known
};

Result<void> Samples::pass(const Progress& progress) {
  const size_t pictures = x_roughly ? std::min(kRough, x_pictures) : x_pictures;
  const ChunkSpec sample = first_pictures(x_chunk, pictures);
  const int64_t until = first_pictures(x_chunk, counted_of(pictures)).end_time;
  std::vector<std::unique_ptr<impl::RungSink>> sinks(x_next.size());
  std::vector<impl::EncoderSink*> encoders(x_next.size());
  for (size_t i = 0; i < x_next.size(); i++) {
    if (!x_next[i]) continue;
    PIER_TRY(auto sink, impl::EncoderSink::open(sample, sample.rungs[i], *x_next[i]));
    encoders[i] = sink.get();
    sinks[i] = std::move(sink);
  }
  PIER_CHECK(impl::fan_out(x_source, sample, sinks, progress));
  for (size_t i = 0; i < x_next.size(); i++) {
    if (encoders[i] == nullptr) continue;
    points[i].push_back(point_of(*encoders[i], *x_next[i], until));
    x_next[i] = next_quality(i);
  }
  x_roughly = false;
  return {};
}

std::optional<double> Samples::next_quality(size_t rung) const {
  const QualityPoints& known = points[rung];
  const double fitting = first_quality(x_chunk, x_chunk.rungs[rung], known, 1);
  const bool near = std::abs(fitting - known.back().crf) <= (known.size() > 1 ? kNear : 0);
  return near ? std::nullopt : std::optional(fitting);
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

Result<std::vector<QualityPoints>> calibrate(const media::Source& source, const ChunkSpec& chunk, size_t pictures,
                                             const Progress& progress) {
  if (chunk.frames.empty() || pictures == 0) return fail(ErrorCode::kInvalidArgument, "a sample needs frames");
  Samples samples(source, chunk, pictures);
  for (int pass = 0; pass < kPasses && !samples.done(); pass++) {
    const Progress part = [&](double fraction, int64_t frames) {
      return !progress || progress((pass + fraction) / kPasses, frames);
    };
    PIER_CHECK(samples.pass(part));
  }
  return std::move(samples.points);
}

}  // namespace pier::transcode
