#pragma once
// Moves an embedded installation (SQLite and a directory) to PostgreSQL, to S3 or another directory, or both.
//
// Offline: nobody serves the data directory and no worker lives. Killed at any instant the installation is whole where
// it was, until the one step that switches it over; the next call goes on. Nothing is deleted.

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <pier/core/result.hpp>

namespace pier::workflows {

struct MigrateOptions {
  std::string data;
  std::string database;  // URL of records on a server; empty: they stay
  std::string store;     // URL or directory of objects; empty: they stay
};

struct MigrateProgress {
  const char* step = "";  // "objects", "rows", "checks", "switch", "tidy"
  uint64_t done = 0;      // of all the work, in bytes
  uint64_t total = 0;
};
/// Called from several threads, one at a time; gives false to stop (kCancelled).
using OnMigrateProgress = std::function<bool(const MigrateProgress&)>;

struct Migrated {
  std::string database;  // where records and objects lie now, without passwords; empty: as before
  std::string store;
  int64_t objects = 0, copied = 0;  // all there are; those this call wrote
  uint64_t bytes = 0;
  int64_t rows = 0, tables = 0;
  std::vector<std::string> kept;  // the old places, under their new names
};

/// Every object is copied, held against the digest in its row, and read back from its new place; every table is copied
/// in one transaction and compared by digests. Then the data directory is switched over in one step.
/// Errors: kInUse (a server or worker runs), kInvalidArgument (nothing to move; the target belongs to somebody or is
/// not empty; another move was begun), kVerifyFailed and kTruncated (a damaged object, named), kNotFound, those of the
/// engines.
Result<Migrated> migrate(const MigrateOptions& options, const OnMigrateProgress& on_progress = {});

}  // namespace pier::workflows
