#pragma once
// What the encoder of one rung of one chunk is told, and how its quality goes down when its pictures do not fit the
// bucket. An encoder's own cap is not used: x265 and x264 start each encode with guesses of how sizes follow from
// quality, which shows at every seam (measured: 3.6 dB below one piece), and SVT-AV1 takes a cap for a hint. A chunk
// has one quality throughout, the best that fits.

#include <span>

#include <pier/media/encode.hpp>
#include <pier/transcode/calibrate.hpp>
#include <pier/transcode/leaky_bucket.hpp>

namespace pier::transcode::impl {

inline constexpr int kMostTries = 6;  // encodes of one rung of one chunk

media::VideoEncoderConfig encoder_config(const ChunkSpec& chunk, const PlannedRung& rung);

/// Is this a run that the next chunk can follow? After the last chunk of the programme nothing follows, and nothing
/// needs to be there again.
bool fits(const ChunkSpec& chunk, const BucketSpec& bucket, const BucketFigures& figures);

/// One encode that did not fit.
struct Tried {
  double crf = 0;
  int64_t bits = 0;
};

/// The crf of the next try: the lowest at which the sizes of the last one (`units`), shrunk as sizes follow from
/// quality, fit; nullopt when the scale has come to its end. `tried`: all before, the last one last; from two on the
/// relation is measured.
std::optional<double> lower_quality(media::Codec codec, const ChunkSpec& chunk, const BucketSpec& bucket,
                                    std::span<const UnitSize> units, std::span<const Tried> tried);

/// For a chunk that fits after one or two tries with so much room that another encode is worth its time: the crf of
/// that; nullopt when it is not, or the rung's own quality is reached.
std::optional<double> better_quality(const ChunkSpec& chunk, const PlannedRung& rung, std::span<const UnitSize> units,
                                     std::span<const Tried> tried);

}  // namespace pier::transcode::impl
