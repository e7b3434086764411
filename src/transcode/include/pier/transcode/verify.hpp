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

/// One figure over the pictures it was measured of.
struct Figure {
  int64_t frames = 0;
  double sum = 0;
  double least = 100;
  void add(double value);
  void combine(const Figure& other);
  double mean() const { return frames > 0 ? sum / static_cast<double>(frames) : 0; }
};

/// Figures of one rung over the frames that were compared with what its encoder was given (module quality); combine()
/// adds chunks up. In dB equal pictures have 100.
struct QualityFigures {
  Figure psnr_y, psnr_c;                                   // dB; chroma: mean of Cb and Cr
  Figure ssim;                                             // block variant, luma
  Figure xpsnr;                                            // dB; of some of the frames: it wants those before
  std::array<int64_t, media::kDynamicHdrKinds> dynamic{};  // pictures with such metadata, equal to the source's
  void combine(const QualityFigures& other);
};
json::object to_json(const QualityFigures& figures);
QualityFigures quality_from_json(const json::object& object);

/// Decodes the segments of a chunk of each track. Every picture is counted, its time, raster, tags and dynamic HDR
/// metadata are those that were planned; a quarter of them, the two at either end of the chunk and every key picture
/// are compared with what their encoder was given: the master, decoded again and converted. kVerifyFailed names track
/// and frame: missing, extra, at another time, with other metadata, or not the picture of the source (luma PSNR below
/// `floor_db`).
Result<std::vector<QualityFigures>> verify_chunk(const media::Source& source, const ChunkSpec& chunk,
                                                 std::span<const TrackFiles> tracks, const Progress& progress,
                                                 double floor_db = 15);

/// Decodes a whole sound track: its length must be the programme's to the sample.
Result<int64_t> verify_sound(const TrackFiles& track, int64_t programme_samples, const Progress& progress);

/// Every unit of a track that keep_sound() made has the bytes, the time and the configuration it has in the source;
/// none is missing. Gives their number.
Result<int64_t> verify_kept_sound(const media::Source& source, const SoundSpec& spec, const TrackFiles& track,
                                  const Progress& progress);

/// For `pier verify`: decodes every picture of a video track without a master; counts them and checks their times
/// against the index.
Result<int64_t> decode_track(const TrackFiles& track, int threads, const Progress& progress);

}  // namespace pier::transcode
