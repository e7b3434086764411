#pragma once
// With which quality a chunk begins. Where a rung's chunks do not fit its bucket at the ladder's quality, each would be
// encoded twice or thrice. A few pictures of every minute, encoded before, tell at which quality they fit.

#include <span>
#include <vector>

#include <pier/transcode/plan.hpp>

namespace pier::transcode {

/// Sizes of coded pictures at one quality, in bits: means.
struct QualityPoint {
  double crf = 0;
  double key_bits = 0;
  double other_bits = 0;
};
using QualityPoints = std::vector<QualityPoint>;  // of one rung, in the order in which they were made
json::array to_json(const QualityPoints& points);
Result<QualityPoints> quality_points_from_json(const json::value& value);

/// The first pictures of a chunk that stand for the programme around it.
struct CalibrationSample {
  size_t chunk = 0;     // its place in PublishPlan::chunks
  size_t pictures = 0;  // fewer than the chunk has
};
/// One a minute, in its middle; none where a programme has so few chunks that encoding them tells as much.
std::vector<CalibrationSample> calibration_samples(const PublishPlan& plan);
/// The place in `samples` of the one nearest to a chunk.
size_t nearest_sample(std::span<const CalibrationSample> samples, size_t chunk);

/// How many times the bits of a sample the pictures of `chunk` are expected to take, by what both take in the master
/// (sampled: the chunk the sample is of); 1 where that says nothing.
double times_as_hard(const analysis::PacketTable& packets, const ChunkSpec& chunk, const ChunkSpec& sampled,
                     size_t pictures);

/// Has the rung a bucket that its chunks could miss?
bool wants_calibration(const PlannedRung& rung);

/// Encodes the first pictures of a chunk for one of its rungs: a few of them at the ladder's quality, and where the
/// chunk would not fit, all of them at one where it would, once more where that was not met. Errors as encode_chunk().
Result<QualityPoints> calibrate(const media::Source& source, const ChunkSpec& chunk, size_t rung, size_t pictures,
                                const Progress& progress);

/// The best quality at which `chunk` is expected to fit, not better than the ladder's. `harder`: see
/// times_as_hard().
double first_quality(const ChunkSpec& chunk, const PlannedRung& rung, const QualityPoints& points, double harder);

}  // namespace pier::transcode
