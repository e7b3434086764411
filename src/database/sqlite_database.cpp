#include <utility>

#include <pier/core/file.hpp>
#include <pier/core/log.hpp>
#include <pier/database/data_directory.hpp>
#include <pier/database/database.hpp>

#include "lease.hpp"
#include "migrate.hpp"
#include "open.hpp"
#include "pool.hpp"
#include "sqlite_connection.hpp"

namespace pier::database {
namespace {

using impl::SqliteConnection;
using Mode = SqliteConnection::Mode;
using Pool = impl::Pool<SqliteConnection>;
using ConnectionPtr = std::unique_ptr<SqliteConnection>;

/// Gives its connection back to the pool, outside any transaction.
class SqliteLease final : public impl::Lease {
 public:
  SqliteLease(Pool& pool, ConnectionPtr connection, WallTime now)
      : Lease(now), x_pool(pool), x_connection(std::move(connection)) {}
  SqliteLease(const SqliteLease&) = delete;
  SqliteLease& operator=(const SqliteLease&) = delete;

  ~SqliteLease() override {
    if (x_connection->in_transaction() && !x_connection->script("ROLLBACK")) x_connection.reset();
    x_pool.give_back(std::move(x_connection));
  }

  Result<void> start(const char* sql) { return x_connection->script(sql); }

  Result<int64_t> execute(std::string_view sql, std::span<const Param> params,
                          const std::function<bool(const Row&)>& visit) override {
    PIER_CHECK(usable());
    auto done = x_connection->execute(sql, params, visit);
    if (!done) x_broken = true;
    return done;
  }

  Result<void> stream(std::string_view sql, std::span<const Param> params,
                      const std::function<bool(const Row&)>& visit) override {
    PIER_CHECK(execute(sql, params, visit));
    return {};
  }

  Result<void> commit() override {
    PIER_CHECK(usable());
    x_broken = true;
    return x_connection->script("COMMIT");
  }

 private:
  Result<void> usable() const {
    if (!x_broken && x_connection->in_transaction()) return {};
    return fail(ErrorCode::kInternal, "a transaction was used after it had ended or a statement in it had failed");
  }

  Pool& x_pool;
  ConnectionPtr x_connection;
  bool x_broken = false;
};

class SqliteDatabase final : public Database {
 public:
  SqliteDatabase(std::string path, const OpenOptions& options)
      : x_path(std::move(path)),
        x_clock(*options.clock),
        x_writer(x_path, opener(Mode::kWriter, options), 1, options.busy_timeout),
        x_readers(x_path, opener(Mode::kReader, options), options.readers, options.busy_timeout) {}

  Result<void> prepare(std::span<const Migration> migrations) {
    PIER_TRY(ConnectionPtr connection, x_writer.take());
    auto version = impl::migrate(*connection, x_path, migrations, x_clock.now());
    x_writer.give_back(std::move(connection));
    if (!version) return Failure(version.error());
    x_version = *version;
    return {};
  }

  Result<Transaction> begin() override {
    PIER_TRY(auto lease, start(x_writer, "BEGIN IMMEDIATE"));
    return Transaction(std::move(lease));
  }

  Result<Snapshot> read() override {
    PIER_TRY(auto lease, start(x_readers, "BEGIN"));
    return Snapshot(std::move(lease));
  }

  bool shared() const override { return false; }

  Result<void> check_integrity() override {
    PIER_TRY(Snapshot snapshot, read());
    std::string wrong;
    PIER_TRY(const auto rows, snapshot.all("PRAGMA integrity_check(20)"));
    for (const Row& row : rows) {
      if (row.text(0) != "ok") wrong += (wrong.empty() ? "" : "; ") + row.text(0);
    }
    PIER_TRY(const auto orphans, snapshot.all("SELECT \"table\", count(*) FROM pragma_foreign_key_check GROUP BY 1"));
    for (const Row& row : orphans) {
      wrong += (wrong.empty() ? "" : "; ") + std::to_string(row.integer(1)) + " rows of " + row.text(0) +
               " belong to rows that are missing";
    }
    if (wrong.empty()) return {};
    return fail(ErrorCode::kIo,
                "records in " + display_text(x_path) +
                    ": the file is damaged; stop Pier and restore it from a copy (objects are not "
                    "affected)",
                wrong);
  }

  Result<void> checkpoint() override {
    PIER_TRY(ConnectionPtr connection, x_writer.take());
    bool busy = false;
    auto done = connection->execute("PRAGMA wal_checkpoint(TRUNCATE)", {}, [&](const Row& row) {
      busy = row.integer(0) != 0;
      return true;
    });
    x_writer.give_back(std::move(connection));
    if (!done) return Failure(done.error());
    if (busy) return fail(ErrorCode::kOverloaded, "records in " + display_text(x_path) + " are being read; try again");
    return {};
  }

  int64_t schema_version() const override { return x_version; }

 private:
  Pool::Opener opener(Mode mode, const OpenOptions& options) const {
    return
        [path = x_path, mode, timeout = options.busy_timeout] { return SqliteConnection::open(path, mode, timeout); };
  }

  Result<std::unique_ptr<impl::Lease>> start(Pool& pool, const char* sql) {
    PIER_TRY(ConnectionPtr connection, pool.take());
    auto lease = std::make_unique<SqliteLease>(pool, std::move(connection), x_clock.now());
    PIER_CHECK(lease->start(sql));
    return lease;
  }

  const std::string x_path;
  const Clock& x_clock;
  Pool x_writer;
  Pool x_readers;
  int64_t x_version = 0;
};

}  // namespace

Result<std::unique_ptr<Database>> impl::open_sqlite(const std::string& path, const OpenOptions& options) {
  const size_t slash = path.rfind('/');
  const std::string directory = slash == std::string::npos ? "." : path.substr(0, std::max<size_t>(slash, 1));
  PIER_CHECK(make_directories(directory));
  PIER_CHECK(refuse_network_file_system(directory));
  auto database = std::make_unique<SqliteDatabase>(path, options);
  PIER_CHECK(database->prepare(options.migrations));
  return database;
}

}  // namespace pier::database
