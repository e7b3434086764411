#pragma once
// A connection inside a transaction. The destructor rolls back what was not committed and gives the connection back.

#include <functional>
#include <span>
#include <string_view>

#include <pier/core/clock.hpp>
#include <pier/core/result.hpp>
#include <pier/database/value.hpp>

namespace pier::database::impl {

class Lease {
 public:
  explicit Lease(WallTime now) : x_now(now) {}
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;
  virtual ~Lease() = default;

  WallTime now() const { return x_now; }

  /// `visit` is empty for statements without rows; gives the number of rows changed.
  virtual Result<int64_t> execute(std::string_view sql, std::span<const Param> params,
                                  const std::function<bool(const Row&)>& visit) = 0;
  virtual Result<void> commit() = 0;

 private:
  WallTime x_now;
};

}  // namespace pier::database::impl
