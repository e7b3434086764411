#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include <pier/media/access_unit.hpp>

#include "bitstream/av1.hpp"
#include "bitstream/avc.hpp"
#include "bitstream/hevc.hpp"
#include "bitstream/hrd.hpp"
#include "bitstream/nal.hpp"
#include "bitstream/sei.hpp"

namespace pier::media {

using namespace impl;

namespace {

constexpr size_t kSliceHead = 64;         // bytes of a slice unit that its first fields lie in
constexpr size_t kMaxTimingMessages = 8;  // of one access unit
constexpr int kSeiClock = 136, kSeiBuffering = 0, kSeiTiming = 1, kSeiRecovery = 6;

/// Whether a parameter set is the one that was known under its id.
class Contents {
 public:
  /// True when the id was known with other bytes.
  bool update(uint32_t key, ByteView unit) {
    const Sha256 digest = sha256(unit);
    auto [known, fresh] = x_digests.try_emplace(key, digest);
    if (fresh || known->second == digest) return false;
    known->second = digest;
    return true;
  }

 private:
  std::map<uint32_t, Sha256> x_digests;
};

/// Timing messages wait until the slices told which sequence they belong to.
struct Waiting {
  uint32_t type = 0;
  Bytes payload;
};

PictureCoding coding_of(bool b, bool p) {
  return b ? PictureCoding::kB : p ? PictureCoding::kP : PictureCoding::kI;
}

void take_message(const MetadataMessage& message, AccessUnit& unit) {
  if (message.mastering_display) unit.mastering_display = message.mastering_display;
  if (message.content_light) unit.content_light = message.content_light;
  unit.hdr10_plus |= message.dynamic == DynamicMetadata::kHdr10Plus;
  unit.hdr_vivid |= message.dynamic == DynamicMetadata::kHdrVivid;
  unit.dovi_rpu |= message.dynamic == DynamicMetadata::kDolbyVision;
}

}  // namespace

std::string_view to_string(PictureAccess access) {
  static constexpr std::array<std::string_view, 7> kNames{"ordinary", "idr", "cra", "bla", "recovery", "radl", "rasl"};
  return kNames[static_cast<size_t>(access)];
}

struct AccessUnitReader::State {
  Codec codec = Codec::kUnknown;
  int length_size = 0;  // 0: start codes
  Contents contents;
  std::map<uint32_t, HevcSequence> hevc_sequences;
  std::map<uint32_t, HevcPicture> hevc_pictures;
  std::map<uint32_t, AvcSequence> avc_sequences;
  std::map<uint32_t, AvcPicture> avc_pictures;
  uint32_t active = 0;  // id of the sequence in use
  bool av1_still = false;
  ClockTime last_clock;

  // Of the access unit being read.
  AccessUnit now;
  AccessUnit configured;  // of the configuration record
  std::vector<Waiting> waiting;
  bool b_slice = false, p_slice = false;
  uint32_t recovery_frames = UINT32_MAX;  // UINT32_MAX: no recovery point

  void configure(ByteView record);
  void read_unit(ByteView unit);
  void read_hevc(ByteView unit);
  void read_hevc_slice(ByteView unit, int type);
  void read_avc(ByteView unit);
  void read_avc_slice(ByteView unit, int type);
  void read_obu(const Obu& obu);
  void read_av1_frame(ByteView payload);
  void read_av1_clock(ByteView payload);
  void read_sei(ByteView rbsp, bool hevc);
  void keep_sequence(ByteView unit, uint32_t key);
  void finish_timing();
  void hevc_timing(const Waiting& message);
  void avc_timing(const Waiting& message);

