#pragma once
// The schema of a PostgreSQL database: brought up to date, and checked as a whole.

#include <span>
#include <string>

#include <pier/core/clock.hpp>
#include <pier/core/result.hpp>
#include <pier/database/migration.hpp>

#include "postgres_address.hpp"
#include "postgres_connection.hpp"

namespace pier::database::impl {

/// `clock`: null for the server's. All or nothing; of several processes that start at the same moment one goes first.
/// Gives the version in place.
Result<int64_t> migrate_postgres(PostgresConnection& connection, const PostgresAddress& address,
                                 std::span<const Migration> migrations, const Clock* clock);

/// Reads every row and follows every foreign key, inside the transaction that is open; kIo lists what is wrong.
Result<void> check_postgres(PostgresConnection& connection, const PostgresAddress& address);

}  // namespace pier::database::impl
