#include "dynamic_hdr.hpp"

#include <algorithm>

#include <pier/media/access_unit.hpp>

namespace pier::transcode::impl {
namespace {

using media::Codec;
using media::DynamicHdr;

bool carries(const PlannedRung& rung, DynamicHdr kind) {
  return std::ranges::find(rung.dynamic, kind) != rung.dynamic.end();
}

bool same_raster(int width, int height, int rotation, const PlannedRung& rung) {
  return rotation == 0 && rung.picture.width == width && rung.picture.height == height;
}

/// A cross-compatible single layer over PQ (8.1) or HLG (8.4): the only kinds whose base layer is the whole picture.
bool single_layer_8(const media::DolbyVision& dolby) {
  return dolby.profile == 8 && !dolby.enhancement_layer && (dolby.compatibility_id == 1 || dolby.compatibility_id == 4);
}

std::string why_no_dolby(const media::VideoFacts& video, const PlannedRung& rung) {
  if (video.dolby_vision->profile == 7) return "profile 7 needs its enhancement layer";
  if (!single_layer_8(*video.dolby_vision)) return "it is not of profile 8.1 or 8.4";
  if (rung.rung.codec != Codec::kHevc)
    return "it is not written into " + std::string(media::to_string(rung.rung.codec));
  if (!same_raster(video.width, video.height, video.rotation, rung)) return "its raster is not the master's";
  if (video.format.bit_depth != 10) return "the master has not 10 bits";
  return {};
}

std::string why_no_vivid(const PlannedRung& rung) {
  if (rung.rung.codec == Codec::kHevc) return {};
  return "no carriage is defined for " + std::string(media::to_string(rung.rung.codec));
}

std::string why_no_hdr10_plus(const PlannedRung& rung) {
  if (rung.rung.codec == Codec::kHevc || rung.rung.codec == Codec::kAv1) return {};
  return "it is not written into " + std::string(media::to_string(rung.rung.codec));
}

}  // namespace

std::vector<DynamicHdr> kept_dynamic(const media::VideoFacts& video, const PlannedRung& rung,
                                     std::vector<std::string>& dropped) {
  std::vector<DynamicHdr> kept;
  const ColourInfo& colour = rung.picture.colour;
  if (rung.rung.kind != RungKind::kVideo || !colour.is_hdr()) return kept;
  const bool said = video.colour.primaries != Primaries::kUnspecified;  // else taken for BT.2020
  const bool converted =
      colour.transfer != video.colour.transfer || (said && colour.primaries != video.colour.primaries);
  const auto decide = [&](bool present, DynamicHdr kind, const char* name, const std::string& reason) {
    if (!present) return;
    const std::string why = converted ? "its colours are converted" : reason;
    if (why.empty()) return kept.push_back(kind);
    dropped.push_back(std::string(name) + " metadata is not carried into " + rung.rung.name + ": " + why);
  };
  decide(video.hdr10_plus, DynamicHdr::kHdr10Plus, "HDR10+", why_no_hdr10_plus(rung));
  decide(video.hdr_vivid, DynamicHdr::kHdrVivid, "HDR Vivid", why_no_vivid(rung));
  if (video.dolby_vision) {
    decide(video.dolby_vision->rpu, DynamicHdr::kDolbyVision, "Dolby Vision", why_no_dolby(video, rung));
  }
  return kept;
}

std::vector<media::DynamicPayload> payloads_for(const ChunkSpec& chunk, const PlannedRung& rung,
                                                std::span<const media::DynamicPayload> payloads) {
  std::vector<media::DynamicPayload> taken;
  const bool scaled = !same_raster(chunk.source.width, chunk.source.height, chunk.rotation, rung);
  for (const media::DynamicPayload& one : payloads) {
    const bool parts = one.kind == DynamicHdr::kHdr10Plus && scaled && media::has_windows(one.bytes);
    if (carries(rung, one.kind) && !parts) taken.push_back(one);
  }
  return taken;
}

Result<std::span<const Bytes>> payloads_of_programme(std::span<const Bytes> given, size_t master, size_t first,
                                                     size_t count) {
  if (given.size() == master) return given.subspan(first, count);
  if (given.size() == count) return given;
  const std::string programme = count == master ? "" : ", of which " + std::to_string(count) + " are the programme";
  return fail(ErrorCode::kInvalidArgument, "the HDR10+ metadata is of " + std::to_string(given.size()) +
                                               " pictures, and the master has " + std::to_string(master) + programme +
                                               "; give the file that was made for this version of it");
}

void replace_hdr10_plus(const Bytes& given, std::vector<media::DynamicPayload>& payloads) {
  std::erase_if(payloads, [](const media::DynamicPayload& one) { return one.kind == DynamicHdr::kHdr10Plus; });
  payloads.push_back({DynamicHdr::kHdr10Plus, given});
}

Bytes dolby_vision_box(const std::optional<media::DolbyVision>& source, const PlannedRung& rung) {
  if (!carries(rung, DynamicHdr::kDolbyVision) || !source) return {};
  const auto level = static_cast<unsigned>(source->level) & 63U;
  constexpr unsigned kProfile = 8, kRpu = 4, kBaseLayer = 1;
  ByteWriter out;
  out.u8(1);  // version 1.0
  out.u8(0);
  out.u16(kProfile << 9U | level << 3U | kRpu | kBaseLayer);
  out.u8(static_cast<unsigned>(source->compatibility_id) << 4U);
  out.zeros(19);
  return out.take();
}

Bytes hdr_vivid_box(const PlannedRung& rung) {
  if (!carries(rung, DynamicHdr::kHdrVivid)) return {};
  constexpr unsigned kFirstVersion = 1, kProvider = 4, kOriented = 5;
  ByteWriter out;
  out.u16(kFirstVersion);
  out.u16(kProvider);
  out.u16(kOriented);
  out.zeros(16);
  return out.take();
}

}  // namespace pier::transcode::impl

namespace pier::transcode {

json::array runs_of(std::span<const Bytes> payloads) {
  json::array runs;
  for (size_t first = 0; first < payloads.size();) {
    size_t end = first;
    while (end < payloads.size() && payloads[end] == payloads[first]) end++;
    runs.emplace_back(json::array{static_cast<int64_t>(end - first), to_hex(payloads[first])});
    first = end;
  }
  return runs;
}

Result<std::vector<Bytes>> payloads_of(const json::array& runs) {
  constexpr int64_t kMostPictures = 10'000'000;
  std::vector<Bytes> payloads;
  for (const json::value& value : runs) {
    const json::array* run = value.if_array();
    const bool whole = run != nullptr && run->size() == 2 && (*run)[0].is_int64() && (*run)[1].is_string();
    if (!whole || (*run)[0].as_int64() < 1 ||
        (*run)[0].as_int64() > kMostPictures - static_cast<int64_t>(payloads.size()))
      return fail(ErrorCode::kInvalidArgument, "metadata of pictures is malformed");
    PIER_TRY(const Bytes bytes, from_hex((*run)[1].as_string()));
    payloads.insert(payloads.end(), static_cast<size_t>((*run)[0].as_int64()), bytes);
  }
  return payloads;
}

}  // namespace pier::transcode
