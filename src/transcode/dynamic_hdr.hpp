#pragma once
// What of a picture's dynamic HDR metadata stays true in a rung, decided once for encoding and for verification.

#include <optional>
#include <span>
#include <string>
#include <vector>

#include <pier/transcode/chunk.hpp>
#include <pier/transcode/ladder.hpp>

namespace pier::transcode::impl {

/// Kinds of the source that the rung can carry. What it drops although its picture stays HDR is told in `dropped`:
/// "Dolby Vision metadata in hevc-1080: its raster is not the master's".
std::vector<media::DynamicHdr> kept_dynamic(const media::VideoFacts& video, const PlannedRung& rung,
                                            std::vector<std::string>& dropped);

/// Of one picture's payloads those that go into the rung: kinds it keeps, without ST 2094-40 messages that speak of
/// parts of the picture in pixels of another raster.
std::vector<media::DynamicPayload> payloads_for(const ChunkSpec& chunk, const PlannedRung& rung,
                                                std::span<const media::DynamicPayload> payloads);

/// Of payloads given for the whole master or for the programme, which is `count` pictures of it from `first` on, those
/// of the programme. kInvalidArgument: they are of another number of pictures.
Result<std::span<const Bytes>> payloads_of_programme(std::span<const Bytes> given, size_t master, size_t first,
                                                     size_t count);

/// Puts `given` in place of what ST 2094-40 messages are there.
void replace_hdr10_plus(const Bytes& given, std::vector<media::DynamicPayload>& payloads);

/// Boxes of a track whose pictures carry metadata: DOVIDecoderConfigurationRecord of profile 8 (Dolby Vision Streams
/// Within the ISO Base Media File Format, 3.2), payload of `cuvv` (T/UWA 005.2-1). Empty: none.
Bytes dolby_vision_box(const std::optional<media::DolbyVision>& source, const PlannedRung& rung);
Bytes hdr_vivid_box(const PlannedRung& rung);

}  // namespace pier::transcode::impl
