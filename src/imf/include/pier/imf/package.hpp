#pragma once
// The papers of an Interoperable Master Package: composition playlist (SMPTE ST 2067-3:2016, core constraints of
// ST 2067-2:2020, Application 2E of ST 2067-21), packing list (ST 2067-2), asset map and volume index (ST 429-9).

#include <optional>
#include <string>
#include <vector>

#include <pier/imf/track_file.hpp>

namespace pier::imf {

/// A track file as the papers name it.
struct TrackAsset {
  TrackFile track;
  std::string file_name;
  Bytes sha1;
};

/// Who issues a package, and when.
struct Issue {
  std::string issuer, creator;
  WallTime time = 0;
};

/// A virtual track out of an earlier package, taken over as it stands there.
struct BorrowedTrack {
  std::string sequence_xml;                  // the element of its segment, with all namespaces it needs
  std::vector<std::string> descriptors_xml;  // the EssenceDescriptor elements it refers to
  std::vector<std::string> track_files;      // ids, "urn:uuid:..."
};

struct Composition {
  std::string uuid, title;
  Rational edit_rate;
  int64_t duration = 0;  // pictures
  std::optional<ContentLight> content_light;
  std::vector<TrackAsset> tracks;       // one sequence each; pictures at most once
  std::vector<BorrowedTrack> borrowed;  // of an earlier package
};

std::string composition_xml(const Composition& composition, const Issue& issue);

struct PackageAsset {
  std::string uuid, file_name, type;  // "application/mxf", "text/xml"
  uint64_t size = 0;
  Bytes sha1;
};

std::string packing_list_xml(const std::string& uuid, const std::string& title, const std::vector<PackageAsset>& assets,
                             const Issue& issue);
/// `packing_list` is one of no `assets`; its digest is not asked for.
std::string asset_map_xml(const std::string& uuid, const PackageAsset& packing_list,
                          const std::vector<PackageAsset>& assets, const Issue& issue);
std::string volume_index_xml();

/// What a supplemental composition takes from an earlier one: virtual tracks of `kinds` ("MainImageSequence",
/// "MainAudioSequence"). Hostile input is told (kInputDamaged); kInputUnsupported: more than one segment.
struct EarlierComposition {
  std::string id, title;
  Rational edit_rate;
  int64_t duration = 0;  // edit units
  std::optional<ContentLight> content_light;
  std::vector<BorrowedTrack> tracks;
};
Result<EarlierComposition> read_earlier(std::string_view xml, const std::vector<std::string>& kinds);

}  // namespace pier::imf
