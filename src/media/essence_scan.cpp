#include "essence_scan.hpp"

#include <algorithm>

#include <pier/media/access_unit.hpp>

#include "bitstream/av1.hpp"
#include "bitstream/avc.hpp"
#include "bitstream/captions.hpp"
#include "bitstream/hevc.hpp"
#include "bitstream/intra.hpp"
#include "bitstream/nal.hpp"
#include "bitstream/sei.hpp"

namespace pier::media::impl {
namespace {

bool has_units(Codec codec) {
  return codec == Codec::kHevc || codec == Codec::kAvc || codec == Codec::kAvs2 || codec == Codec::kAvs3;
}

// Whose headers are worth reading; of the others the container and FFmpeg tell.
bool is_known(Codec codec) {
  return has_units(codec) || codec == Codec::kMpeg2 || codec == Codec::kAv1 || codec == Codec::kProres ||
         codec == Codec::kJpeg2000;
}

}  // namespace

std::optional<Rational> EssenceScan::declared_rate() const {
  if (header() && header()->frame_rate) return header()->frame_rate;
  return x_vps_rate;
}

void EssenceScan::read_configuration(ByteView record, std::string_view carrier) {
  if (record.empty() || !is_known(x_codec)) return;
  const Place place{std::string(carrier), 0, true};
  bool whole = true;
  const auto read_sets = [&](const std::optional<ParameterSets>& sets) {
    if (!sets) return false;
    x_length_size = sets->length_size;
    for (const Bytes& unit : sets->units) read_unit(unit, place);
    return true;
  };
  // A record starts with its version; headers in the stream's own form start with 00 00.
  const bool framed = record[0] == std::byte{0};
  if (x_codec == Codec::kHevc && !framed && read_sets(parse_hvcc(record))) return;
  if (x_codec == Codec::kAvc && !framed && read_sets(parse_avcc(record))) return;
  if (x_codec == Codec::kAv1) {
    const ByteView obus = av1c_obus(record);
    read_obus(obus.empty() ? record : obus, place, whole);
  } else if (has_units(x_codec) && framed) {
    read_units(record, place, whole);
  }
}

bool EssenceScan::read_packet(ByteView data, int64_t packet) {
  if (data.empty() || !is_known(x_codec)) return true;
  const Place place{std::string(to_string(x_codec)), packet, false};
  bool whole = true;
  if (x_codec == Codec::kAv1) {
    read_obus(data, place, whole);
  } else if (x_codec == Codec::kProres) {
    read_prores(data, place);
  } else if (x_codec == Codec::kJpeg2000) {
    read_jpeg2000(data, place);
  } else {
    read_units(data, place, whole);
  }
  return whole;
}

void EssenceScan::read_units(ByteView data, const Place& place, bool& whole) {
  const auto each = [&](ByteView unit) { read_unit(unit, place); };
  if (x_length_size == 0 || place.configuration) {
    split_start_codes(data, each);
  } else {
    whole = split_lengths(data, x_length_size, each);
  }
}

void EssenceScan::read_unit(ByteView unit, const Place& place) {
  if (x_codec == Codec::kHevc) return read_hevc(unit, place);
  if (x_codec == Codec::kAvc) return read_avc(unit, place);
  if (x_codec == Codec::kMpeg2) return take_captions(unit);
  read_avs(unit, place);
}

void EssenceScan::read_hevc(ByteView unit, const Place& place) {
  switch (hevc_nal_type(unit)) {
    case kHevcVps:
      if (const auto rate = parse_hevc_vps_rate(unit)) {
        x_vps_rate = rate;
        x_log.say(place.carrier + ".vps", "frame_rate", rate->to_string(), place.packet);
      }
      break;
    case kHevcSps:
      if (hevc_layer(unit) == 0) take_header(std::nullopt, "sps", unit, place);
      break;
    case kHevcSeiPrefix:
      take_captions(unit);
      [[fallthrough]];
    case kHevcSeiSuffix:
      for (const auto& message : parse_sei(unescape(unit.subspan(2)))) take_message(message, place);
      break;
    case kHevcDoviRpu:
      x_dolby_rpu = true;
      x_log.say(place.carrier + ".nal.62", "dolby_vision_rpu", "present", place.packet);
      break;
    case kHevcDoviEl:
      x_dolby_enhancement = true;
      x_log.say(place.carrier + ".nal.63", "dolby_vision_enhancement", "present", place.packet);
      break;
    default:
      break;
  }
}

void EssenceScan::read_avc(ByteView unit, const Place& place) {
  const int type = avc_nal_type(unit);
  if (type == kAvcSps) take_header(std::nullopt, "sps", unit, place);
  if (type != kAvcSei) return;
  take_captions(unit);
  for (const auto& message : parse_sei(unescape(unit.subspan(1)))) take_message(message, place);
}

void EssenceScan::read_avs(ByteView unit, const Place& place) {
  if (unit[0] == std::byte{kAvsSequence}) take_header(std::nullopt, "sequence_header", unit, place);
  if (unit[0] != std::byte{kAvsExtension}) return;
  const AvsExtension extension = parse_avs_extension(unit);
  if (extension.message) take_message(*extension.message, place);
  if (!extension.colour) return;
  x_log.say_colour(place.carrier + ".sequence_display", *extension.colour, place.packet);
  if (x_header && !x_header->colour_described) {
    x_header->colour = *extension.colour;
    x_header->colour_described = extension.colour->primaries != Primaries::kUnspecified;
  }
}

void EssenceScan::read_obus(ByteView data, const Place& place, bool& whole) {
  whole = split_obus(data, [&](const Obu& obu) {
    if (obu.type == kObuSequenceHeader) take_header(std::nullopt, "sequence_header", obu.payload, place);
    if (obu.type != kObuMetadata) return;
    if (const auto message = parse_av1_metadata(obu.payload)) take_message(*message, place);
  });
}

void EssenceScan::read_prores(ByteView data, const Place& place) {
  take_header(parse_prores_frame(data), "frame", data.first(std::min<size_t>(data.size(), 28)), place);
}

void EssenceScan::read_jpeg2000(ByteView data, const Place& place) {
  take_header(parse_jpeg2000_size(data), "siz", data.first(std::min<size_t>(data.size(), 64)), place);
}

void EssenceScan::take_header(std::optional<SequenceHeader> header, std::string_view kind, ByteView unit,
                              const Place& place) {
  if (x_last_parsed && std::equal(unit.begin(), unit.end(), x_last_header.begin(), x_last_header.end())) {
    header = x_last_parsed;
  } else if (!header) {
    if (x_codec == Codec::kHevc) header = parse_hevc_sps(unit);
    if (x_codec == Codec::kAvc) header = parse_avc_sps(unit);
    if (x_codec == Codec::kAv1) header = parse_av1_sequence_header(unit);
    if (x_codec == Codec::kAvs2) header = parse_avs_sequence_header(AvsGeneration::kAvs2, unit);
    if (x_codec == Codec::kAvs3) header = parse_avs_sequence_header(AvsGeneration::kAvs3, unit);
  }
  if (!header) return;
  x_last_header.assign(unit.begin(), unit.end());
  x_last_parsed = header;
  x_log.say_header(place.carrier + "." + std::string(kind), *header, place.packet);
  auto& slot = place.configuration ? x_configured : x_header;
  if (!slot) slot = std::move(header);
}

void EssenceScan::take_captions(ByteView unit) {
  constexpr uint8_t kAll = kCea608Captions | kCea708Captions;
  if (x_captions != kAll) x_captions |= caption_kinds(captions_of_unit(x_codec, unit));
}

void EssenceScan::take_message(const MetadataMessage& message, const Place& place) {
  x_log.say_message(place.carrier, message, place.packet);
  if (message.mastering_display && !x_mastering_display) x_mastering_display = message.mastering_display;
  if (message.content_light && !x_content_light) x_content_light = message.content_light;
  if (message.preferred_transfer && !x_preferred) x_preferred = message.preferred_transfer;
  x_hdr10_plus |= message.dynamic == DynamicMetadata::kHdr10Plus;
  x_hdr_vivid |= message.dynamic == DynamicMetadata::kHdrVivid;
  x_dolby_rpu |= message.dynamic == DynamicMetadata::kDolbyVision;
}

}  // namespace pier::media::impl
