#pragma once
// The XML of an Interoperable Master Format package: asset map (ST 429-9), packing list (ST 2067-2), composition
// playlist (ST 2067-3).

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <pier/core/bytes.hpp>
#include <pier/core/result.hpp>

#include "container/smpte_descriptor.hpp"

namespace pier::media::impl {

struct ImfAsset {
  std::string id;    // "urn:uuid:..."
  std::string path;  // relative to the package folder; never absolute, never with ".."
  bool packing_list = false;
};

struct ImfListed {
  std::string id;
  uint64_t size = 0;
  Bytes digest;         // empty when it could not be read
  bool sha256 = false;  // else SHA-1
  bool known_algorithm = true;
};

/// One use of a track file.
struct ImfResource {
  std::string sequence;              // "MainImageSequence", "MainAudioSequence", ...
  std::string track;                 // TrackId of its sequence
  std::string track_file, encoding;  // ids; of the file, and of its essence descriptor
  Rational edit_rate;
  int64_t intrinsic = 0, entry = 0, frames = 0, repeats = 1;  // edit units
};

struct ImfComposition {
  std::string id, title;
  Rational edit_rate;
  std::string timecode;  // of the start, empty when not given
  bool timecode_drop = false;
  std::vector<std::string> track_files;  // ids, in order of first use
  std::vector<PictureDescriptor> pictures;
  std::vector<SoundDescriptor> sounds;
  std::vector<std::string> picture_ids, sound_ids;  // of their EssenceDescriptor elements
  std::vector<ImfResource> resources;               // at most 100000
  std::optional<ContentLight> content_light;
  Rational duration;  // seconds, of the picture track
};

enum class ImfDocument : uint8_t { kNone, kAssetMap, kPackingList, kComposition };
/// What a document is, by its root element; kNone when it is not well formed.
ImfDocument imf_document_kind(std::string_view xml);

/// kInputDamaged names what is missing; a path that leaves the folder is refused.
Result<std::vector<ImfAsset>> parse_asset_map(std::string_view xml);
Result<std::vector<ImfListed>> parse_packing_list(std::string_view xml);
Result<ImfComposition> parse_composition(std::string_view xml);

}  // namespace pier::media::impl
