#pragma once
// What one compressed access unit of HEVC (ITU-T H.265), AVC (H.264) or AV1 says about itself: how it can be entered,
// how it is coded, what it carries and how it is to be buffered. Headers only: no sample is decoded.

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <pier/core/result.hpp>
#include <pier/media/frame.hpp>

namespace pier::media {

/// What decoding may do at a picture.
enum class PictureAccess : uint8_t {
  kOrdinary,  // needs what came before
  kIdr,       // HEVC and AVC IDR, shown AV1 key frame: nothing behind it refers to what is before it
  kCra,       // HEVC CRA, AVC recovery point of distance 0, hidden AV1 key frame: leading pictures may refer back
  kBla,       // HEVC BLA: a CRA after a splice
  kRecovery,  // AVC recovery point that needs further pictures until it is exact
  kRadl,      // HEVC leading picture that can be decoded from its access point on
  kRasl,      // HEVC leading picture that cannot be when decoding starts there
};
std::string_view to_string(PictureAccess access);  // "ordinary", "idr", ...

enum class PictureCoding : uint8_t { kUnknown, kI, kP, kB };  // the freest of its slices; of AV1 kI or kP

/// H.265 E.2.2 and E.2.3, H.264 E.1.2: one schedule of the hypothetical reference decoder.
struct HrdSchedule {
  int64_t bit_rate = 0;     // bit/s
  int64_t buffer_bits = 0;  // CPB size
  bool constant = false;    // cbr_flag
  friend bool operator==(const HrdSchedule&, const HrdSchedule&) = default;
};

struct HrdParameters {
  bool nal = true;                          // of all units (type II); else of slices and filler only (type I)
  std::vector<HrdSchedule> schedules = {};  // at most 32; of the highest sub-layer
  Rational tick = {};                       // seconds
  bool low_delay = false;
  // Lengths of the fields that the messages use, in bits.
  int initial_delay_bits = 24, removal_delay_bits = 24, output_delay_bits = 24, time_offset_bits = 0;
  bool sub_pictures = false;     // sub_pic_hrd_params_present_flag
  bool both = false;             // NAL and VCL parameters are present; these are those of the NAL units
  uint32_t other_schedules = 0;  // count of the VCL ones when `both`
  friend bool operator==(const HrdParameters&, const HrdParameters&) = default;
};

/// Table A.8 of H.265, A-1 of H.264: what the declared profile, tier and level allow at most (NAL factor).
struct LevelLimit {
  std::string name;  // "level 5.1 Main tier"
  int64_t bit_rate = 0;
  int64_t buffer_bits = 0;
  friend bool operator==(const LevelLimit&, const LevelLimit&) = default;
};

/// Buffering period message, schedules of HrdParameters in order; ticks of 90 kHz.
struct BufferingPeriod {
  struct Delay {
    uint32_t delay = 0, offset = 0;
  };
  std::vector<Delay> delays = {};
  bool concatenation = false;
  uint32_t removal_delay_delta = 1;  // with `concatenation` (HEVC)
};

/// Picture timing message, clock ticks.
struct PictureTiming {
  uint32_t removal_delay = 0;  // since the first access unit of the buffering period
  uint32_t output_delay = 0;
};

/// Time of the picture in a timing message (H.264 D.2.3, H.265 D.3.27, AV1 6.7.5).
struct ClockTime {
  int hours = 0, minutes = 0, seconds = 0, frames = 0;
  bool drop = false;           // counting type 4: frame numbers are left out
  bool discontinuity = false;  // said by the stream itself
  friend bool operator==(const ClockTime&, const ClockTime&) = default;
};

struct AccessUnit {
  bool parsed = false;  // a codec whose units are read here
  bool whole = true;    // false: a unit runs past the end
  bool picture = false;
  PictureAccess access = PictureAccess::kOrdinary;
  PictureCoding coding = PictureCoding::kUnknown;
  bool reference = false;  // others may refer to it
  /// HEVC, AVC: it is predicted from pictures that the stream names and that never came, or from one that was. HEVC: no
  /// picture of that order count is among those decoded and held (H.265 8.3.2), RASL pictures of an access point where
  /// decoding starts apart (8.1.3). AVC: a number is left out in frame_num (H.264 7.4.3, 8.2.5.2) that is not declared
  /// to have gaps. Only what is certain is told, no more than 16 pictures after the loss unless they name it.
  bool references_missing = false;
  int temporal_layer = 0;
  int slices = 0;
  int64_t bytes = 0;     // of the packet
  int64_t nal_bits = 0;  // of the units with their start codes (4 bytes where lengths stand in their place)
  int64_t vcl_bits = 0;  // of slices and filler
  bool filler = false;
  bool start_codes = false;             // Annex B; else length-prefixed
  bool parameter_sets = false;          // in-band
  bool parameter_sets_changed = false;  // an id known before has another content now
  std::optional<MasteringDisplay> mastering_display;
  std::optional<ContentLight> content_light;
  bool hdr10_plus = false, hdr_vivid = false, dovi_rpu = false;
  std::optional<BufferingPeriod> buffering_period;
  std::optional<PictureTiming> timing;
  std::optional<ClockTime> clock;
};

/// Reads the access units of one stream in decoding order. Parameter sets are remembered (a few KiB each, their number
/// is bounded by the standards). Not thread-safe. Never fails: what cannot be read is left out.
class AccessUnitReader {
 public:
  /// `configuration`: avcC, hvcC or av1C payload, headers in the stream's own form, or nothing.
  AccessUnitReader(Codec codec, ByteView configuration);
  ~AccessUnitReader();
  AccessUnitReader(AccessUnitReader&&) noexcept;
  AccessUnitReader& operator=(AccessUnitReader&&) noexcept;

