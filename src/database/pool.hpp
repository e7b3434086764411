#pragma once
// A few connections, opened when first needed.

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <pier/core/bytes.hpp>
#include <pier/core/result.hpp>

namespace pier::database::impl {

/// Thread-safe.
template <typename T>
class Pool {
 public:
  using Opener = std::function<Result<std::unique_ptr<T>>()>;

  Pool(std::string where, Opener opener, size_t size, std::chrono::milliseconds timeout)
      : x_where(std::move(where)), x_opener(std::move(opener)), x_size(std::max<size_t>(size, 1)), x_timeout(timeout) {}

  /// An idle connection, or a new one; kOverloaded when none is free in time.
  Result<std::unique_ptr<T>> take() {
    std::unique_lock lock(x_mutex);
    const auto ready = [this] { return !x_idle.empty() || x_open < x_size; };
    if (!x_freed.wait_for(lock, x_timeout, ready)) {
      return fail(ErrorCode::kOverloaded, "records in " + display_text(x_where) + " were busy for " +
                                              std::to_string(x_timeout.count()) + " ms; try again");
    }
    if (!x_idle.empty()) {
      std::unique_ptr<T> connection = std::move(x_idle.back());
      x_idle.pop_back();
      return connection;
    }
    ++x_open;
    lock.unlock();
    auto connection = x_opener();
    if (!connection) give_back(nullptr);
    return connection;
  }

  /// Null: the connection is gone, another may be opened in its place.
  void give_back(std::unique_ptr<T> connection) {
    const std::lock_guard lock(x_mutex);
    if (connection) {
      x_idle.push_back(std::move(connection));
    } else {
      --x_open;
    }
    x_freed.notify_one();
  }

 private:
  const std::string x_where;
  const Opener x_opener;
  const size_t x_size;
  const std::chrono::milliseconds x_timeout;
  std::mutex x_mutex;
  std::condition_variable x_freed;
  std::vector<std::unique_ptr<T>> x_idle;
  size_t x_open = 0;
};

}  // namespace pier::database::impl
