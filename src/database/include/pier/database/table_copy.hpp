#pragma once
// All rows of one database in another one of the same schema, whatever the engines: for moving to a server.
//
// Which tables there are is read from the schema itself, so that one of a later migration is not forgotten.

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include <pier/core/bytes.hpp>
#include <pier/core/result.hpp>
#include <pier/database/database.hpp>

namespace pier::database {

struct Table {
  std::string name;
  std::vector<std::string> columns;  // sorted by name: engines may have them in another order
  std::vector<std::string> key;      // primary key, in its order; empty when there is none
  std::vector<std::string> refers;   // tables its foreign keys name, without itself; sorted

  friend bool operator==(const Table&, const Table&) = default;
};

/// Every table but schema_migrations, each after those it refers to, else by name. kInternal when tables refer to each
/// other in a circle: such rows cannot be written one after the other.
Result<std::vector<Table>> list_tables(Database& database);

/// The same for both, or kInternal, which names a table that differs.
Result<std::vector<Table>> tables_of_both(Database& from, Database& to);

/// Rows of a table in the order of its key, as one digest that is the same on every engine.
struct TableDigest {
  std::string table;
  int64_t rows = 0;
  Sha256 sha256{};

  friend bool operator==(const TableDigest&, const TableDigest&) = default;
};

/// Gets the rows done so far, all tables together; gives false to stop (kCancelled).
using RowProgress = std::function<bool(int64_t)>;

/// Of every table; memory of a few rows. The session stays usable.
Result<std::vector<TableDigest>> digest_tables(Session& session, std::span<const Table> tables,
                                               const RowProgress& on_progress = {});

/// Empties the tables in `to` and writes the rows of `from` into them, in memory of about a megabyte; gives digests of
/// what was read. The caller commits. Errors name table and row: kInvalidArgument (text that `to` cannot store),
/// kTooLarge (a value too long for an index), kCancelled, and those of Database.
Result<std::vector<TableDigest>> copy_tables(Session& from, Transaction& to, std::span<const Table> tables,
                                             const RowProgress& on_progress = {});

/// Rows of all tables together.
Result<int64_t> count_rows(Session& session, std::span<const Table> tables);

}  // namespace pier::database
