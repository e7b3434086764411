#pragma once
// A thin layer over the record engine, SQLite or PostgreSQL: prepared statements, transactions, migrations.
//
// Statements are written in the subset both share; parameters are `$1`, `$2` ... A statement text is prepared once per
// connection and kept. A commit is on the disk when commit() returns (SQLite: WAL, synchronous=FULL; PostgreSQL: as its
// synchronous_commit says, which is on unless somebody turned it off).
//
// Writers. SQLite has one: begin() waits its turn, and nothing changes between two statements of a transaction.
// PostgreSQL has many, in this process and in others, at READ COMMITTED: each statement sees what was committed before
// it began. What is read and then decided upon must be held first, by locking() or hold(), in the order jobs, names,
// tasks, assets, objects (docs/adr/0008-postgresql.md); a decision inside one statement is safe by itself only about
// the row it changes, not about other rows it looks at.
//
// Threads: Database is safe from many. A Transaction or Snapshot belongs to one thread at a time.
//
// A statement that failed breaks its transaction, on both engines: it can only be rolled back. Ask before, or write
// ON CONFLICT, where a clash is expected. A Database outlives its sessions.
//
// Errors everywhere: kNoSpace (disk full), kPermission (read-only, user or password refused), kOverloaded (not free
// within the busy timeout; a deadlock or other clash with another transaction, see Transaction::clashed),
// kAlreadyExists (unique or primary key), kConflict (foreign key or other constraint), kInvalidArgument (PostgreSQL:
// text that is not UTF-8 or has a zero byte), kIo (disk error, damaged file; the server cannot be reached or was lost:
// the transaction is gone, the next one connects anew), kInternal (our SQL is wrong).

#include <chrono>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <pier/core/clock.hpp>
#include <pier/core/result.hpp>
#include <pier/database/migration.hpp>
#include <pier/database/value.hpp>

namespace pier::database {

namespace impl {
class Lease;  // a connection inside a transaction, for as long as the session lives
}

using Params = std::initializer_list<Param>;

/// How firmly locking() holds the rows a SELECT found, until the transaction ends. The names are PostgreSQL's.
enum class RowLock : uint8_t {
  kKeyShare,     // it stays there; others may change it, only kUpdate waits
  kShare,        // nobody changes it
  kNoKeyUpdate,  // as an UPDATE holds it: kKeyShare goes on
  kUpdate,       // alone with it
};
enum class IfHeld : uint8_t { kWait, kSkip };

/// The records as one transaction sees them; base of Transaction and Snapshot. Functions that only read take a
/// Session&.
class Session {
 public:
  explicit Session(std::unique_ptr<impl::Lease> lease);
  Session(Session&&) noexcept;
  Session& operator=(Session&&) = delete;
  virtual ~Session();

  /// The one wall time of this transaction or snapshot: the server's at its beginning on PostgreSQL, whatever the
  /// clocks of those who share the records say; this machine's on SQLite.
  WallTime now() const;

  /// First row or nullopt.
  Result<std::optional<Row>> one(std::string_view sql, Params params = {});
  Result<std::vector<Row>> all(std::string_view sql, Params params = {});
  Result<std::vector<Row>> all(std::string_view sql, std::span<const Param> params);
  /// Row by row, for long results, in bounded memory; `visit` gives false to stop. A query, not a change. `visit` must
  /// not run a statement of equal text.
  Result<void> each(std::string_view sql, Params params, const std::function<bool(const Row&)>& visit);

 protected:
  std::unique_ptr<impl::Lease> x_lease;
};

/// A writer. Rolled back when destroyed without commit(). Keep it short: never while encoding or waiting.
class Transaction final : public Session {
 public:
  using Session::Session;
  Transaction(Transaction&&) noexcept = default;

  /// INSERT, UPDATE, DELETE (with RETURNING: use one() or all()). Gives the number of rows changed.
  Result<int64_t> run(std::string_view sql, Params params = {});
  Result<int64_t> run(std::string_view sql, std::span<const Param> params);

  /// What to write behind a SELECT so that its rows (those of table or alias `of`, or all) are held: " FOR UPDATE OF t
  /// SKIP LOCKED" and the like; empty where there is one writer.
  std::string locking(RowLock lock, std::string_view of = {}, IfHeld held = IfHeld::kWait) const;
  /// Until this transaction ends no other one gets past hold() with an equal name; for what is no row yet.
  Result<void> hold(std::string_view name);
  /// The same without waiting: false when another transaction holds it.
  Result<bool> try_hold(std::string_view name);

  /// Ends the transaction; durable when it returns. After an error everything is rolled back, except after kIo: then
  /// the connection was lost while the answer was on its way, and only the records tell. Afterwards the object is
  /// spent: every call gives kInternal.
  Result<void> commit();

  /// A statement or the commit failed because another transaction stood in the way: the same work may well succeed
  /// when it is begun anew.
  bool clashed() const;
};

/// A reader: one consistent state, as of its beginning or its first statement; never waits for a writer.
class Snapshot final : public Session {
 public:
  using Session::Session;
  Snapshot(Snapshot&&) noexcept = default;
};

struct OpenOptions {
  std::chrono::milliseconds busy_timeout{30'000};
  size_t readers = 4;  // snapshots at a time
  size_t writers = 8;  // transactions at a time; SQLite: always one
  const Clock* clock = &Clock::system();
  /// PostgreSQL: times come from `clock` and not from the server. For tests with a clock that moves when told; several
  /// machines would compare their clocks with each other's.
  bool own_clock = false;
  std::span<const Migration> migrations = embedded_migrations();
};

class Database {
 public:
  /// `url` is "sqlite:/path/pier.db" (made when missing) or "postgresql://user@host:port/name?..." as libpq reads it
  /// ("postgres://" too; a socket directory as ?host=/run/postgresql; password by URL, PGPASSWORD or ~/.pgpass). Brings
  /// the schema up to date in one transaction, one process at a time. No message or log line shows the password.
  /// Errors: kInvalidArgument (url; the file lies on a network file system: the message names the remedy; a database of
  /// another program or not in UTF-8), kInputUnsupported (schema of a newer Pier), kConflict (an applied migration was
  /// changed), kIo (damaged or no database, no server), kNotFound (the server has no such database), kPermission,
  /// kNoSpace.
  static Result<std::unique_ptr<Database>> open(const std::string& url, const OpenOptions& options = {});
  virtual ~Database() = default;

  /// Waits for the other writers of this process (SQLite), for a free connection (PostgreSQL), and up to the busy
  /// timeout. A thread that already holds a Transaction may get kOverloaded: one at a time. A lost connection is made
  /// anew, with growing pauses, up to the busy timeout.
  virtual Result<Transaction> begin() = 0;
  virtual Result<Snapshot> read() = 0;

  /// Runs `work` in a transaction and commits when it gave no error. When it clashed, again, a few times: `work` leaves
  /// nothing behind but what every run sets anew.
  Result<void> write(const std::function<Result<void>(Transaction&)>& work);

  /// May other processes write to the same records? Then nobody may take what runs or lies there for left behind.
  virtual bool shared() const = 0;

  /// Reads everything, foreign keys checked; kIo lists what is wrong. SQLite also checks its own pages.
  virtual Result<void> check_integrity() = 0;

  /// SQLite: moves the write-ahead log into the file and empties it (before a copy, after an erasure). PostgreSQL:
  /// nothing; when erased bytes leave its files, logs and copies is up to who runs it.
  virtual Result<void> checkpoint() = 0;

  virtual int64_t schema_version() const = 0;
};

}  // namespace pier::database
