#pragma once
// Whether an IMF package is what its lists say: asset map (ST 429-9), packing list (ST 2067-2), composition playlist
// (ST 2067-3) against the files that lie there.

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <pier/core/bytes.hpp>
#include <pier/core/rational.hpp>
#include <pier/media/source.hpp>

namespace pier::media {

/// Something in the package that is not as declared.
struct PackageIssue {
  /// "missing", "size", "hash", "hash_unknown", "unlisted", "unmapped", "range", "duration", "edit_rate", "descriptor",
  /// "track_length".
  std::string kind;
  std::string file;  // name in the package; the asset's id where it has none
  std::string expected, found;
};

struct PackageComposition {
  std::string file, id, title;
  Rational edit_rate, duration;  // seconds
  bool chosen = false;           // the one that is read as picture and sound
};

struct PackageReport {
  std::vector<PackageComposition> compositions;  // all of them, in the order of the asset map
  int64_t assets = 0, packing_lists = 0;
  int64_t hashed_assets = 0;  // whose digest was computed and compared
  bool hashes_checked = false;
  std::vector<PackageIssue> issues;  // at most kMaxPackageIssues
  int64_t issue_count = 0;           // all of them
};

inline constexpr size_t kMaxPackageIssues = 1000;

struct PackageOptions {
  bool hashes = false;                           // reads every listed file once
  std::function<bool(double)> on_progress = {};  // 0...1 of the bytes to hash; false cancels
};

/// `source` is an opened package. Thread-safe for different sources. Errors: kInvalidArgument (no package), kCancelled,
/// kInputDamaged (a list that cannot be read at all).
Result<PackageReport> check_package(const Source& source, const PackageOptions& options = {});

/// The SHA-1 of a whole file, which packing lists give to tell a damaged file (ST 2067-2 clause 8.4). `on_progress`
/// gets bytes done; false cancels. Errors: kIo, kCancelled.
Result<Bytes> packing_digest(int fd, const std::function<bool(uint64_t)>& on_progress = {});

}  // namespace pier::media
