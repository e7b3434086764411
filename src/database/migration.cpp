#include <vector>

#include <pier/core/bytes.hpp>

#include "migrate.hpp"

namespace pier::database::impl {
namespace {

constexpr int64_t kApplicationId = 0x50696572;  // "Pier", in the header of the file

struct Applied {
  int64_t version = 0;
  std::string name;
  std::string sha256;
};

/// A fresh file gets our mark; a database of somebody else is left alone.
Result<void> claim_file(SqliteConnection& connection, const std::string& path) {
  PIER_TRY(const int64_t mark, first_integer(connection, "PRAGMA application_id"));
  if (mark == kApplicationId) return {};
  PIER_TRY(const int64_t tables, first_integer(connection, "SELECT count(*) FROM sqlite_schema"));
  if (mark != 0 || tables != 0) {
    return fail(ErrorCode::kInvalidArgument,
                display_text(path) + " is a database of another program; choose another --data directory");
  }
  return connection.script("PRAGMA application_id = " + std::to_string(kApplicationId) +
                           ";"
                           "CREATE TABLE schema_migrations (version INTEGER PRIMARY KEY, name TEXT NOT NULL,"
                           " sha256 TEXT NOT NULL, applied INTEGER NOT NULL) STRICT;");
}

Result<std::vector<Applied>> applied_migrations(Connection& connection) {
  std::vector<Applied> rows;
  PIER_CHECK(connection.execute("SELECT version, name, sha256 FROM schema_migrations ORDER BY version", {},
                                [&](const Row& row) {
                                  rows.push_back({row.integer(0), row.text(1), row.text(2)});
                                  return true;
                                }));
  return rows;
}

Result<void> check_applied(const std::vector<Applied>& applied, std::span<const Migration> migrations,
                           std::string_view Migration::* text, const std::string& where) {
  for (size_t i = 0; i < applied.size(); ++i) {
    const Applied& row = applied[i];
    if (i >= migrations.size()) {
      return fail(ErrorCode::kInputUnsupported,
                  display_text(where) + " was written by a newer Pier (schema " +
                      std::to_string(applied.back().version) + ", this one knows " + std::to_string(migrations.size()) +
                      "); start that version, or a copy of the data made before the update");
    }
    if (row.version != migrations[i].version || row.sha256 != to_hex(sha256(as_bytes(migrations[i].*text)))) {
      return fail(ErrorCode::kConflict, display_text(where) + ": schema step " + std::to_string(row.version) + " (" +
                                            row.name +
                                            ") is not the one this Pier has; start the version that wrote it");
    }
  }
  return {};
}

Result<int64_t> migrate_inside(SqliteConnection& connection, const std::string& path,
                               std::span<const Migration> migrations, WallTime now) {
  PIER_CHECK(claim_file(connection, path));
  return apply_migrations(connection, path, migrations, &Migration::sqlite, now);
}

}  // namespace

Result<int64_t> first_integer(Connection& connection, std::string_view sql) {
  int64_t found = 0;
  PIER_CHECK(connection.execute(sql, {}, [&](const Row& row) {
    found = row.integer(0);
    return true;
  }));
  return found;
}

Result<int64_t> apply_migrations(Connection& connection, const std::string& where,
                                 std::span<const Migration> migrations, std::string_view Migration::* text,
                                 WallTime now) {
  PIER_TRY(const std::vector<Applied> applied, applied_migrations(connection));
  PIER_CHECK(check_applied(applied, migrations, text, where));
  for (const Migration& step : migrations.subspan(applied.size())) {
    if (auto done = connection.script(step.*text); !done) {
      return fail_in("schema step " + std::to_string(step.version) + " (" + std::string(step.name) + ")", done.error());
    }
    const std::string digest = to_hex(sha256(as_bytes(step.*text)));
    const Param params[] = {step.version, step.name, digest, now};
    PIER_CHECK(connection.execute("INSERT INTO schema_migrations VALUES ($1, $2, $3, $4)", params, {}));
  }
  return migrations.empty() ? 0 : migrations.back().version;
}

Result<int64_t> migrate(SqliteConnection& connection, const std::string& path, std::span<const Migration> migrations,
                        WallTime now) {
  PIER_CHECK(connection.script("BEGIN IMMEDIATE"));
  auto version = migrate_inside(connection, path, migrations, now);
  if (version) {
    if (auto committed = connection.script("COMMIT"); !committed) version = Failure(committed.error());
  }
  if (!version && connection.in_transaction()) static_cast<void>(connection.script("ROLLBACK"));
  return version;
}

}  // namespace pier::database::impl
