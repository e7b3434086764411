#pragma once
// MXF files (SMPTE ST 377-1): the essence descriptors of the header metadata.

#include <optional>
#include <string>
#include <vector>

#include "container/byte_source.hpp"
#include "container/mxf_programme.hpp"
#include "container/smpte_descriptor.hpp"

namespace pier::media::impl {

struct MxfFile {
  std::string operational_pattern;  // "OP1a", "OPAtom", ...
  bool open = false;                // header partition never closed: values in it may be wrong
  /// A partition or value that claims to lie beyond the file's end.
  bool cut = false;
  uint64_t missing = 0;                     // bytes, at least
  std::vector<PictureDescriptor> pictures;  // in order of their sets
  std::vector<SoundDescriptor> sounds;
  std::optional<MxfProgramme> programme;  // also where it is all that is stored
};

/// Reads the header metadata (of the footer when the header is open). nullopt: no MXF.
std::optional<MxfFile> read_mxf(const ByteSource& source);

bool looks_like_mxf(ByteView head);

}  // namespace pier::media::impl
