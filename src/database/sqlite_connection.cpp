#include "sqlite_connection.hpp"

#include <cerrno>
#include <thread>

namespace pier::database::impl {
namespace {

constexpr size_t kCachedStatements = 256;

struct Reason {
  ErrorCode code;
  const char* text;
};

/// What a result code means to the person outside.
Reason reason_of(int extended) {
  switch (extended) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID:
      return {ErrorCode::kAlreadyExists, "a row with that key is already there"};
    case SQLITE_CONSTRAINT_FOREIGNKEY:
      return {ErrorCode::kConflict, "a row it belongs to is missing"};
    default:
      break;
  }
  switch (extended & 0xff) {
    case SQLITE_CONSTRAINT:
      return {ErrorCode::kConflict, "a constraint of the schema forbids it"};
    case SQLITE_FULL:
      return {ErrorCode::kNoSpace, "the disk is full; free space there, nothing was lost"};
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return {ErrorCode::kPermission, "it is read-only; make file and directory writable or choose another --data"};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {ErrorCode::kOverloaded, "another process is writing to it; try again"};
    case SQLITE_CORRUPT:
      return {ErrorCode::kIo, "the file is damaged; stop Pier and restore it from a copy (objects are not affected)"};
    case SQLITE_NOTADB:
      return {ErrorCode::kIo, "the file is not a database of Pier, or is damaged; restore it or choose another --data"};
    case SQLITE_CANTOPEN:
      return {ErrorCode::kPermission, "it cannot be opened; check that its directory is there and writable"};
    case SQLITE_IOERR:
      return {ErrorCode::kIo, "the disk gave an error; check the disk and the kernel log"};
    case SQLITE_NOMEM:
      return {ErrorCode::kOverloaded, "out of memory"};
    case SQLITE_TOOBIG:
      return {ErrorCode::kTooLarge, "a value is too large"};
    default:
      return {ErrorCode::kInternal, "the statement failed"};
  }
}

int bind_one(sqlite3_stmt* statement, int index, const Param::Content& content) {
  if (const auto* whole = std::get_if<int64_t>(&content)) return sqlite3_bind_int64(statement, index, *whole);
  if (const auto* real = std::get_if<double>(&content)) return sqlite3_bind_double(statement, index, *real);
  // The bytes outlive the call (Param's contract) and the bindings are cleared at its end: no copy.
  if (const auto* text = std::get_if<std::string_view>(&content)) {
    return sqlite3_bind_text64(statement, index, text->data() != nullptr ? text->data() : "", text->size(),
                               SQLITE_STATIC, SQLITE_UTF8);
  }
  if (const auto* bytes = std::get_if<ByteView>(&content)) {
    if (bytes->empty()) return sqlite3_bind_zeroblob(statement, index, 0);
    return sqlite3_bind_blob64(statement, index, bytes->data(), bytes->size(), SQLITE_STATIC);
  }
  return sqlite3_bind_null(statement, index);
}

Value column_value(sqlite3_stmt* statement, int column) {
  switch (sqlite3_column_type(statement, column)) {
    case SQLITE_INTEGER:
      return Value(std::in_place_type<int64_t>, sqlite3_column_int64(statement, column));
    case SQLITE_FLOAT:
      return Value(std::in_place_type<double>, sqlite3_column_double(statement, column));
    case SQLITE_TEXT: {
      const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, column));
      return Value(std::in_place_type<std::string>, text, static_cast<size_t>(sqlite3_column_bytes(statement, column)));
    }
    case SQLITE_BLOB: {
      const auto* data = static_cast<const std::byte*>(sqlite3_column_blob(statement, column));
      return Value(std::in_place_type<Bytes>, data, data + sqlite3_column_bytes(statement, column));
    }
    default:
      return nullptr;
  }
}

Row current_row(sqlite3_stmt* statement) {
  const int columns = sqlite3_column_count(statement);
  std::vector<Value> values;
  values.reserve(static_cast<size_t>(columns));
  for (int column = 0; column < columns; ++column) values.push_back(column_value(statement, column));
  return Row(std::move(values));
}

/// Leaves a statement ready for its next use.
struct ResetStatement {
  sqlite3_stmt* statement;
  ~ResetStatement() {
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
  }
};

}  // namespace

Result<std::unique_ptr<SqliteConnection>> SqliteConnection::open(const std::string& path, Mode mode,
                                                                 std::chrono::milliseconds busy_timeout) {
  std::unique_ptr<SqliteConnection> connection(new SqliteConnection(path));
  sqlite3* handle = nullptr;
  // A reader too is opened for writing: in WAL mode it takes part in the shared index. query_only holds it back.
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  const int code = sqlite3_open_v2(path.c_str(), &handle, flags, nullptr);
  connection->x_handle.reset(handle);
  if (code != SQLITE_OK) return connection->failure(code, "open");
  sqlite3_busy_timeout(handle, static_cast<int>(busy_timeout.count()));
  if (sqlite3_db_readonly(handle, "main") == 1) return connection->failure(SQLITE_READONLY, "open");
  PIER_CHECK(connection->use_log(busy_timeout));
  PIER_CHECK(
      connection->script("PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"
                         "PRAGMA trusted_schema = OFF; PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY;"));
  if (mode == Mode::kReader) PIER_CHECK(connection->script("PRAGMA query_only = ON;"));
  return connection;
}

