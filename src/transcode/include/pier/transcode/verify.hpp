#pragma once
// Proof that the finished tracks are the source: the stored bytes are decoded and held against the master.

#include <array>
#include <span>
#include <vector>

#include <pier/transcode/chunk.hpp>
#include <pier/transcode/sound.hpp>

namespace pier::transcode {

/// Files of an assembled track.
struct TrackFiles {
  int media_fd = -1;
  int index_fd = -1;
};

/// Figures of one rung over the frames that were compared; combine() adds chunks up.
struct QualityFigures {
  int64_t frames = 0;
  double psnr_y_sum = 0;  // dB summed over frames, each capped at 100
  double psnr_y_min = 100;
  double psnr_c_sum = 0;                                   // mean of Cb and Cr
  std::array<int64_t, media::kDynamicHdrKinds> dynamic{};  // pictures with such metadata, equal to the source's
  double mean() const { return frames ? psnr_y_sum / static_cast<double>(frames) : 0; }
  void combine(const QualityFigures& other);
};
json::object to_json(const QualityFigures& figures);
QualityFigures quality_from_json(const json::object& object);

/// Decodes the segments of a chunk of each track. Every picture is counted, its time, raster, tags and dynamic HDR
/// metadata are those that were planned; every fourth one, the two at either end of the chunk and every key picture are
/// compared with what their encoder was given: the master, decoded again and converted. kVerifyFailed names track and
/// frame: missing, extra, at another time, with other metadata, or not the picture of the source (luma PSNR below
/// `floor_db`).
Result<std::vector<QualityFigures>> verify_chunk(const media::Source& source, const ChunkSpec& chunk,
                                                 std::span<const TrackFiles> tracks, const Progress& progress,
                                                 double floor_db = 15);

/// Decodes a whole sound track: its length must be the programme's to the sample.
Result<int64_t> verify_sound(const TrackFiles& track, int64_t programme_samples, const Progress& progress);

/// For `pier verify`: decodes every picture of a video track without a master; counts them and checks their times
/// against the index.
Result<int64_t> decode_track(const TrackFiles& track, int threads, const Progress& progress);

}  // namespace pier::transcode
