#include <algorithm>
#include <random>
#include <thread>

#include <pier/core/bytes.hpp>
#include <pier/database/database.hpp>

#include "lease.hpp"
#include "open.hpp"
#include "pool.hpp"
#include "postgres_address.hpp"
#include "postgres_connection.hpp"
#include "postgres_schema.hpp"

namespace pier::database {
namespace {

using namespace std::chrono_literals;
using impl::PostgresConnection;
using Pool = impl::Pool<PostgresConnection>;
using ConnectionPtr = std::unique_ptr<PostgresConnection>;

constexpr auto kFirstPause = 50ms;
constexpr auto kLongestPause = 2000ms;

std::string_view words_of(RowLock lock) {
  switch (lock) {
    case RowLock::kKeyShare:
      return " FOR KEY SHARE";
    case RowLock::kShare:
      return " FOR SHARE";
    case RowLock::kNoKeyUpdate:
      return " FOR NO KEY UPDATE";
    case RowLock::kUpdate:
      break;
  }
  return " FOR UPDATE";
}

/// Advisory locks are numbers: 64 bits of a digest do not meet by chance.
int64_t number_of(std::string_view name) {
  const Sha256 digest = sha256(as_bytes(name));
  return static_cast<int64_t>(ByteReader(ByteView(digest)).u64());
}

/// Gives its connection back to the pool, outside any transaction.
class PostgresLease final : public impl::Lease {
 public:
  PostgresLease(Pool& pool, ConnectionPtr connection, WallTime now)
      : Lease(now), x_pool(pool), x_connection(std::move(connection)) {}
  PostgresLease(const PostgresLease&) = delete;
  PostgresLease& operator=(const PostgresLease&) = delete;

  ~PostgresLease() override {
    if (!x_connection->lost() && x_connection->in_transaction() && !x_connection->script("ROLLBACK")) {
      x_connection.reset();
    } else if (x_connection->lost()) {
      x_connection.reset();
    }
    x_pool.give_back(std::move(x_connection));
  }

  Result<int64_t> execute(std::string_view sql, std::span<const Param> params,
                          const std::function<bool(const Row&)>& visit) override {
    PIER_CHECK(usable());
    return noted(x_connection->execute(sql, params, visit));
  }

  Result<void> stream(std::string_view sql, std::span<const Param> params,
                      const std::function<bool(const Row&)>& visit) override {
    PIER_CHECK(usable());
    return noted(x_connection->stream(sql, params, visit));
  }

  Result<void> commit() override {
    PIER_CHECK(usable());
    auto done = noted(x_connection->script("COMMIT"));
    x_broken = true;
    return done;
  }

  std::string locking(RowLock lock, std::string_view of, IfHeld held) const override {
    std::string words(words_of(lock));
    if (!of.empty()) words += " OF " + std::string(of);
    if (held == IfHeld::kSkip) words += " SKIP LOCKED";
    return words;
  }

  Result<bool> hold(std::string_view name, IfHeld held) override {
    bool got = true;
    const Param number[] = {number_of(name)};
    const bool waits = held == IfHeld::kWait;
    PIER_CHECK(execute(waits ? "SELECT pg_advisory_xact_lock($1)" : "SELECT pg_try_advisory_xact_lock($1)", number,
                       [&](const Row& row) {
                         got = waits || row.integer(0) != 0;
                         return true;
                       }));
    return got;
  }

  bool clashed() const override { return x_clashed; }

 private:
  Result<void> usable() const {
    if (!x_broken && x_connection->in_transaction()) return {};
    return fail(ErrorCode::kInternal, "a transaction was used after it had ended or a statement in it had failed");
  }

  template <typename T>
  Result<T> noted(Result<T> done) {
    if (!done) {
      x_broken = true;
      x_clashed = x_connection->clashed();
    }
    return done;
  }

