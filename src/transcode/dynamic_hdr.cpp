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
