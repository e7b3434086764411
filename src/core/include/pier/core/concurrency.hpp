#pragma once
// The few ways threads meet here: data behind its lock, a bounded queue, a bounded pool.

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include <pier/core/result.hpp>

namespace pier {

/// Data that can be reached only through its lock: `guarded.with([](auto& data) { ... })`.
template <typename T>
class Guarded {
 public:
  Guarded() = default;
  explicit Guarded(T value) : x_value(std::move(value)) {}
  template <typename F>
  decltype(auto) with(F&& function) {
    std::lock_guard lock(x_mutex);
    return std::forward<F>(function)(x_value);
  }
  template <typename F>
  decltype(auto) with(F&& function) const {
    std::lock_guard lock(x_mutex);
    return std::forward<F>(function)(std::as_const(x_value));
  }

 private:
  mutable std::mutex x_mutex;
  T x_value{};
};

/// The first error of threads that work together; later ones are its consequences. Thread-safe.
class FirstError {
 public:
  void set(Error error) {
    x_error.with([&](std::optional<Error>& first) {
      if (!first) first = std::move(error);
    });
    x_failed = true;
  }
  bool failed() const { return x_failed; }
  std::optional<Error> get() const {
    return x_error.with([](const std::optional<Error>& first) { return first; });
  }

 private:
  Guarded<std::optional<Error>> x_error;
  std::atomic<bool> x_failed = false;
};

/// Bounded, many writers, many readers. close() wakes all: push then gives false, pop empties the queue, then nullopt.
template <typename T>
class BoundedQueue {
 public:
  explicit BoundedQueue(size_t capacity) : x_capacity(capacity == 0 ? 1 : capacity) {}

  bool push(T value) {
    std::unique_lock lock(x_mutex);
    x_space.wait(lock, [this] { return x_closed || x_items.size() < x_capacity; });
    if (x_closed) return false;
    x_items.push_back(std::move(value));
    x_ready.notify_one();
    return true;
  }
  bool try_push(T value) {
    std::lock_guard lock(x_mutex);
    if (x_closed || x_items.size() >= x_capacity) return false;
    x_items.push_back(std::move(value));
    x_ready.notify_one();
    return true;
  }
  std::optional<T> pop() {
    std::unique_lock lock(x_mutex);
    x_ready.wait(lock, [this] { return x_closed || !x_items.empty(); });
    if (x_items.empty()) return std::nullopt;
    std::optional<T> value(std::move(x_items.front()));
    x_items.pop_front();
    x_space.notify_one();
    return value;
  }
  void close() {
    std::lock_guard lock(x_mutex);
    x_closed = true;
    x_space.notify_all();
    x_ready.notify_all();
  }

 private:
  const size_t x_capacity;
  std::mutex x_mutex;
  std::condition_variable x_space, x_ready;
  std::deque<T> x_items;
  bool x_closed = false;
};

/// A fixed number of threads and a bounded queue of work. The destructor finishes what was accepted. What a
/// piece of work throws is logged and goes no further.
class ThreadPool {
 public:
  ThreadPool(size_t threads, size_t queue_capacity);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;
  /// False when the queue is full or the pool is closing: the caller sheds load.
  bool try_submit(std::function<void()> work);
  /// Waits for space.
  bool submit(std::function<void()> work);

 private:
  BoundedQueue<std::function<void()>> x_queue;
  std::vector<std::jthread> x_threads;
};

}  // namespace pier
