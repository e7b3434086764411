#pragma once
// One SQLite connection with its prepared statements. One thread at a time.

#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include <sqlite3.h>

#include <pier/core/result.hpp>
#include <pier/database/value.hpp>

#include "connection.hpp"

namespace pier::database::impl {

class SqliteConnection final : public Connection {
 public:
  enum class Mode { kWriter, kReader };
  static Result<std::unique_ptr<SqliteConnection>> open(const std::string& path, Mode mode,
                                                        std::chrono::milliseconds busy_timeout);

  Result<int64_t> execute(std::string_view sql, std::span<const Param> params,
                          const std::function<bool(const Row&)>& visit) override;
  Result<void> script(std::string_view sql) override;
  bool in_transaction() const { return sqlite3_get_autocommit(x_handle.get()) == 0; }

 private:
  Result<void> use_log(std::chrono::milliseconds busy_timeout);
  struct CloseHandle {
    void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
  };
  struct FinalizeStatement {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  using Handle = std::unique_ptr<sqlite3, CloseHandle>;
  using Statement = std::unique_ptr<sqlite3_stmt, FinalizeStatement>;

  explicit SqliteConnection(std::string path) : x_path(std::move(path)) {}
  Result<sqlite3_stmt*> prepared(std::string_view sql);
  Result<void> bind(sqlite3_stmt* statement, std::span<const Param> params);
  Failure failure(int code, std::string_view sql) const;

  std::string x_path;
  Handle x_handle;
  std::unordered_map<std::string, Statement> x_statements;  // destroyed before the handle
};

}  // namespace pier::database::impl
