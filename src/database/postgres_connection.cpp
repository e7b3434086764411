#include "postgres_connection.hpp"

#include <poll.h>

#include "postgres_error.hpp"

namespace pier::database::impl {
namespace {

constexpr auto kConnectTimeout = std::chrono::seconds(10);
constexpr size_t kCachedStatements = 512;
constexpr int kFetch = 64;
constexpr int kOldestServer = 150'000;
constexpr size_t kQuoted = 400;  // of a statement, in the log

void ignore_notice(void* /*unused*/, const char* /*message*/) {}

/// Waits until the socket is ready for what libpq wants next; false when the time is over.
bool wait_for(const PGconn* handle, PostgresPollingStatusType wanted, std::chrono::steady_clock::time_point deadline) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
  if (left.count() <= 0) return false;
  pollfd ready{PQsocket(handle), static_cast<short>(wanted == PGRES_POLLING_READING ? POLLIN : POLLOUT), 0};
  return ::poll(&ready, 1, static_cast<int>(left.count())) != 0;
}

std::string one_line(const char* message) {
  std::string text = message != nullptr ? message : "";
  while (!text.empty() && text.back() == '\n') text.pop_back();
  for (char& c : text) c = c == '\n' ? ' ' : c;
  return text;
}

bool changes_rows(const std::string& command) {
  return command.starts_with("INSERT") || command.starts_with("UPDATE") || command.starts_with("DELETE");
}

}  // namespace

Result<std::unique_ptr<PostgresConnection>> PostgresConnection::open(const PostgresAddress& address,
                                                                     std::chrono::milliseconds busy_timeout) {
  std::unique_ptr<PostgresConnection> connection(new PostgresConnection(address.where));
  PIER_CHECK(connection->connect(address));
  PIER_CHECK(connection->settle(busy_timeout));
  return connection;
}

Result<void> PostgresConnection::connect(const PostgresAddress& address) {
  // Of a keyword that comes twice the last one counts: the first four can be set in the address.
  const char* const keywords[] = {"keepalives_idle",           "keepalives_interval",
                                  "keepalives_count",          "tcp_user_timeout",
                                  "fallback_application_name", "dbname",
                                  "client_encoding",           nullptr};
  const char* const values[] = {"10", "5", "3", "30000", "pier", address.url.c_str(), "UTF8", nullptr};
  x_handle.reset(PQconnectStartParams(keywords, values, 1));
  if (!x_handle) return fail(ErrorCode::kOverloaded, "out of memory");
  PQsetNoticeProcessor(x_handle.get(), ignore_notice, nullptr);
  PQsetErrorVerbosity(x_handle.get(), PQERRORS_VERBOSE);  // libpq tells the SQLSTATE of a refusal in no other way
  const auto deadline = std::chrono::steady_clock::now() + kConnectTimeout;
  PostgresPollingStatusType wanted = PGRES_POLLING_WRITING;
  while (PQstatus(x_handle.get()) != CONNECTION_BAD && wanted != PGRES_POLLING_OK) {
    if (!wait_for(x_handle.get(), wanted, deadline)) {
      return fail(ErrorCode::kIo, "records in " + x_where + ": the server did not answer within 10 s; see that " +
                                      "PostgreSQL runs there, or correct the address");
    }
    wanted = PQconnectPoll(x_handle.get());
    if (wanted == PGRES_POLLING_FAILED) break;
  }
  if (PQstatus(x_handle.get()) != CONNECTION_OK) return refused();
  PQsetErrorVerbosity(x_handle.get(), PQERRORS_DEFAULT);
  return {};
}

Failure PostgresConnection::refused() const {
  const std::string message = one_line(PQerrorMessage(x_handle.get()));
  const std::string state = sql_state_in(message);
  if (!state.empty()) {
    const SqlStateMeaning meaning = meaning_of(state);
    return fail(meaning.code, "records in " + x_where + ": " + std::string(meaning.text), message);
  }
  if (PQconnectionNeedsPassword(x_handle.get()) != 0) {
    return fail(ErrorCode::kPermission,
                "records in " + x_where +
                    ": the server wants a password; give it in the address, in PGPASSWORD or in ~/.pgpass",
                message);
  }
  return fail(ErrorCode::kIo,
              "records in " + x_where + ": no server answers there; start PostgreSQL, or correct the address", message);
}

