#include <algorithm>
#include <array>
#include <utility>

#include "bitstream/access_unit_state.hpp"
#include "bitstream/nal.hpp"

namespace pier::media {

namespace impl {

void take_message(const MetadataMessage& message, AccessUnit& unit) {
  if (message.mastering_display) unit.mastering_display = message.mastering_display;
  if (message.content_light) unit.content_light = message.content_light;
  unit.hdr10_plus |= message.dynamic == DynamicMetadata::kHdr10Plus;
  unit.hdr_vivid |= message.dynamic == DynamicMetadata::kHdrVivid;
  unit.dovi_rpu |= message.dynamic == DynamicMetadata::kDolbyVision;
}

}  // namespace impl

using namespace impl;

namespace {

constexpr size_t kMaxTimingMessages = 8;  // of one access unit

PictureCoding coding_of(bool b, bool p) {
  return b ? PictureCoding::kB : p ? PictureCoding::kP : PictureCoding::kI;
}

}  // namespace

std::string_view to_string(PictureAccess access) {
  static constexpr std::array<std::string_view, 7> kNames{"ordinary", "idr", "cra", "bla", "recovery", "radl", "rasl"};
  return kNames[static_cast<size_t>(access)];
}

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
  if (codec == Codec::kHevc && !hevc.sequences.empty()) active = hevc.sequences.begin()->first;
  if (codec == Codec::kAvc && !avc.sequences.empty()) active = avc.sequences.begin()->first;
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
  if (type < kHevcVps) return take_hevc_slice(read_hevc_slice(unit, hevc));
  switch (type) {
    case kHevcVps:
      keep_sequence(unit, 1U << 16U | (unit.size() > 2 ? std::to_integer<uint32_t>(unit[2]) >> 4U : 0U));
      break;
    case kHevcSps:
      if (auto sequence = parse_hevc_sequence(unit); sequence && sequence->id < 16) {
        keep_sequence(unit, 2U << 16U | sequence->id);
        hevc.sequences.insert_or_assign(sequence->id, std::move(*sequence));
      }
      break;
    case kHevcPps:
      if (const auto picture = parse_hevc_pps(unit)) {
        keep_sequence(unit, 3U << 16U | picture->id);
        hevc.pictures.insert_or_assign(picture->id, *picture);
      }
      break;
    case kHevcEndOfSequence:
    case kHevcEndOfStream:
      hevc_references.end_of_sequence();
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

void AccessUnitReader::State::take_coding(SliceCoding coding) {
  if (coding == SliceCoding::kUnknown) return;
  b_slice |= coding == SliceCoding::kB;
  p_slice |= coding == SliceCoding::kP;
  now.coding = coding_of(b_slice, p_slice);
}

void AccessUnitReader::State::take_hevc_slice(const HevcSlice& slice) {
  if (slice.type > kHevcCra || (slice.type > kHevcRaslR && slice.type < kHevcFirstIrap)) return;
  ++now.slices;
  if (!now.picture) {
    now.picture = true;
    now.reference = slice.reference();
    now.temporal_layer = slice.temporal_layer;
    if (slice.irap()) now.access = slice.bla() ? PictureAccess::kBla : PictureAccess::kIdr;
    if (slice.type == kHevcCra) now.access = PictureAccess::kCra;
    if (slice.radl()) now.access = PictureAccess::kRadl;
    if (slice.rasl()) now.access = PictureAccess::kRasl;
  }
  if (slice.sequence) active = *slice.sequence;
  take_coding(slice.coding);
  hevc_references.slice(slice);
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
      take_avc_slice(read_avc_slice(unit, avc));
      break;
    case kAvcSps:
      if (auto sequence = parse_avc_sequence(unit); sequence && sequence->id < 32) {
        keep_sequence(unit, 2U << 16U | sequence->id);
        avc.sequences.insert_or_assign(sequence->id, std::move(*sequence));
      }
      break;
    case kAvcPps:
      if (const auto picture = parse_avc_pps(unit)) {
        keep_sequence(unit, 3U << 16U | picture->id);
        avc.pictures.insert_or_assign(picture->id, *picture);
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

void AccessUnitReader::State::take_avc_slice(const AvcSlice& slice) {
  ++now.slices;
  if (!now.picture) {
    now.picture = true;
    now.reference = slice.reference;
    if (slice.idr) now.access = PictureAccess::kIdr;
  }
  if (slice.sequence) active = *slice.sequence;
  take_coding(slice.coding);
  avc_references.slice(slice);
}

void AccessUnitReader::State::read_sei(ByteView rbsp, bool of_hevc) {
  split_sei(rbsp, [&](uint32_t type, ByteView payload) {
    const bool timing = type == kSeiBuffering || type == kSeiTiming || (of_hevc && type == kSeiClock);
    if (timing && waiting.size() < kMaxTimingMessages) {
      waiting.push_back({type, Bytes(payload.begin(), payload.end())});
    } else if (!of_hevc && type == kSeiRecovery) {
      BitReader reader(payload);
      recovery_frames = std::min(recovery_frames, reader.ue());
    } else if (const auto message = parse_sei_message(type, payload)) {
      take_message(*message, now);
    }
  });
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
    now.references_missing =
        state.codec == Codec::kHevc ? state.hevc_references.finish() : state.avc_references.finish(now.access);
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
