#pragma once
// The schema as numbered SQL files (migrations/sqlite/NNNN_name.sql), built into the program.

#include <cstdint>
#include <span>
#include <string_view>

namespace pier::database {

struct Migration {
  int64_t version = 0;  // 1, 2, 3 ... without gaps
  std::string_view name;
  std::string_view sql;  // several statements; runs inside one transaction
};

/// All of migrations/sqlite, in order. Once released a file never changes: its SHA-256 is kept in the database.
std::span<const Migration> embedded_migrations();

}  // namespace pier::database
