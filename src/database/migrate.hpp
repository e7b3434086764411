#pragma once
// Brings records to the newest schema.

#include <span>
#include <string>

#include <pier/core/clock.hpp>
#include <pier/core/result.hpp>
#include <pier/database/migration.hpp>

#include "connection.hpp"
#include "sqlite_connection.hpp"

namespace pier::database::impl {

/// Applies what is missing of `migrations` inside the transaction that is open; gives the version now in place. The
/// table schema_migrations is there. `where` names the records in messages, `text` is the engine's member of Migration.
Result<int64_t> apply_migrations(Connection& connection, const std::string& where,
                                 std::span<const Migration> migrations, std::string_view Migration::* text,
                                 WallTime now);

/// A whole SQLite file, all or nothing.
Result<int64_t> migrate(SqliteConnection& connection, const std::string& path, std::span<const Migration> migrations,
                        WallTime now);

}  // namespace pier::database::impl
