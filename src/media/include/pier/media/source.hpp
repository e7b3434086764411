#pragma once
// What a media file is read from: open descriptors, never paths. The parent opens a master by its path; a sandboxed
// child gets the same descriptors passed and opens nothing itself.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <pier/core/file.hpp>
#include <pier/core/rational.hpp>
#include <pier/core/result.hpp>

namespace pier::media {

struct SourceFile {
  std::string name;  // bytes; relative to the package folder; its extension may help recognition, never decides
  UniqueFd fd;
  FileState state;  // as it was when opened
};

/// The pictures of an image sequence, too many to be held open. Thread-safe.
class PictureFiles {
 public:
  virtual ~PictureFiles() = default;
  /// Of picture `index` (its place in PictureSequence::pictures) from `offset` on, until `out` is full or the file
  /// ends; gives the bytes read.
  virtual Result<size_t> read(size_t index, uint64_t offset, std::span<std::byte> out) = 0;
};

/// Numbered pictures of one folder: DPX, OpenEXR or TIFF.
struct PictureSequence {
  std::string folder, prefix, extension;
  int digits = 0;  // 0: numbers are not padded
  struct Picture {
    int64_t number = 0;
    uint64_t size = 0;  // bytes; 0 also for what is no regular file
  };
  std::vector<Picture> pictures;    // in order of their numbers, never empty
  std::vector<std::string> others;  // other sequences in the folder: "name.[1-20].tif"; at most 20
  Rational rate;                    // as the user says; 0: as the headers say
  std::shared_ptr<PictureFiles> files;

  /// "folder/name.%06d.dpx"
  std::string pattern() const;
};

/// A single file, or a package (IMF: asset map, packing list, composition, essence). files[primary] is the one to
/// demux: the file itself, or the composition playlist. Or an image sequence.
struct Source {
  std::string path;  // as the user gave it
  std::vector<SourceFile> files;
  size_t primary = 0;
  bool package = false;
  std::optional<PictureSequence> sequence = {};  // then `files` is empty

  uint64_t total_bytes() const;
};

/// Opens a file, an IMF folder, or a composition playlist (CPL) inside one. Never opens a file outside the folder.
/// Errors: kNotFound, kPermission, kInvalidArgument (a folder that is no package), kInputDamaged (asset map).
Result<Source> open_source(const std::string& path);

/// Whether a path names an image sequence: a pattern ("name.%06d.dpx"), a numbered picture, or a folder with numbered
/// pictures and no asset map.
bool names_sequence(const std::string& path);

/// Lists the longest sequence of the folder, or the one that is named. `rate`: pictures a second where headers do not
/// say, or say something wrong. Errors: kNotFound (no such picture), kTooLarge (more than 500,000 pictures).
Result<Source> open_sequence(const std::string& path, Rational rate = {});

/// open_sequence() of what names_sequence(), else open_source().
Result<Source> open_input(const std::string& path, Rational rate = {});

/// The reference of a master that stays where it lies: sizes, mtimes and one SHA-256 over all files in order, taken
/// in one read. Of a sequence one entry stands for all pictures; its digest is over number and digest of each, and it
/// cannot be reopened. kInputChanged when a file grew, shrank or vanished meanwhile. `on_progress` gets bytes done.
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
