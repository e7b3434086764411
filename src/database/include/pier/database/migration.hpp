#pragma once
// The schema as numbered SQL files, built into the program: migrations/sqlite/NNNN_name.sql and, with the same number
// and name, migrations/postgresql/NNNN_name.sql.

#include <cstdint>
#include <span>
#include <string_view>

namespace pier::database {

struct Migration {
  int64_t version = 0;  // 1, 2, 3 ... without gaps
  std::string_view name;
  std::string_view sqlite;        // several statements; runs inside one transaction
  std::string_view postgresql{};  // the same for the other engine
};

/// All of migrations/, in order. Once released a file never changes: its SHA-256 is kept in the database.
std::span<const Migration> embedded_migrations();

}  // namespace pier::database
