#pragma once
// ISO base media files (ISO/IEC 14496-12) and QuickTime: what the boxes say beside what FFmpeg hands on.

#include <optional>
#include <string>
#include <vector>

#include <pier/core/cicp.hpp>
#include <pier/core/rational.hpp>
#include <pier/media/facts.hpp>

#include "container/byte_source.hpp"

namespace pier::media::impl {

struct IsoTrack {
  uint32_t id = 0;
  std::string handler;        // "vide", "soun", ...
  std::string sample_entry;   // "hvc1"; the original format where the sample is protected
  int width = 0, height = 0;  // of the visual sample entry
  int rotation = 0;           // clockwise, from the matrix of tkhd
  bool odd_matrix = false;    // neither a rotation by quarter turns nor the identity
  std::string language;
  uint64_t duration = 0;
  uint32_t timescale = 0;
  int64_t composition_offset = 0;  // of the first sample
  std::optional<ColourInfo> colr;  // nclx or nclc
  std::optional<MasteringDisplay> mdcv;
  std::optional<ContentLight> clli;
  std::optional<Rational> pasp;
  std::optional<DolbyVision> dolby_vision;
  std::string dolby_vision_box;  // "dvcC", "dvvC", "dvwC"
  bool cuvv = false;
  std::optional<std::pair<int, int>> fields;  // fiel: count and order
  Bytes configuration;                        // avcC, hvcC, av1C payload
  std::string configuration_box;
  struct Edit {
    uint64_t duration = 0;  // movie timescale
    int64_t media_time = 0;
    bool dwell = false;
  };
  std::vector<Edit> edits;
};

struct IsoFile {
  std::string brand;
  bool has_ftyp = false, has_moov = false, has_mdat = false, has_moof = false;
  bool damaged_tree = false;  // a box ran out of its parent
  /// A top-level box that claims to reach beyond the file's end.
  struct Cut {
    std::string box;
    uint64_t missing = 0;
  };
  std::optional<Cut> cut;
  uint32_t movie_timescale = 0;
  std::vector<IsoTrack> tracks;
};

/// Walks the boxes; reads only headers and small payloads, never media data.
IsoFile read_isobmff(const ByteSource& source);

/// Are these first bytes of a file those of this family?
bool looks_like_isobmff(ByteView head);

}  // namespace pier::media::impl
