#pragma once
// What sequence headers and metadata messages say, in one vocabulary for all codecs.

#include <optional>
#include <string>
#include <vector>

#include <pier/core/bytes.hpp>
#include <pier/core/cicp.hpp>
#include <pier/core/picture.hpp>
#include <pier/core/rational.hpp>

namespace pier::media::impl {

/// Absent members: the header does not say.
struct SequenceHeader {
  std::string profile, tier, level;
  int width = 0, height = 0;  // after the cropping window
  PixelFormat format;
  ColourInfo colour;
  bool colour_described = false;  // colour code points present at all
  std::optional<Rational> sample_aspect;
  std::optional<Rational> frame_rate;  // as the header declares it
  bool interlaced = false;             // field coded or declared so
};

enum class DynamicMetadata : uint8_t { kNone, kHdr10Plus, kHdrVivid, kDolbyVision, kOther };

/// What a metadata message (SEI, OBU, AVS extension) carries.
struct MetadataMessage {
  std::string carrier;  // "sei.137", "metadata_obu.hdr_mdcv", "extension.10"
  std::optional<MasteringDisplay> mastering_display;
  std::optional<ContentLight> content_light;
  std::optional<Transfer> preferred_transfer;
  DynamicMetadata dynamic = DynamicMetadata::kNone;
};

/// ITU-T T.35 registered user data, from itu_t_t35_country_code on.
DynamicMetadata classify_t35(ByteView payload);

}  // namespace pier::media::impl
