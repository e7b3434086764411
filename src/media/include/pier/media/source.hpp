#pragma once
// What a media file is read from: open descriptors, never paths. The parent opens a master by its path; a sandboxed
// child gets the same descriptors passed and opens nothing itself.

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <pier/core/file.hpp>
#include <pier/core/result.hpp>

namespace pier::media {

struct SourceFile {
  std::string name;  // bytes; relative to the package folder; its extension may help recognition, never decides
  UniqueFd fd;
  FileState state;  // as it was when opened
};

/// A single file, or a package (IMF: asset map, packing list, composition, essence). files[primary] is the one to
/// demux: the file itself, or the composition playlist.
struct Source {
  std::string path;  // as the user gave it
  std::vector<SourceFile> files;
  size_t primary = 0;
  bool package = false;

  uint64_t total_bytes() const;
};

/// Opens a file, an IMF folder, or a composition playlist (CPL) inside one. Never opens a file outside the folder.
/// Errors: kNotFound, kPermission, kInvalidArgument (a folder that is no package), kInputDamaged (asset map).
Result<Source> open_source(const std::string& path);

/// The reference of a master that stays where it lies: sizes, mtimes and one SHA-256 over all files in order, taken
/// in one read. kInputChanged when a file grew, shrank or vanished meanwhile. `on_progress` gets bytes done.
struct SourceReference {
  struct File {
    std::string name;
    FileState state;
    Sha256 sha256;
  };
  std::string path;
  std::vector<File> files;
  Sha256 sha256;  // of the single file; of all digests in order for a package
};
Result<SourceReference> identify(const Source& source, const std::function<bool(uint64_t)>& on_progress = {});
json::value to_json(const SourceReference& reference);
Result<SourceReference> reference_from_json(const json::value& value);

/// Opens the referenced master again; kInputChanged names the file and what differs (size, mtime, gone).
Result<Source> reopen(const SourceReference& reference);

}  // namespace pier::media
