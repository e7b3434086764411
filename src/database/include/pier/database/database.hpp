#pragma once
// A thin layer over the record engine (SQLite now): prepared statements, transactions, migrations.
//
// Statements are written in the subset SQLite and PostgreSQL share; parameters are `$1`, `$2` ... A statement text is
// prepared once per connection and kept. Every commit is on the disk when commit() returns (WAL, synchronous=FULL).
//
// Threads: Database is safe from many. It has one writer connection (begin() waits its turn) and a few readers.
// A Transaction or Snapshot belongs to one thread at a time.
//
// As in PostgreSQL, a statement that failed breaks its transaction: it can only be rolled back. Ask before, or write
// ON CONFLICT, where a clash is expected. A Database outlives its sessions.
//
// Errors everywhere: kNoSpace (disk full), kPermission (read-only), kOverloaded (not free within the busy timeout),
// kAlreadyExists (unique or primary key), kConflict (foreign key or other constraint), kIo (disk error, damaged file),
// kInternal (our SQL is wrong).

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

/// One consistent view of the records; base of Transaction and Snapshot. Functions that only read take a Session&.
class Session {
 public:
  explicit Session(std::unique_ptr<impl::Lease> lease);
  Session(Session&&) noexcept;
  Session& operator=(Session&&) = delete;
  virtual ~Session();

  /// The one wall time of this transaction or snapshot, from the injected clock.
  WallTime now() const;

  /// First row or nullopt.
  Result<std::optional<Row>> one(std::string_view sql, Params params = {});
  Result<std::vector<Row>> all(std::string_view sql, Params params = {});
  Result<std::vector<Row>> all(std::string_view sql, std::span<const Param> params);
  /// Row by row, for long results; `visit` gives false to stop. It must not run a statement of equal text.
  Result<void> each(std::string_view sql, Params params, const std::function<bool(const Row&)>& visit);

 protected:
  std::unique_ptr<impl::Lease> x_lease;
};

/// The one writer. Rolled back when destroyed without commit(). Keep it short: never while encoding or waiting.
class Transaction final : public Session {
 public:
  using Session::Session;
  Transaction(Transaction&&) noexcept = default;

  /// INSERT, UPDATE, DELETE (with RETURNING: use one() or all()). Gives the number of rows changed.
  Result<int64_t> run(std::string_view sql, Params params = {});
  Result<int64_t> run(std::string_view sql, std::span<const Param> params);

  /// Ends the transaction; durable when it returns. After an error everything is rolled back. Afterwards the object is
  /// spent: every call gives kInternal.
  Result<void> commit();
};

/// A reader: one consistent state, as of its first statement; never waits for the writer.
class Snapshot final : public Session {
 public:
  using Session::Session;
  Snapshot(Snapshot&&) noexcept = default;
};

struct OpenOptions {
  std::chrono::milliseconds busy_timeout{30'000};
  size_t readers = 4;
  const Clock* clock = &Clock::system();
  std::span<const Migration> migrations = embedded_migrations();
};

class Database {
 public:
  /// `url` is "sqlite:/path/pier.db" (made when missing). Brings the schema up to date in one transaction.
  /// Errors: kInvalidArgument (url, or the file lies on a network file system: the message names the remedy),
  /// kInputUnsupported (schema of a newer Pier), kConflict (an applied migration was changed), kIo (damaged or no
  /// database), kPermission, kNoSpace.
  static Result<std::unique_ptr<Database>> open(const std::string& url, const OpenOptions& options = {});
  virtual ~Database() = default;

  /// Waits for the other writers of this process and, up to the busy timeout, of other processes.
  /// A thread that already holds a Transaction gets kOverloaded after the timeout: one at a time.
  virtual Result<Transaction> begin() = 0;
  virtual Result<Snapshot> read() = 0;

  /// Runs `work` in a transaction and commits when it gave no error.
  Result<void> write(const std::function<Result<void>(Transaction&)>& work);

  /// The engine's own full check, foreign keys included; kIo lists what is wrong. Reads everything.
  virtual Result<void> check_integrity() = 0;

  /// Moves the write-ahead log into the file and empties it (before a copy, after an erasure).
  virtual Result<void> checkpoint() = 0;

  virtual int64_t schema_version() const = 0;
};

}  // namespace pier::database