  const HevcSequence* hevc_active() const {
    const auto found = hevc_sequences.find(active);
    return found == hevc_sequences.end() ? nullptr : &found->second;
  }
  const AvcSequence* avc_active() const {
    const auto found = avc_sequences.find(active);
    return found == avc_sequences.end() ? nullptr : &found->second;
  }
};

void AccessUnitReader::State::configure(ByteView record) {
  if (record.empty()) return;
  // A record starts with its version; headers in the stream's own form start with 00 00.
  const bool framed = record[0] == std::byte{0};
  if (codec == Codec::kAv1) {
    const ByteView obus = av1c_obus(record);
    split_obus(obus.empty() ? record : obus, [this](const Obu& obu) { read_obu(obu); });
    configured = std::exchange(now, {});
    return;
  }
  if (codec != Codec::kHevc && codec != Codec::kAvc) return;
  std::optional<ParameterSets> sets;
  if (!framed) sets = codec == Codec::kHevc ? parse_hvcc(record) : parse_avcc(record);
  if (sets) {
    length_size = sets->length_size;
    for (const Bytes& unit : sets->units) read_unit(unit);
  } else if (framed) {
    split_start_codes(record, [this](ByteView unit) { read_unit(unit); });
  }
  if (codec == Codec::kHevc && !hevc_sequences.empty()) active = hevc_sequences.begin()->first;
  if (codec == Codec::kAvc && !avc_sequences.empty()) active = avc_sequences.begin()->first;
  configured = std::exchange(now, {});
}

void AccessUnitReader::State::read_unit(ByteView unit) {
  if (codec == Codec::kHevc) {
    read_hevc(unit);
  } else {
    read_avc(unit);
  }
}

void AccessUnitReader::State::keep_sequence(ByteView unit, uint32_t key) {
  now.parameter_sets = true;
  now.parameter_sets_changed |= contents.update(key, unit);
}

void AccessUnitReader::State::read_hevc(ByteView unit) {
  const int type = hevc_nal_type(unit);
  if (type < 0 || hevc_layer(unit) != 0) {
    now.dovi_rpu |= type == kHevcDoviRpu;
    return;
  }
  const int64_t bits = static_cast<int64_t>(unit.size() + 4) * 8;
  if (!now.start_codes) now.nal_bits += bits;
  if (type < kHevcVps || type == kHevcFiller) now.vcl_bits += bits;
  if (type < kHevcVps) return read_hevc_slice(unit, type);
  switch (type) {
    case kHevcVps:
      keep_sequence(unit, 1U << 16U | (unit.size() > 2 ? std::to_integer<uint32_t>(unit[2]) >> 4U : 0U));
      break;
    case kHevcSps:
      if (auto sequence = parse_hevc_sequence(unit); sequence && sequence->id < 16) {
        keep_sequence(unit, 2U << 16U | sequence->id);
        hevc_sequences.insert_or_assign(sequence->id, std::move(*sequence));
      }
      break;
    case kHevcPps:
      if (const auto picture = parse_hevc_pps(unit)) {
        keep_sequence(unit, 3U << 16U | picture->id);
        hevc_pictures.insert_or_assign(picture->id, *picture);
      }
      break;
    case kHevcSeiPrefix:
    case kHevcSeiSuffix:
      read_sei(unescape(unit.subspan(2)), true);
      break;
    case kHevcFiller:
      now.filler = true;
      break;
    case kHevcDoviRpu:
      now.dovi_rpu = true;
      break;
    default:
      break;
  }
}

// H.265 7.3.6.1 up to slice_type; types of table 7-1.
void AccessUnitReader::State::read_hevc_slice(ByteView unit, int type) {
  constexpr int kRadlN = 6, kRadlR = 7, kRaslN = 8, kRaslR = 9, kBlaFirst = 16, kBlaLast = 18, kIdrLast = 20, kCra = 21,
                kIrapLast = 23, kLastUsed = 21;
  if (type > kLastUsed || (type > kRaslR && type < kBlaFirst)) return;
  const Bytes rbsp = unescape(unit.subspan(2, std::min(unit.size() - 2, kSliceHead)));
  BitReader reader(rbsp);
  const bool first = reader.flag();
  const bool irap = type >= kBlaFirst && type <= kIrapLast;
  if (irap) reader.flag();
  const auto picture = hevc_pictures.find(reader.ue());
  ++now.slices;
  if (!now.picture) {
    now.picture = true;
    now.reference = irap || type % 2 == 1;
    now.temporal_layer = std::max(0, (std::to_integer<int>(unit[1]) & 7) - 1);
    if (irap) now.access = type <= kBlaLast ? PictureAccess::kBla : PictureAccess::kIdr;
    if (type > kIdrLast) now.access = PictureAccess::kCra;
    if (type == kRadlN || type == kRadlR) now.access = PictureAccess::kRadl;
    if (type == kRaslN || type == kRaslR) now.access = PictureAccess::kRasl;
  }
  static_assert(kCra == kIdrLast + 1);
  if (!reader.ok() || picture == hevc_pictures.end()) return;
  active = picture->second.sequence;
  if (!first) {
    const HevcSequence* sequence = hevc_active();
    if (sequence == nullptr) return;
    if (picture->second.dependent_slices && reader.flag()) return;
    reader.skip(static_cast<size_t>(sequence->slice_address_bits));
  }
  reader.skip(static_cast<size_t>(picture->second.extra_bits));
  const uint32_t slice = reader.ue();
  if (!reader.ok() || slice > 2) return;
  b_slice |= slice == 0;
  p_slice |= slice == 1;
  now.coding = coding_of(b_slice, p_slice);
}

void AccessUnitReader::State::read_avc(ByteView unit) {
  const int type = avc_nal_type(unit);
  if (type < 0) return;
  const int64_t bits = static_cast<int64_t>(unit.size() + 4) * 8;
  if (!now.start_codes) now.nal_bits += bits;
  if ((type >= kAvcSlice && type <= kAvcIdrSlice) || type == kAvcFiller) now.vcl_bits += bits;
  switch (type) {
    case kAvcSlice:
    case kAvcPartitionA:
    case kAvcIdrSlice:
      read_avc_slice(unit, type);
      break;
    case kAvcSps:
      if (auto sequence = parse_avc_sequence(unit); sequence && sequence->id < 32) {
        keep_sequence(unit, 2U << 16U | sequence->id);
        avc_sequences.insert_or_assign(sequence->id, std::move(*sequence));
      }
      break;
    case kAvcPps:
      if (const auto picture = parse_avc_pps(unit)) {
        keep_sequence(unit, 3U << 16U | picture->id);
        avc_pictures.insert_or_assign(picture->id, *picture);
      }
      break;
    case kAvcSei:
      read_sei(unescape(unit.subspan(1)), false);
      break;
    case kAvcFiller:
      now.filler = true;
      break;
    default:
      break;
  }
}

// H.264 7.3.3 up to pic_parameter_set_id.
void AccessUnitReader::State::read_avc_slice(ByteView unit, int type) {
  const Bytes rbsp = unescape(unit.subspan(1, std::min(unit.size() - 1, kSliceHead)));
  BitReader reader(rbsp);
  reader.ue();
  const uint32_t slice = reader.ue();
  const auto picture = avc_pictures.find(reader.ue());
  ++now.slices;
  if (!now.picture) {
    now.picture = true;
    now.reference = (std::to_integer<int>(unit[0]) & 0x60) != 0;
    if (type == kAvcIdrSlice) now.access = PictureAccess::kIdr;
  }
  if (!reader.ok() || slice > 9) return;
  b_slice |= slice % 5 == 1;
  p_slice |= slice % 5 == 0 || slice % 5 == 3;
  now.coding = coding_of(b_slice, p_slice);
  if (picture != avc_pictures.end()) active = picture->second.sequence;
}

void AccessUnitReader::State::read_sei(ByteView rbsp, bool hevc) {
  split_sei(rbsp, [&](uint32_t type, ByteView payload) {
    const bool timing = type == kSeiBuffering || type == kSeiTiming || (hevc && type == kSeiClock);
    if (timing && waiting.size() < kMaxTimingMessages) {
      waiting.push_back({type, Bytes(payload.begin(), payload.end())});
    } else if (!hevc && type == kSeiRecovery) {
      BitReader reader(payload);
      recovery_frames = std::min(recovery_frames, reader.ue());
    } else if (const auto message = parse_sei_message(type, payload)) {
      take_message(*message, now);
    }
  });
}

// H.265 D.2.2, D.2.3, D.2.27
void AccessUnitReader::State::hevc_timing(const Waiting& message) {
  BitReader reader(message.payload);
  if (message.type == kSeiClock) {
    const uint32_t count = reader.bits(2);
    for (uint32_t i = 0; i < count && !now.clock && reader.ok(); ++i) {
      if (reader.flag()) now.clock = read_clock(reader, {.frame_bits = 9, .field_based = true}, last_clock);
    }
    return;
  }
  if (message.type == kSeiBuffering) {
    const auto sequence = hevc_sequences.find(reader.ue());
    if (sequence != hevc_sequences.end() && sequence->second.hrd)
      now.buffering_period = read_hevc_buffering_period(reader, *sequence->second.hrd);
    return;
  }
  const HevcSequence* sequence = hevc_active();
  if (sequence == nullptr || !sequence->hrd) return;
  if (sequence->field_info) reader.skip(4 + 2 + 1);
  PictureTiming timing;
  timing.removal_delay = reader.bits(sequence->hrd->removal_delay_bits) + 1;
  timing.output_delay = reader.bits(sequence->hrd->output_delay_bits);
  if (reader.ok()) now.timing = timing;
}

// H.264 D.1.2, D.1.3
void AccessUnitReader::State::avc_timing(const Waiting& message) {
  BitReader reader(message.payload);
  if (message.type == kSeiBuffering) {
    const auto sequence = avc_sequences.find(reader.ue());
    if (sequence != avc_sequences.end() && sequence->second.hrd)
      now.buffering_period = read_avc_buffering_period(reader, *sequence->second.hrd);
    return;
  }
  const AvcSequence* sequence = avc_active();
  if (sequence == nullptr) return;
  if (sequence->hrd) {
    PictureTiming timing;
    timing.removal_delay = reader.bits(sequence->hrd->removal_delay_bits);
    timing.output_delay = reader.bits(sequence->hrd->output_delay_bits);
    if (reader.ok()) now.timing = timing;
  }
  if (!sequence->picture_structure) return;
  static constexpr int kClocks[] = {1, 1, 1, 2, 2, 3, 3, 2, 3};  // table D-1
  const uint32_t structure = reader.bits(4);
  const int offset = sequence->hrd ? sequence->hrd->time_offset_bits : 24;
  for (int i = 0; structure < std::size(kClocks) && i < kClocks[structure] && !now.clock && reader.ok(); ++i) {
    if (!reader.flag()) continue;
    now.clock = read_clock(reader, {.frame_bits = 8, .ct_type = true, .field_based = true, .time_offset_bits = offset},
                           last_clock);
  }
}

void AccessUnitReader::State::finish_timing() {
  for (const Waiting& message : waiting) {
    if (codec == Codec::kHevc) {
      hevc_timing(message);
    } else {
      avc_timing(message);
    }
  }
  if (now.clock) last_clock = *now.clock;
  if (codec != Codec::kAvc || recovery_frames == UINT32_MAX || now.access != PictureAccess::kOrdinary) return;
  now.access = recovery_frames == 0 ? PictureAccess::kCra : PictureAccess::kRecovery;
}

void AccessUnitReader::State::read_obu(const Obu& obu) {
  constexpr int kFrameHeader = 3, kFrame = 6;
  if (obu.type == kObuSequenceHeader) {
    if (!obu.payload.empty()) av1_still = (std::to_integer<int>(obu.payload[0]) & 0x08) != 0;
    keep_sequence(obu.payload, 0);
  } else if (obu.type == kObuMetadata) {
    if (const auto message = parse_av1_metadata(obu.payload)) take_message(*message, now);
    read_av1_clock(obu.payload);
  } else if (obu.type == kFrameHeader || obu.type == kFrame) {
    read_av1_frame(obu.payload);
  }
}

// AV1 5.9.2, first fields. A temporal unit shows one frame; others in it are for later.
void AccessUnitReader::State::read_av1_frame(ByteView payload) {
  constexpr uint32_t kKey = 0, kInter = 1, kIntraOnly = 2;
  if (payload.empty()) return;
  ++now.slices;
  BitReader reader(payload);
  if (!av1_still && reader.flag()) {
    // show_existing_frame: nothing is decoded, but it is this unit's picture.
    if (!now.picture) now.coding = PictureCoding::kP;
    now.picture = true;
    return;
  }
  const uint32_t type = av1_still ? kKey : reader.bits(2);
  const bool shown = av1_still || reader.flag();
  if (!reader.ok()) return;
  if (type == kKey) now.access = shown ? PictureAccess::kIdr : PictureAccess::kCra;
  now.reference = true;
  now.picture |= shown;
  if (type == kKey || type == kIntraOnly) {
    if (now.coding == PictureCoding::kUnknown) now.coding = PictureCoding::kI;
  } else {
    now.coding = PictureCoding::kP;
  }
  static_assert(kInter == 1);
}

// AV1 5.8.5
void AccessUnitReader::State::read_av1_clock(ByteView payload) {
  constexpr std::byte kTimecode{5};
  if (payload.empty() || payload[0] != kTimecode) return;
  BitReader reader(payload.subspan(1));
  now.clock = read_clock(reader, {.frame_bits = 9}, last_clock);
}

AccessUnitReader::AccessUnitReader(Codec codec, ByteView configuration) : x_state(std::make_unique<State>()) {
  x_state->codec = codec;
  x_state->configure(configuration);
}
AccessUnitReader::~AccessUnitReader() = default;
AccessUnitReader::AccessUnitReader(AccessUnitReader&&) noexcept = default;
AccessUnitReader& AccessUnitReader::operator=(AccessUnitReader&&) noexcept = default;

AccessUnit AccessUnitReader::read(ByteView packet) {
  State& state = *x_state;
  state.now = {};
  state.waiting.clear();
  state.b_slice = state.p_slice = false;
  state.recovery_frames = UINT32_MAX;
  AccessUnit& now = state.now;
  now.bytes = static_cast<int64_t>(packet.size());
  if (state.codec == Codec::kAv1) {
    now.parsed = true;
    now.nal_bits = now.vcl_bits = now.bytes * 8;
    now.whole = split_obus(packet, [&](const Obu& obu) { state.read_obu(obu); });
    if (now.clock) state.last_clock = *now.clock;
  } else if (state.codec == Codec::kHevc || state.codec == Codec::kAvc) {
    now.parsed = true;
    now.start_codes = state.length_size == 0;
    const auto each = [&](ByteView unit) { state.read_unit(unit); };
    if (now.start_codes) {
      now.nal_bits = now.bytes * 8;
      split_start_codes(packet, each);
    } else {
      now.whole = split_lengths(packet, state.length_size, each);
    }
    state.finish_timing();
  }
  return std::move(now);
}

const AccessUnit& AccessUnitReader::configuration() const {
  return x_state->configured;
}

std::optional<HrdParameters> AccessUnitReader::hrd() const {
  if (x_state->codec == Codec::kHevc && x_state->hevc_active() != nullptr) return x_state->hevc_active()->hrd;
  if (x_state->codec == Codec::kAvc && x_state->avc_active() != nullptr) return x_state->avc_active()->hrd;
  return std::nullopt;
}

std::optional<LevelLimit> AccessUnitReader::level_limit() const {
  if (x_state->codec == Codec::kHevc && x_state->hevc_active() != nullptr) return x_state->hevc_active()->limit;
  if (x_state->codec == Codec::kAvc && x_state->avc_active() != nullptr) return x_state->avc_active()->limit;
  return std::nullopt;
}

}  // namespace pier::media
