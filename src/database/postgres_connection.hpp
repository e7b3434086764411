#pragma once
// One connection to PostgreSQL with its prepared statements. One thread at a time.

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include <libpq-fe.h>

#include <pier/core/clock.hpp>

#include "connection.hpp"
#include "postgres_address.hpp"
#include "postgres_values.hpp"

namespace pier::database::impl {

class PostgresConnection final : public Connection {
 public:
  /// kIo: nobody answers, or the server is just starting or stopping; kOverloaded: it takes no more connections. Both
  /// may pass. kPermission, kNotFound (no such database), kInvalidArgument (not UTF-8), kInputUnsupported (too old).
  static Result<std::unique_ptr<PostgresConnection>> open(const PostgresAddress& address,
                                                          std::chrono::milliseconds busy_timeout);

  Result<int64_t> execute(std::string_view sql, std::span<const Param> params,
                          const std::function<bool(const Row&)>& visit) override;
  Result<void> script(std::string_view sql) override;
  /// `begin` opens a transaction; gives the server's time then, without a further round trip.
  Result<WallTime> begin(std::string_view begin);
  /// A query by a cursor: a few rows at a time. `visit` may run other statements.
  Result<void> stream(std::string_view sql, std::span<const Param> params,
                      const std::function<bool(const Row&)>& visit);

  bool in_transaction() const { return PQtransactionStatus(x_handle.get()) != PQTRANS_IDLE; }
  bool lost() const { return x_lost || PQstatus(x_handle.get()) != CONNECTION_OK; }
  /// Did the last failure come from another transaction that stood in the way?
  bool clashed() const { return x_clashed; }

 private:
  struct CloseHandle {
    void operator()(PGconn* handle) const { PQfinish(handle); }
  };
  struct ClearResult {
    void operator()(PGresult* result) const { PQclear(result); }
  };
  using Handle = std::unique_ptr<PGconn, CloseHandle>;
  using Answer = std::unique_ptr<PGresult, ClearResult>;

  explicit PostgresConnection(std::string where) : x_where(std::move(where)) {}
  Result<void> connect(const PostgresAddress& address);
  Result<void> settle(std::chrono::milliseconds busy_timeout);
  Failure refused() const;
  Failure failure(const PGresult* answer, std::string_view sql);
  Result<Answer> ran(PGresult* raw, std::string_view sql);
  Result<std::string> prepared(std::string_view sql, const BoundParams& params);
  Result<Answer> run(const std::string& sql, const BoundParams& params, std::string_view text);
  Result<bool> fetch(const std::string& cursor, std::string_view sql, const std::function<bool(const Row&)>& visit);

  std::string x_where;
  Handle x_handle;
  std::unordered_map<std::string, std::string> x_statements;  // types and text -> name
  std::unordered_set<std::string> x_streams;                  // texts whose rows are being visited
  uint64_t x_count = 0;
  bool x_lost = false;
  bool x_clashed = false;
};

}  // namespace pier::database::impl
