#pragma once
// Matroska and WebM (RFC 9559, EBML RFC 8794): the video track settings, before FFmpeg mixes them with the bitstream's.

#include <optional>
#include <string>
#include <vector>

#include <pier/core/cicp.hpp>
#include <pier/core/rational.hpp>
#include <pier/media/facts.hpp>

#include "container/byte_source.hpp"

namespace pier::media::impl {

struct MatroskaTrack {
  uint64_t number = 0;
  bool video = false;
  int width = 0, height = 0;
  uint64_t display_width = 0, display_height = 0;
  uint64_t frame_duration = 0;  // nanoseconds, DefaultDuration
  ColourInfo colour;
  int depth = 0;
  std::optional<MasteringDisplay> mastering_display;
  std::optional<ContentLight> content_light;
  std::optional<DolbyVision> dolby_vision;
  bool interlaced = false;
};

struct MatroskaFile {
  uint64_t missing = 0;  // bytes that the segment claims beyond the file's end
  std::vector<MatroskaTrack> tracks;
};

/// nullopt: no EBML file. Reads the head of the segment up to the first cluster.
std::optional<MatroskaFile> read_matroska(const ByteSource& source);

}  // namespace pier::media::impl
