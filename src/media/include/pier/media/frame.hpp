#pragma once
// Decoded media and packets, as the rest of Pier sees them. Immutable once made; copies share.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <pier/core/bytes.hpp>
#include <pier/core/cicp.hpp>
#include <pier/core/picture.hpp>
#include <pier/core/rational.hpp>

namespace pier::media {

enum class Codec : uint8_t {
  kUnknown,
  kHevc,
  kAvc,
  kAv1,
  kVvc,
  kAvs2,
  kAvs3,
  kVp9,
  kMpeg2,
  kJpeg2000,
  kProres,
  kDnxhd,
  kFfv1,
  kRawVideo,
  kMjpeg,
  kAac,
  kEac3,
  kAc3,
  kPcm,
  kOpus,
  kFlac,
  kMp2,
  kMp3,
  kWebVtt,
  kTtml,
  kTeletext,  // EN 300 472
  kOther
};
std::string_view to_string(Codec codec);  // "hevc", "avc", "av1", ...
Codec codec_from(std::string_view name);

/// Dynamic HDR metadata: SMPTE ST 2094-40, T/UWA 005.1, Dolby Vision.
enum class DynamicHdr : uint8_t { kHdr10Plus, kHdrVivid, kDolbyVision };
constexpr size_t kDynamicHdrKinds = 3;
std::string_view to_string(DynamicHdr kind);  // "hdr10plus", "hdr_vivid", "dolby_vision"

/// One message of it, untouched. `bytes`: user data of ITU-T T.35 from its country code on; of Dolby Vision in HEVC the
/// whole RPU NAL unit (type 62) as it stands in the stream.
struct DynamicPayload {
  DynamicHdr kind = DynamicHdr::kHdr10Plus;
  Bytes bytes;
  friend bool operator==(const DynamicPayload&, const DynamicPayload&) = default;
};

/// One picture in presentation order. `pts` counts ticks of the stream's time base.
struct Frame {
  Picture picture;
  int64_t pts = 0;
  int64_t duration = 0;  // ticks; 0 when the container does not say
  bool key = false;
  bool damaged = false;  // the decoder reported an error or missing reference for it
  bool interlaced = false;
  bool top_field_first = false;                       // of interlaced ones, as the decoder says
  std::optional<MasteringDisplay> mastering_display;  // as carried by this very frame
  std::optional<ContentLight> content_light;
  bool has_hdr10_plus = false;
  bool has_dovi_rpu = false;
  bool has_hdr_vivid = false;
  std::vector<DynamicPayload> dynamic;  // of its access unit; only FrameRange fills it in
};

/// Decoded sound: one vector of float samples (full scale +-1) per channel, all of one length.
struct AudioBlock {
  int64_t pts = 0;  // in samples of `sample_rate`, on the stream's own timeline; may be negative
  int sample_rate = 48000;
  uint64_t channel_mask = 0;  // FFmpeg/WAVE order; 0 when unknown
  std::vector<std::vector<float>> channels;
  size_t samples() const { return channels.empty() ? 0 : channels.front().size(); }
};

/// One coded access unit of a stream being read.
struct Packet {
  int stream_index = 0;
  int64_t pts = INT64_MIN;  // INT64_MIN: not given
  int64_t dts = INT64_MIN;
  int64_t duration = 0;
  int64_t position = -1;  // byte position in the file
  bool key = false;
  bool corrupt = false;
  ByteView data() const;
  std::shared_ptr<const void> handle;  // the library's packet
};

/// One access unit out of an encoder or read back from a track; length-prefixed (4 bytes) for AVC/HEVC, low-overhead
/// OBUs without temporal delimiters for AV1, raw frames for sound.
struct Sample {
  Bytes data;
  int64_t pts = 0;  // ticks of the encoder's time base
  int64_t dts = 0;
  int64_t duration = 0;
  bool key = false;
};

}  // namespace pier::media
