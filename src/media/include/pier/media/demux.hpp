#pragma once
// Reading a container. Damaged input ends in an Error or in a packet marked corrupt, never in a crash or endless loop.

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include <pier/media/feed.hpp>
#include <pier/media/frame.hpp>
#include <pier/media/source.hpp>

namespace pier::media {

enum class StreamKind : uint8_t { kVideo, kAudio, kText, kData };

struct StreamInfo {
  int index = 0;   // in the demuxer
  int64_t id = 0;  // container's track id or PID
  StreamKind kind = StreamKind::kData;
  Codec codec = Codec::kUnknown;
  Rational time_base;
  Rational frame_rate;  // nominal; 0 when unknown
  int width = 0, height = 0;
  int sample_rate = 0, channels = 0;
  uint64_t channel_mask = 0;
  int64_t start_pts = 0;  // first presentation time, INT64_MIN when unknown
  int64_t duration = 0;   // ticks, 0 when unknown
  std::string language;   // BCP 47 or ISO 639, empty when unknown
  bool attached_picture = false;
  Bytes configuration;  // avcC, hvcC or av1C payload, or the first headers in the stream's own form; at most 1 MiB
  int programme = 0;    // number of the (first) programme it belongs to in a transport stream; 0: none
};

/// Not thread-safe. The Source must outlive it.
class Demuxer {
 public:
  static Result<Demuxer> open(const Source& source);
  /// A transport stream that is read once. `name` says only what it is called; `read` waits for bytes and gives 0 at
  /// the end; at most `probe_bytes` are read before the streams are known. Times are those of `clock`. All of them must
  /// outlive the demuxer; seek() has no use here.
  using ReadBytes = std::function<size_t(std::span<std::byte>)>;
  static Result<Demuxer> open_feed(const Source& name, const ReadBytes& read, int64_t probe_bytes, FeedClock& clock);
  ~Demuxer();
  Demuxer(Demuxer&&) noexcept;
  Demuxer& operator=(Demuxer&&) noexcept;

  std::string_view container() const;  // "mov,mp4", "mpegts", "mxf", "imf", "matroska", ...
  const std::vector<StreamInfo>& streams() const;
  /// The picture stream to publish: the first real one; for a multi-programme transport stream that of the first
  /// programme with pictures. nullopt: none.
  std::optional<int> main_video() const;

  /// Only these streams are returned by read(); others are skipped cheaply.
  void select(const std::vector<int>& stream_indices);
  /// nullopt at the end.
  Result<std::optional<Packet>> read();
  /// To a packet at or before `pts` (ticks of that stream) from which decoding can start.
  Result<void> seek(int stream_index, int64_t pts);

  struct Impl;
  Impl& impl() { return *x_impl; }  // for the decoders of this module

 private:
  explicit Demuxer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> x_impl;
};

/// The access units of one sound stream as ISO base media files store them, none changed: AAC-LC without ADTS, AC-3 and
/// E-AC-3 with a frame a unit. Not thread-safe.
class CodedSound {
 public:
  /// Of a demuxer that reads nothing else. kInputUnsupported says why a stream cannot be kept as it is.
  static Result<CodedSound> open(Demuxer& demuxer, int stream_index);

  /// pts and duration in samples; each follows the one before without gap (kInputUnsupported says where one is).
  Result<std::optional<Sample>> next();

  Codec codec() const { return x_stream.codec; }
  int sample_rate() const { return x_stream.sample_rate; }
  int frame_samples() const;
  /// AudioSpecificConfig, or the payload of dac3 or dec3; of what next() has given so far.
  const Bytes& configuration() const { return x_configuration; }

 private:
  CodedSound(Demuxer& demuxer, StreamInfo stream) : x_demuxer(demuxer), x_stream(std::move(stream)) {}
  Result<ByteView> unwrapped(ByteView data);
  Result<ByteView> without_adts(ByteView data);
  Result<void> configure_dolby(ByteView frame);
  Result<int64_t> placed(const Packet& packet);

  Demuxer& x_demuxer;
  StreamInfo x_stream;
  Bytes x_configuration;
  std::optional<int64_t> x_next;  // sample at which the next unit begins
};

}  // namespace pier::media
