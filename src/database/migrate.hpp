#pragma once
// Brings a SQLite file to the newest schema.

#include <span>

#include <pier/core/clock.hpp>
#include <pier/core/result.hpp>
#include <pier/database/migration.hpp>

#include "sqlite_connection.hpp"

namespace pier::database::impl {

/// Applies what is missing, all or nothing; gives the version now in place.
Result<int64_t> migrate(SqliteConnection& connection, const std::string& path, std::span<const Migration> migrations,
                        WallTime now);

}  // namespace pier::database::impl