Result<void> PostgresConnection::settle(std::chrono::milliseconds busy_timeout) {
  if (PQserverVersion(x_handle.get()) < kOldestServer) {
    return fail(ErrorCode::kInputUnsupported, "records in " + x_where + ": the server is older than PostgreSQL 15");
  }
  const char* encoding = PQparameterStatus(x_handle.get(), "server_encoding");
  if (encoding == nullptr || std::string_view(encoding) != "UTF8") {
    return fail(
        ErrorCode::kInvalidArgument,
        "records in " + x_where + ": the database is not in UTF-8; make another: createdb -E UTF8 -T template0");
  }
  const auto patience = std::to_string(std::max<int64_t>(busy_timeout.count(), 1));
  // A process that stands still must not hold rows for ever; one that died is noticed by its socket. Bitmap scans never
  // mark the index entries of dead rows, of which the queue leaves some at every claim: it became slower with each.
  return script("SET client_min_messages = warning; SET lock_timeout = " + patience +
                "; SET enable_bitmapscan = off; SET idle_in_transaction_session_timeout = '5min'; SET "
                "standard_conforming_strings = on");
}

Failure PostgresConnection::failure(const PGresult* answer, std::string_view sql) {
  const char* found = answer != nullptr ? PQresultErrorField(answer, PG_DIAG_SQLSTATE) : nullptr;
  const std::string state = found != nullptr ? found : "";
  const SqlStateMeaning meaning = meaning_of(state);
  x_lost = x_lost || meaning.lost || PQstatus(x_handle.get()) != CONNECTION_OK;
  x_clashed = meaning.clash;
  // The primary message names tables and constraints, not values.
  const char* primary = answer != nullptr ? PQresultErrorField(answer, PG_DIAG_MESSAGE_PRIMARY) : nullptr;
  std::string detail = primary != nullptr ? primary : one_line(PQerrorMessage(x_handle.get()));
  detail +=
      " [" + (state.empty() ? "no SQLSTATE" : "SQLSTATE " + state) + "] in: " + std::string(sql.substr(0, kQuoted));
  return fail(meaning.code, "records in " + x_where + ": " + std::string(meaning.text), std::move(detail));
}

Result<PostgresConnection::Answer> PostgresConnection::ran(PGresult* raw, std::string_view sql) {
  Answer answer(raw);
  switch (PQresultStatus(raw)) {
    case PGRES_COMMAND_OK:
    case PGRES_TUPLES_OK:
      return answer;
    case PGRES_EMPTY_QUERY:
      return fail(ErrorCode::kInternal, "a query must be exactly one SQL statement", std::string(sql));
    default:
      return failure(raw, sql);
  }
}

Result<std::string> PostgresConnection::prepared(std::string_view sql, const BoundParams& params) {
  std::string key = params.signature() + ":" + std::string(sql);
  if (const auto found = x_statements.find(key); found != x_statements.end()) return found->second;
  PIER_TRY(const size_t wanted, count_parameters(sql));
  if (wanted != static_cast<size_t>(params.count())) {
    return fail(ErrorCode::kInternal,
                "a statement got " + std::to_string(params.count()) + " parameters, it wants " + std::to_string(wanted),
                std::string(sql));
  }
  if (x_statements.size() >= kCachedStatements) {
    PIER_CHECK(script("DEALLOCATE ALL"));
    x_statements.clear();
  }
  std::string name = "s" + std::to_string(++x_count);
  const std::string text(sql);
  PIER_CHECK(ran(PQprepare(x_handle.get(), name.c_str(), text.c_str(), params.count(), params.types()), sql));
  return x_statements.emplace(std::move(key), std::move(name)).first->second;
}