  Pool& x_pool;
  ConnectionPtr x_connection;
  bool x_broken = false;
  bool x_clashed = false;
};

/// May the same succeed a little later?
bool may_pass(ErrorCode code) {
  return code == ErrorCode::kIo || code == ErrorCode::kOverloaded;
}

std::chrono::milliseconds with_jitter(std::chrono::milliseconds pause) {
  thread_local std::minstd_rand random{std::random_device{}()};
  return std::chrono::milliseconds(std::uniform_int_distribution<int64_t>(pause.count() / 2, pause.count())(random));
}

class PostgresDatabase final : public Database {
 public:
  PostgresDatabase(impl::PostgresAddress address, const OpenOptions& options)
      : x_address(std::move(address)),
        x_clock(options.own_clock ? options.clock : nullptr),
        x_patience(options.busy_timeout),
        x_stale(options.writers + options.readers),
        x_writers(x_address.where, opener(), options.writers, options.busy_timeout),
        x_readers(x_address.where, opener(), options.readers, options.busy_timeout) {}

  Result<void> prepare(std::span<const Migration> migrations) {
    PIER_TRY(ConnectionPtr connection, x_writers.take());
    auto version = impl::migrate_postgres(*connection, x_address, migrations, x_clock);
    x_writers.give_back(connection->lost() ? nullptr : std::move(connection));
    if (!version) return Failure(version.error());
    x_version = *version;
    return {};
  }

  Result<Transaction> begin() override {
    PIER_TRY(auto lease, start(x_writers, "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"));
    return Transaction(std::move(lease));
  }

  Result<Snapshot> read() override {
    PIER_TRY(auto lease, start(x_readers, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"));
    return Snapshot(std::move(lease));
  }

  bool shared() const override { return true; }

  Result<void> check_integrity() override {
    PIER_TRY(Begun begun, ready(x_readers, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"));
    auto sound = impl::check_postgres(*begun.connection, x_address);
    if (!begun.connection->script("ROLLBACK")) begun.connection.reset();
    x_readers.give_back(std::move(begun.connection));
    return sound;
  }

  Result<void> checkpoint() override { return {}; }

  int64_t schema_version() const override { return x_version; }

 private:
  Pool::Opener opener() const {
    return [this] { return PostgresConnection::open(x_address, x_patience); };
  }

  struct Begun {
    ConnectionPtr connection;
    WallTime now = 0;
  };

  /// A connection on which `begin` has succeeded. One that was lost while it lay idle is replaced at once; while no new
  /// one can be had the pauses grow.
  Result<Begun> ready(Pool& pool, const char* begin) {
    const auto deadline = std::chrono::steady_clock::now() + x_patience;
    std::chrono::milliseconds pause = kFirstPause;
    size_t stale = x_stale;
    while (true) {
      Result<ConnectionPtr> connection = pool.take();
      if (connection) {
        Result<WallTime> begun = (*connection)->begin(begin);
        if (begun) return Begun{std::move(*connection), x_clock != nullptr ? x_clock->now() : *begun};
        const bool lost = (*connection)->lost();
        pool.give_back(lost ? nullptr : std::move(*connection));
        connection = Failure(std::move(begun).error());
        if (!lost) return Failure(std::move(connection).error());
        if (stale-- > 0) continue;
        stale = 0;
      }
      if (!may_pass(connection.error().code)) return Failure(std::move(connection).error());
      const auto next = with_jitter(pause);
      if (std::chrono::steady_clock::now() + next > deadline) return Failure(std::move(connection).error());
      std::this_thread::sleep_for(next);
      pause = std::min<std::chrono::milliseconds>(pause * 2, kLongestPause);
    }
  }

  Result<std::unique_ptr<impl::Lease>> start(Pool& pool, const char* begin) {
    PIER_TRY(Begun begun, ready(pool, begin));
    return std::make_unique<PostgresLease>(pool, std::move(begun.connection), begun.now);
  }

  const impl::PostgresAddress x_address;
  const Clock* const x_clock;  // null: the server's
  const std::chrono::milliseconds x_patience;
  const size_t x_stale;  // so many idle connections can turn out to be lost
  Pool x_writers;
  Pool x_readers;
  int64_t x_version = 0;
};

}  // namespace

Result<std::unique_ptr<Database>> impl::open_postgres(const std::string& url, const OpenOptions& options) {
  PIER_TRY(PostgresAddress address, parse_postgres_url(url));
  auto database = std::make_unique<PostgresDatabase>(std::move(address), options);
  PIER_CHECK(database->prepare(options.migrations));
  return database;
}

}  // namespace pier::database
