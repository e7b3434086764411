#pragma once
// Sound of objects in WAV files (RIFF, RF64, BW64): the Audio Definition Model of ITU-R BS.2076 in chunks of BS.2088.

#include <optional>
#include <string>
#include <vector>

#include "container/byte_source.hpp"

namespace pier::media::impl {

struct AdmFile {
  int tracks = 0, track_uids = 0;                // of `chna`
  bool readable = false;                         // `axml` is there and well-formed
  std::vector<std::string> programmes, objects;  // their names, at most 64 of each
  int programme_count = 0, object_count = 0;
};

/// nullopt: no WAV file, or one without `chna` and `axml`. Hostile bytes are fine: at most 1000 chunks and 16 MiB of
/// `axml` are read.
std::optional<AdmFile> read_adm(const ByteSource& bytes);

/// For people: `ADM, programme "Main", 2 objects ("Dialogue", "Effects"), 12 tracks`.
std::string print(const AdmFile& adm);

}  // namespace pier::media::impl