Result<int64_t> PostgresConnection::execute(std::string_view sql, std::span<const Param> params,
                                            const std::function<bool(const Row&)>& visit) {
  x_clashed = false;
  if (x_streams.contains(std::string(sql))) {
    return fail(ErrorCode::kInternal, "a statement was started again before it had ended", std::string(sql));
  }
  PIER_TRY(const BoundParams bound, BoundParams::of(params));
  PIER_TRY(const std::string name, prepared(sql, bound));
  const std::vector<const char*> values = bound.values();
  PIER_TRY(const Answer answer, ran(PQexecPrepared(x_handle.get(), name.c_str(), bound.count(), values.data(),
                                                   bound.lengths(), bound.formats(), 1),
                                    sql));
  for (int row = 0; visit && row < PQntuples(answer.get()); ++row) {
    PIER_TRY(const Row values_of_row, row_of(answer.get(), row));
    if (!visit(values_of_row)) return 0;
  }
  if (!changes_rows(PQcmdStatus(answer.get()))) return 0;
  return std::strtoll(PQcmdTuples(answer.get()), nullptr, 10);
}

Result<void> PostgresConnection::script(std::string_view sql) {
  x_clashed = false;
  const std::string text(sql);
  PIER_CHECK(ran(PQexec(x_handle.get(), text.c_str()), sql));
  return {};
}

Result<WallTime> PostgresConnection::begin(std::string_view begin) {
  x_clashed = false;
  // Of several statements in one message the last one's answer is given.
  const std::string text = std::string(begin) + "; SELECT (extract(epoch FROM now()) * 1000000)::bigint";
  PIER_TRY(const Answer answer, ran(PQexec(x_handle.get(), text.c_str()), text));
  return std::strtoll(PQgetvalue(answer.get(), 0, 0), nullptr, 10);
}

Result<PostgresConnection::Answer> PostgresConnection::run(const std::string& sql, const BoundParams& params,
                                                           std::string_view text) {
  const std::vector<const char*> values = params.values();
  return ran(PQexecParams(x_handle.get(), sql.c_str(), params.count(), params.types(), values.data(), params.lengths(),
                          params.formats(), 1),
             text);
}

/// The next few rows; false when there are no more or `visit` has seen enough.
Result<bool> PostgresConnection::fetch(const std::string& cursor, std::string_view sql,
                                       const std::function<bool(const Row&)>& visit) {
  PIER_TRY(const Answer answer, run("FETCH " + std::to_string(kFetch) + " FROM " + cursor, BoundParams(), sql));
  const int rows = PQntuples(answer.get());
  for (int row = 0; row < rows; ++row) {
    PIER_TRY(const Row values, row_of(answer.get(), row));
    if (!visit(values)) return false;
  }
  return rows == kFetch;
}

Result<void> PostgresConnection::stream(std::string_view sql, std::span<const Param> params,
                                        const std::function<bool(const Row&)>& visit) {
  x_clashed = false;
  const std::string text(sql);
  if (x_streams.contains(text)) {
    return fail(ErrorCode::kInternal, "a statement was started again before it had ended", text);
  }
  PIER_TRY(const size_t wanted, count_parameters(sql));
  if (wanted != params.size()) {
    return fail(ErrorCode::kInternal, "a statement got the wrong number of parameters", text);
  }
  PIER_TRY(const BoundParams bound, BoundParams::of(params));
  const std::string cursor = "pier_" + std::to_string(++x_count);
  PIER_CHECK(run("DECLARE " + cursor + " BINARY NO SCROLL CURSOR FOR " + text, bound, sql));
  x_streams.insert(text);
  Result<bool> more = true;
  while (more && *more) more = fetch(cursor, sql, visit);
  x_streams.erase(text);
  if (!more) return Failure(more.error());
  // A statement inside visit that failed has broken the transaction and the cursor with it.
  if (PQtransactionStatus(x_handle.get()) != PQTRANS_INTRANS) return {};
  return script("CLOSE " + cursor);
}

}  // namespace pier::database::impl
