#include <array>

#include <pier/media/access_unit.hpp>

#include "bitstream/av1.hpp"
#include "bitstream/hevc.hpp"
#include "bitstream/nal.hpp"
#include "bitstream/sei.hpp"

namespace pier::media {

using namespace impl;

namespace {

constexpr uint32_t kSeiUserDataT35 = 4;
constexpr uint8_t kObuTypeMetadata = 5, kMetadataTypeT35 = 4, kObuHasSize = 2;
constexpr size_t kMostPayloads = 16;  // of one access unit
constexpr int kSampleLengthSize = 4;

std::optional<DynamicHdr> kind_of_t35(ByteView payload) {
  switch (classify_t35(payload)) {
    case DynamicMetadata::kHdr10Plus:
      return DynamicHdr::kHdr10Plus;
    case DynamicMetadata::kHdrVivid:
      return DynamicHdr::kHdrVivid;
    default:
      return std::nullopt;
  }
}

void keep(DynamicHdr kind, ByteView bytes, std::vector<DynamicPayload>& found) {
  if (found.size() < kMostPayloads) found.push_back({kind, Bytes(bytes.begin(), bytes.end())});
}

void read_hevc_unit(ByteView unit, std::vector<DynamicPayload>& found) {
  const int type = hevc_nal_type(unit);
  if (type == kHevcDoviRpu) return keep(DynamicHdr::kDolbyVision, unit, found);
  if ((type != kHevcSeiPrefix && type != kHevcSeiSuffix) || hevc_layer(unit) != 0) return;
  split_sei(unescape(unit.subspan(2)), [&](uint32_t message, ByteView payload) {
    if (message != kSeiUserDataT35) return;
    if (const auto kind = kind_of_t35(payload)) keep(*kind, payload, found);
  });
}

void read_av1_unit(const Obu& obu, std::vector<DynamicPayload>& found) {
  if (obu.type != kObuMetadata || obu.payload.size() < 2 || obu.payload[0] != std::byte{kMetadataTypeT35}) return;
  ByteView payload = obu.payload.subspan(1);
  // The trailing bit of the OBU: a byte of its own behind whole bytes.
  while (!payload.empty() && payload.back() == std::byte{0}) payload = payload.first(payload.size() - 1);
  if (payload.empty() || payload.back() != std::byte{0x80}) return;
  payload = payload.first(payload.size() - 1);
  if (const auto kind = kind_of_t35(payload)) keep(*kind, payload, found);
}

void put_sei_number(ByteWriter& out, size_t value) {
  for (; value >= 0xFF; value -= 0xFF) out.u8(0xFF);
  out.u8(value);
}

/// H.265 7.3.1.1: 03 before a byte of 0 to 3 that follows two zeros.
Bytes escape(ByteView rbsp) {
  Bytes out;
  out.reserve(rbsp.size() + rbsp.size() / 64);
  int zeros = 0;
  for (const std::byte byte : rbsp) {
    if (zeros >= 2 && byte <= std::byte{3}) {
      out.push_back(std::byte{3});
      zeros = 0;
    }
    out.push_back(byte);
    zeros = byte == std::byte{0} ? zeros + 1 : 0;
  }
  return out;
}

/// `temporal`: nuh_temporal_id_plus1 of the picture.
void put_sei(ByteView payload, unsigned temporal, ByteWriter& out) {
  ByteWriter rbsp;
  put_sei_number(rbsp, kSeiUserDataT35);
  put_sei_number(rbsp, payload.size());
  rbsp.bytes(payload);
  rbsp.u8(0x80);
  const Bytes escaped = escape(rbsp.view());
  out.u32(escaped.size() + 2);
  out.u8(kHevcSeiPrefix << 1U);
  out.u8(temporal);
  out.bytes(escaped);
}

Failure no_form(Codec codec, DynamicHdr kind) {
  return fail(ErrorCode::kInvalidArgument,
              std::string(to_string(kind)) + " metadata has no form in " + std::string(to_string(codec)));
}

Result<void> insert_hevc(std::span<const DynamicPayload> payloads, Bytes& sample) {
  ByteWriter out;
  bool before = true;
  const bool whole = split_lengths(sample, kSampleLengthSize, [&](ByteView unit) {
    const int type = hevc_nal_type(unit);
    if (before && type >= 0 && type < kHevcVps) {
      before = false;
      for (const DynamicPayload& one : payloads) {
        if (one.kind != DynamicHdr::kDolbyVision) put_sei(one.bytes, std::to_integer<unsigned>(unit[1]) & 7U, out);
      }
    }
    out.u32(unit.size());
    out.bytes(unit);
  });
  if (!whole || before) return fail(ErrorCode::kInvalidArgument, "the sample is no whole HEVC picture");
  for (const DynamicPayload& one : payloads) {
    if (one.kind != DynamicHdr::kDolbyVision) continue;
    out.u32(one.bytes.size());
    out.bytes(one.bytes);
  }
  sample = out.take();
  return {};
}

void put_leb128(ByteWriter& out, size_t value) {
  for (; value >= 0x80; value >>= 7U) out.u8((value & 0x7FU) | 0x80U);
  out.u8(value);
}

Result<void> insert_av1(std::span<const DynamicPayload> payloads, Bytes& sample) {
  size_t front = 0;  // end of the sequence header
  bool leading = true;
  const bool whole = split_obus(sample, [&](const Obu& obu) {
    leading = leading && obu.type == kObuSequenceHeader;
    if (leading) front = static_cast<size_t>(obu.payload.data() - sample.data()) + obu.payload.size();
  });
  if (!whole || sample.empty()) return fail(ErrorCode::kInvalidArgument, "the sample is no whole AV1 temporal unit");
  ByteWriter out;
  out.bytes(ByteView(sample).first(front));
  for (const DynamicPayload& one : payloads) {
    if (one.kind != DynamicHdr::kHdr10Plus) return no_form(Codec::kAv1, one.kind);
    out.u8(kObuTypeMetadata << 3U | kObuHasSize);
    put_leb128(out, one.bytes.size() + 2);
    out.u8(kMetadataTypeT35);
    out.bytes(one.bytes);
    out.u8(0x80);
  }
  out.bytes(ByteView(sample).subspan(front));
  sample = out.take();
  return {};
}

}  // namespace

std::string_view to_string(DynamicHdr kind) {
  static constexpr std::array<std::string_view, kDynamicHdrKinds> kNames{"hdr10plus", "hdr_vivid", "dolby_vision"};
  return kNames[static_cast<size_t>(kind)];
}

DynamicHdrReader::DynamicHdrReader(Codec codec, ByteView configuration) : x_codec(codec) {
  if (codec != Codec::kHevc || configuration.empty() || configuration[0] == std::byte{0}) return;
  if (const auto sets = parse_hvcc(configuration)) x_length_size = sets->length_size;
}

std::vector<DynamicPayload> DynamicHdrReader::read(ByteView packet) const {
  std::vector<DynamicPayload> found;
  const auto unit = [&](ByteView bytes) { read_hevc_unit(bytes, found); };
  if (x_codec == Codec::kAv1) {
    split_obus(packet, [&](const Obu& obu) { read_av1_unit(obu, found); });
  } else if (x_codec == Codec::kHevc && x_length_size == 0) {
    split_start_codes(packet, unit);
  } else if (x_codec == Codec::kHevc) {
    split_lengths(packet, x_length_size, unit);
  }
  return found;
}

Result<void> insert_dynamic_hdr(Codec codec, std::span<const DynamicPayload> payloads, Bytes& sample) {
  if (payloads.empty()) return {};
  if (codec == Codec::kHevc) return insert_hevc(payloads, sample);
  if (codec == Codec::kAv1) return insert_av1(payloads, sample);
  return no_form(codec, payloads.front().kind);
}

bool has_windows(ByteView hdr10_plus) {
  // Country, provider, oriented code, application identifier and version; then num_windows, 2 bits.
  constexpr size_t kHead = 7;
  return hdr10_plus.size() > kHead && (std::to_integer<unsigned>(hdr10_plus[kHead]) >> 6U) > 1;
}

}  // namespace pier::media
