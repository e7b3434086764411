#pragma once
// One connection to a record engine, as far as migrations need it. One thread at a time.

#include <functional>
#include <span>
#include <string_view>

#include <pier/core/result.hpp>
#include <pier/database/value.hpp>

namespace pier::database::impl {

class Connection {
 public:
  Connection() = default;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  virtual ~Connection() = default;

  /// One statement. `visit` may be empty; gives the number of rows changed (0 for a query).
  virtual Result<int64_t> execute(std::string_view sql, std::span<const Param> params,
                                  const std::function<bool(const Row&)>& visit) = 0;
  /// Several statements without parameters or results of interest.
  virtual Result<void> script(std::string_view sql) = 0;
};

/// The first column of the first row.
Result<int64_t> first_integer(Connection& connection, std::string_view sql);

}  // namespace pier::database::impl