/// SQLite does not wait by itself when several switch a new file at the same moment.
Result<void> SqliteConnection::use_log(std::chrono::milliseconds busy_timeout) {
  const auto end = std::chrono::steady_clock::now() + busy_timeout;
  while (true) {
    Result<void> done = script("PRAGMA journal_mode = WAL");
    if (done || done.error().code != ErrorCode::kOverloaded || std::chrono::steady_clock::now() > end) return done;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

Failure SqliteConnection::failure(int code, std::string_view sql) const {
  const Reason reason = reason_of(code);
  const int os_error = sqlite3_system_errno(x_handle.get());
  std::string detail = std::string(sqlite3_errmsg(x_handle.get())) + " [" + sqlite3_errstr(code) + ", code " +
                       std::to_string(code) + "] in: " + std::string(sql.substr(0, 400));
  const int primary = code & 0xff;
  const bool io = primary == SQLITE_IOERR || primary == SQLITE_CANTOPEN;
  if (io && (os_error == ENOSPC || os_error == EDQUOT)) return failure(SQLITE_FULL, sql);
  if (io && os_error == EROFS) return failure(SQLITE_READONLY, sql);
  return fail(reason.code, "records in " + display_text(x_path) + ": " + reason.text, std::move(detail));
}

Result<sqlite3_stmt*> SqliteConnection::prepared(std::string_view sql) {
  const std::string text(sql);
  if (const auto found = x_statements.find(text); found != x_statements.end()) return found->second.get();
  sqlite3_stmt* raw = nullptr;
  const char* rest = nullptr;
  const int code = sqlite3_prepare_v3(x_handle.get(), text.c_str(), static_cast<int>(text.size()) + 1,
                                      SQLITE_PREPARE_PERSISTENT, &raw, &rest);
  Statement statement(raw);
  if (code != SQLITE_OK) return failure(code, sql);
  if (raw == nullptr || std::string_view(rest).find_first_not_of(" \t\r\n;") != std::string_view::npos) {
    return fail(ErrorCode::kInternal, "a query must be exactly one SQL statement", text);
  }
  if (x_statements.size() >= kCachedStatements) {
    std::erase_if(x_statements, [](const auto& entry) { return sqlite3_stmt_busy(entry.second.get()) == 0; });
  }
  return x_statements.emplace(text, std::move(statement)).first->second.get();
}

Result<void> SqliteConnection::bind(sqlite3_stmt* statement, std::span<const Param> params) {
  const std::string_view sql = sqlite3_sql(statement);
  // SQLite numbers "$2", "$1" by first appearance, PostgreSQL by their digits: bind by name.
  if (sqlite3_bind_parameter_count(statement) != static_cast<int>(params.size())) {
    return fail(ErrorCode::kInternal,
                "a statement got " + std::to_string(params.size()) + " parameters, it wants " +
                    std::to_string(sqlite3_bind_parameter_count(statement)),
                std::string(sql));
  }
  for (size_t number = 1; number <= params.size(); ++number) {
    const std::string name = "$" + std::to_string(number);
    const int index = sqlite3_bind_parameter_index(statement, name.c_str());
    if (index == 0) return fail(ErrorCode::kInternal, "a statement has no parameter " + name, std::string(sql));
    const int code = bind_one(statement, index, params[number - 1].content());
    if (code != SQLITE_OK) return failure(code, sql);
  }
  return {};
}

Result<int64_t> SqliteConnection::execute(std::string_view sql, std::span<const Param> params,
                                          const std::function<bool(const Row&)>& visit) {
  PIER_TRY(sqlite3_stmt* const statement, prepared(sql));
  if (sqlite3_stmt_busy(statement) != 0) {
    return fail(ErrorCode::kInternal, "a statement was started again before it had ended", std::string(sql));
  }
  const ResetStatement reset{statement};
  PIER_CHECK(bind(statement, params));
  int code = sqlite3_step(statement);
  while (code == SQLITE_ROW) {
    if (visit && !visit(current_row(statement))) return 0;
    code = sqlite3_step(statement);
  }
  if (code != SQLITE_DONE) return failure(code, sql);
  return sqlite3_stmt_readonly(statement) != 0 ? 0 : sqlite3_changes64(x_handle.get());
}

Result<void> SqliteConnection::script(std::string_view sql) {
  const std::string text(sql);
  const int code = sqlite3_exec(x_handle.get(), text.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return failure(code, sql);
  return {};
}

}  // namespace pier::database::impl