  AccessUnit read(ByteView packet);

  /// What the configuration record itself carries: its metadata messages.
  const AccessUnit& configuration() const;
  /// Of the sequence in use at the last access unit; before the first, of the configuration.
  std::optional<HrdParameters> hrd() const;
  std::optional<LevelLimit> level_limit() const;

  struct State;

 private:
  std::unique_ptr<State> x_state;
};

/// Takes dynamic HDR metadata out of access units of HEVC and AV1, in the order in which it stands there; other codecs
/// give none. Thread-safe. Never fails: what cannot be read is left out.
class DynamicHdrReader {
 public:
  /// `configuration` as of AccessUnitReader.
  DynamicHdrReader(Codec codec, ByteView configuration);
  std::vector<DynamicPayload> read(ByteView packet) const;

 private:
  Codec x_codec;
  int x_length_size = 0;  // 0: start codes
};

/// What is in constructs of cc_data, as bits: CTA-608 that is more than filling, CTA-708.
enum CaptionKinds : uint8_t { kNoCaptions = 0, kCea608Captions = 1, kCea708Captions = 2 };
uint8_t caption_kinds(ByteView constructs);

/// Takes captions out of access units of HEVC, AVC and MPEG-2: the constructs of three bytes of cc_data (ATSC A/53 part
/// 4, clause 6.2.3); other codecs give none. Thread-safe. Never fails: what cannot be read is left out.
class CaptionReader {
 public:
  /// `configuration` as of AccessUnitReader.
  CaptionReader(Codec codec, ByteView configuration);
  Bytes read(ByteView packet) const;

 private:
  Codec x_codec;
  int x_length_size = 0;  // 0: start codes
};

/// Puts payloads into a coded picture of our own (media::Sample): HEVC as SEI messages before the first slice (H.265
/// 7.4.2.4.4) and as RPU units behind the last one, AV1 as metadata OBUs behind the sequence header (AV1 7.5).
/// kInvalidArgument: the codec has no form for one of them, or the sample is none.
Result<void> insert_dynamic_hdr(Codec codec, std::span<const DynamicPayload> payloads, Bytes& sample);

/// Does an ST 2094-40 payload (from its country code on) speak of parts of the picture, in its pixels?
bool has_windows(ByteView hdr10_plus);

struct Hdr10PlusPercentile {
  uint32_t percentage = 0;  // 7 bits
  uint32_t value = 0;       // 17 bits: 0.1 cd/m2
};

struct Hdr10PlusCurve {
  uint32_t knee_x = 0, knee_y = 0;  // 12 bits
  std::vector<uint32_t> anchors;    // 10 bits each, at most 15
};

/// SMPTE ST 2094-40 of the whole picture, values as they are coded.
struct Hdr10Plus {
  uint32_t target_luminance = 0;                  // 27 bits
  std::array<uint32_t, 3> max_scl{};              // 17 bits: 0.1 cd/m2
  uint32_t average_max_rgb = 0;                   // 17 bits: 0.1 cd/m2
  std::vector<Hdr10PlusPercentile> distribution;  // at most 15
  std::optional<Hdr10PlusCurve> curve;
  std::vector<std::string> unplaced = {};  // names of what the payload has beyond these; parse_hdr10_plus() only
};
/// `payload`: from its country code on. kInputUnsupported: windows beside the whole picture; kInputDamaged.
Result<Hdr10Plus> parse_hdr10_plus(ByteView payload);
/// Application version 1. kInvalidArgument: a value has more bits than its place, or there are too many.
Result<Bytes> write_hdr10_plus(const Hdr10Plus& metadata);

}  // namespace pier::media
