#pragma once
// A chunk is a run of whole grid segments of a master: decoded once, converted and encoded for every rung, each rung's
// samples written to a chunk file of its own. The same chunk and settings give the same bytes in every run.

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include <pier/core/file.hpp>
#include <pier/core/json.hpp>
#include <pier/media/source.hpp>
#include <pier/transcode/ladder.hpp>
#include <pier/transcode/leaky_bucket.hpp>

namespace pier::transcode {

/// A frame of the master that belongs to the programme.
struct PlannedFrame {
  int64_t source_pts = 0;    // ticks of the source stream
  uint64_t fingerprint = 0;  // luma samples, as the analysis pass saw them
  int64_t time = 0;          // ticks of the track timescale from the programme start
  bool key = false;          // a fragment starts here
};

struct ChunkSpec {
  int index = 0;
  int first_segment = 0, segment_count = 1;  // of the grid
  int stream_index = 0;
  int64_t end_pts = 0;   // source ticks, exclusive
  int64_t end_time = 0;  // track ticks: where the last frame ends
  uint32_t timescale = 0;
  Rational frame_rate;  // nominal
  Rational sample_aspect = 1;
  int gop_frames = 0;            // longest distance of key frames
  bool last = false;             // the programme ends with it
  int rotation = 0;              // degrees clockwise that bring the source upright
  int threads = 1;               // decoder threads
  colour::PictureSpec source;    // raster and colour every frame must have
  std::vector<int64_t> key_pts;  // random access points of the source at or before the chunk
  std::vector<PlannedFrame> frames;
  std::vector<int64_t> thumbnail_times;  // track ticks inside the chunk; the frame shown then is taken
  std::vector<PlannedRung> rungs;        // video and image rungs
  std::vector<Bytes> hdr10_plus;         // one a frame, in place of the source's own; empty: the source's
};
json::object to_json(const ChunkSpec& chunk);
/// One payload a picture, equal ones after each other said once: [[count, hex], …].
json::array runs_of(std::span<const Bytes> payloads);
/// kInvalidArgument.
Result<std::vector<Bytes>> payloads_of(const json::array& runs);
/// The chunk up to so many pictures.
ChunkSpec first_pictures(const ChunkSpec& chunk, size_t pictures);
Result<ChunkSpec> chunk_from_json(const json::value& value);

/// What encoding one rung of a chunk gave.
struct ChunkRungResult {
  int64_t samples = 0;
  int64_t bytes = 0;
  bool made = false;
  int tries = 0;         // encodes until it fitted the bucket
  double crf = 0;        // of the last one
  BucketFigures bucket;  // of this chunk alone
};
json::object to_json(const ChunkRungResult& result);

struct ChunkResult {
  std::vector<ChunkRungResult> rungs;
  json::object seconds;  // CPU seconds per stage: decode, convert, encode.<rung>
};

using Progress = std::function<bool(double fraction, int64_t frames)>;  // false: stop (kCancelled)

/// `outputs[i]` takes the chunk file of `chunk.rungs[i]`. Every decoded frame is compared with its fingerprint, so a
/// chunk holds exactly the frames a decode from the start of the file gives. Every video rung starts with its bucket's
/// start and ends with at least that (nothing need be there after the programme's last chunk), so that any chunks can
/// be joined; one that does not is encoded again with less. Samples are kept in memory until then. `begin_with`: the
/// quality (crf) of each rung's first encode, see calibrate.hpp; empty: the ladder's. Errors: kVerifyFailed names the
/// frame, kNotConform the rung that fits with no setting.
Result<ChunkResult> encode_chunk(const media::Source& source, const ChunkSpec& chunk, std::span<const int> outputs,
                                 const Progress& progress, std::span<const double> begin_with = {});

/// Reading a chunk file back. Hostile bytes give kInputDamaged.
class ChunkReader {
 public:
  static Result<ChunkReader> open(int fd);
  const Bytes& configuration() const { return x_configuration; }
  int64_t count() const { return x_count; }
  /// Samples in decoding order; nullopt at the end.
  Result<std::optional<media::Sample>> next();

 private:
  int x_fd = -1;
  uint64_t x_position = 0, x_end = 0;
  int64_t x_count = 0, x_read = 0;
  Bytes x_configuration;
};

/// Writing one; finish() makes it whole (a file without its end record is refused by ChunkReader).
class ChunkWriter {
 public:
  explicit ChunkWriter(int fd) : x_fd(fd) {}
  Result<void> add(const media::Sample& sample);
  Result<void> finish(ByteView configuration);
  int64_t count() const { return x_count; }
  int64_t bytes() const { return x_bytes; }

 private:
  Result<void> put(ByteView bytes, bool flush);
  int x_fd;
  int64_t x_count = 0, x_bytes = 0;
  Bytes x_buffer;
};

}  // namespace pier::transcode
