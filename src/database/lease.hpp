#pragma once
// A connection inside a transaction. The destructor rolls back what was not committed and gives the connection back.

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include <pier/core/clock.hpp>
#include <pier/core/result.hpp>
#include <pier/database/database.hpp>
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
  /// A query whose rows are not held together in memory.
  virtual Result<void> stream(std::string_view sql, std::span<const Param> params,
                              const std::function<bool(const Row&)>& visit) = 0;
  virtual Result<void> commit() = 0;

  // Where there is one writer all rows and names are held from the start.
  virtual std::string locking(RowLock /*lock*/, std::string_view /*of*/, IfHeld /*held*/) const { return {}; }
  virtual Result<bool> hold(std::string_view /*name*/, IfHeld /*held*/) { return true; }
  virtual bool clashed() const { return false; }

 private:
  WallTime x_now;
};

}  // namespace pier::database::impl
