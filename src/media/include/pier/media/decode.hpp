#pragma once
// Decoding. Pictures come out planar (see core/picture.hpp): packed, semi-planar, RGB and XYZ layouts are unpacked
// without loss. The colour of a picture is what the bitstream says, else what the container says.

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <pier/media/demux.hpp>

namespace pier::media {

/// A program of the installation that decodes what no library here does; it was named and checked by the server.
struct CodecProgram {
  std::string name, codec;                // "davs2"; as to_string(Codec) names it: "avs2"
  std::string sha256;                     // of its file
  std::chrono::milliseconds patience{0};  // how long it may neither take nor give anything
};

/// Starts them, each confined, and tells how they ended. Thread-safe. Whoever writes to one ignores SIGPIPE.
class CodecPrograms {
 public:
  struct Running {
    UniqueFd input, output;  // its coded stream goes in, YUV4MPEG2 comes out
    int64_t id = 0;
  };
  virtual ~CodecPrograms() = default;
  /// nullptr: none. Lives as long as this.
  virtual const CodecProgram* decoder_of(std::string_view codec) const = 0;
  virtual Result<Running> start_decoder(std::string_view codec) = 0;
  /// Waits a moment for its end and ends it otherwise. nullopt: it ended as it should.
  virtual std::optional<Error> ended(int64_t id) = 0;
};

/// Of this process, for all decoders opened later; null: libraries only. A task process sets them once, before it
/// reads.
void set_codec_programs(std::shared_ptr<CodecPrograms> programs);
/// May be null. Thread-safe.
std::shared_ptr<CodecPrograms> codec_programs();

/// Not thread-safe; runs on `threads` threads of its own.
class VideoDecoder {
 public:
  static Result<VideoDecoder> open(Demuxer& demuxer, int stream_index, int threads);
  /// For tracks of ours: samples as in media::Sample, `configuration` the bytes of hvcC/avcC/av1C.
  static Result<VideoDecoder> open(Codec codec, ByteView configuration, Rational time_base, int threads);
  ~VideoDecoder();
  VideoDecoder(VideoDecoder&&) noexcept;
  VideoDecoder& operator=(VideoDecoder&&) noexcept;

  /// An error of one access unit is not fatal: the frame comes out as damaged or not at all (see damaged_packets()).
  Result<void> send(const Packet& packet);
  Result<void> send(const Sample& sample);
  Result<void> send_end();
  /// nullopt: needs more input, or, after send_end(), nothing left.
  Result<std::optional<Frame>> receive();
  /// Forget everything, after a seek.
  void flush();
  int64_t damaged_packets() const;

 private:
  struct Impl;
  explicit VideoDecoder(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> x_impl;
};

/// Not thread-safe. Encoder delay that the container declares (edit list, skip-samples side data) is already taken
/// off: block times and lengths are those of the programme.
class AudioDecoder {
 public:
  static Result<AudioDecoder> open(Demuxer& demuxer, int stream_index);
  ~AudioDecoder();
  AudioDecoder(AudioDecoder&&) noexcept;
  AudioDecoder& operator=(AudioDecoder&&) noexcept;
  Result<void> send(const Packet& packet);
  Result<void> send_end();
  Result<std::optional<AudioBlock>> receive();
  void flush();

 private:
  struct Impl;
  explicit AudioDecoder(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> x_impl;
};

/// Picture frames of one stream from `first_pts` to before `end_pts`, in presentation order, exactly as a decode from
/// the start of the file gives them (open GOPs, leading pictures and sloppy seek tables are handled by starting
/// earlier until the first wanted frame comes out whole). `key_pts`: known random access points, may be empty.
class FrameRange {
 public:
  static Result<FrameRange> open(const Source& source, int stream_index, int64_t first_pts, int64_t end_pts,
                                 std::span<const int64_t> key_pts, int threads);
  ~FrameRange();
  FrameRange(FrameRange&&) noexcept;
  FrameRange& operator=(FrameRange&&) noexcept;
  const StreamInfo& stream() const;
  /// nullopt at the end of the range.
  Result<std::optional<Frame>> next();

 private:
  struct Impl;
  explicit FrameRange(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> x_impl;
};

}  // namespace pier::media
