#include "postgres_schema.hpp"

#include <pier/core/log.hpp>

#include "migrate.hpp"

namespace pier::database::impl {
namespace {

constexpr std::string_view kMark = "Pier";                 // comment on schema_migrations: the name alone is Rails' too
constexpr std::string_view kLock = "5784195023717458028";  // of pg_advisory_xact_lock while migrating

/// A fresh database gets our table; one of somebody else is left alone.
Result<void> claim_database(PostgresConnection& connection, const PostgresAddress& address) {
  std::string mark;
  PIER_CHECK(connection.execute("SELECT coalesce(obj_description(to_regclass('schema_migrations'), 'pg_class'), '')",
                                {}, [&](const Row& row) {
                                  mark = row.text(0);
                                  return true;
                                }));
  if (mark == kMark) return {};
  PIER_TRY(const int64_t tables,
           first_integer(connection,
                         "SELECT count(*) FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace ="
                         " (SELECT oid FROM pg_namespace WHERE nspname = current_schema())"));
  if (tables != 0) {
    return fail(ErrorCode::kInvalidArgument, address.where +
                                                 " is a database of another program; give Pier one of its own: createdb"
                                                 " -E UTF8 -T template0 -O " +
                                                 address.user);
  }
  return connection.script(
      "CREATE TABLE schema_migrations (version BIGINT PRIMARY KEY, name TEXT NOT NULL, sha256 TEXT NOT NULL,"
      " applied BIGINT NOT NULL); COMMENT ON TABLE schema_migrations IS '" +
      std::string(kMark) + "'");
}

Result<int64_t> migrate_inside(PostgresConnection& connection, const PostgresAddress& address,
                               std::span<const Migration> migrations, WallTime now) {
  // Another process may be at it for long; its own statements need no patience then.
  PIER_CHECK(
      connection.script("SET LOCAL lock_timeout = '10min'; SELECT pg_advisory_xact_lock(" + std::string(kLock) + ")"));
  PIER_CHECK(claim_database(connection, address));
  return apply_migrations(connection, address.where, migrations, &Migration::postgresql, now);
}

Result<void> warn_when_not_durable(PostgresConnection& connection, const PostgresAddress& address) {
  PIER_TRY(const int64_t off,
           first_integer(connection,
                         "SELECT count(*) FROM pg_settings WHERE name = 'synchronous_commit' AND setting ="
                         " 'off'"));
  if (off > 0) {
    log::warn("synchronous_commit is off: the last commits are lost when the server dies",
              {{"records", address.where}});
  }
  return {};
}

Result<std::vector<std::string>> texts(PostgresConnection& connection, std::string_view sql) {
  std::vector<std::string> found;
  PIER_CHECK(connection.execute(sql, {}, [&](const Row& row) {
    found.push_back(row.text(0));
    return true;
  }));
  return found;
}

}  // namespace

Result<int64_t> migrate_postgres(PostgresConnection& connection, const PostgresAddress& address,
                                 std::span<const Migration> migrations, const Clock* clock) {
  PIER_CHECK(warn_when_not_durable(connection, address));
  PIER_TRY(const WallTime begun, connection.begin("BEGIN ISOLATION LEVEL READ COMMITTED"));
  auto version = migrate_inside(connection, address, migrations, clock != nullptr ? clock->now() : begun);
  if (version) {
    if (auto committed = connection.script("COMMIT"); !committed) version = Failure(committed.error());
  }
  if (!version && !connection.lost()) static_cast<void>(connection.script("ROLLBACK"));
  return version;
}

Result<void> check_postgres(PostgresConnection& connection, const PostgresAddress& address) {
  // A row as text is read whole, with what lies outside of its page.
  PIER_TRY(const auto tables, texts(connection,
                                    "SELECT format('SELECT coalesce(sum(length(t::text)), 0)::bigint FROM"
                                    " %s t', oid::regclass) FROM pg_class WHERE relkind = 'r' AND"
                                    " relnamespace = (SELECT oid FROM pg_namespace WHERE nspname ="
                                    " current_schema()) ORDER BY oid"));
  for (const std::string& sql : tables) PIER_CHECK(first_integer(connection, sql));
  PIER_TRY(const auto keys,
           texts(connection,
                 "SELECT format('SELECT %L, count(*) FROM %s c WHERE c.%I IS NOT NULL AND NOT EXISTS (SELECT 1 FROM %s"
                 " p WHERE p.%I = c.%I)', conrelid::regclass, conrelid::regclass, mine.attname, confrelid::regclass,"
                 " theirs.attname, mine.attname) FROM pg_constraint"
                 " JOIN pg_attribute mine ON mine.attrelid = conrelid AND mine.attnum = conkey[1]"
                 " JOIN pg_attribute theirs ON theirs.attrelid = confrelid AND theirs.attnum = confkey[1]"
                 " WHERE contype = 'f' AND cardinality(conkey) = 1 AND connamespace ="
                 " (SELECT oid FROM pg_namespace WHERE nspname = current_schema()) ORDER BY conname"));
  std::string wrong;
  for (const std::string& sql : keys) {
    PIER_CHECK(connection.execute(sql, {}, [&](const Row& row) {
      if (row.integer(1) == 0) return true;
      wrong += (wrong.empty() ? "" : "; ") + std::to_string(row.integer(1)) + " rows of " + row.text(0) +
               " belong to rows that are missing";
      return true;
    }));
  }
  if (wrong.empty()) return {};
  return fail(ErrorCode::kIo,
              "records in " + address.where +
                  ": the records are damaged; stop Pier and restore them from a copy (objects are not affected)",
              wrong);
}

}  // namespace pier::database::impl
