#pragma once
// Header metadata of a track file (ST 377-1 clause 9, constrained by ST 2067-5): one material package, one file
// package, each with a timecode track and the essence track.

#include <pier/imf/track_file.hpp>

#include "metadata_set.hpp"

namespace pier::imf::impl {

inline constexpr uint32_t kBodySid = 1, kIndexSid = 2;

struct TrackHeader {
  Uuid file, material;
  WallTime created = 0;
  std::string version;
  std::string name;  // of the essence track
  Label data, container;
  uint32_t track_number = 0;
  Rational edit_rate;
  int64_t duration = 0;
  Rational picture_rate;  // of the timecode
  int64_t pictures = 0;
};

/// Primer and sets. Equal in length for any durations.
Bytes header_metadata(const TrackHeader& header, MetadataSet descriptor, UuidSequence& uuids);

/// UMID of a package whose material number is `number` (ST 330; ST 2067-2 clause 5.1).
Bytes package_umid(const Uuid& number);

}  // namespace pier::imf::impl
