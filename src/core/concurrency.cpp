#include <algorithm>
#include <exception>

#include <pier/core/concurrency.hpp>
#include <pier/core/log.hpp>

namespace pier {
namespace {

void run(const std::function<void()>& work) {
  try {
    work();
  } catch (const std::exception& e) {
    log::error("pool_work_threw", {{"what", e.what()}});
  } catch (...) {
    log::error("pool_work_threw", {{"what", "not a std::exception"}});
  }
}

}  // namespace

ThreadPool::ThreadPool(size_t threads, size_t queue_capacity) : x_queue(queue_capacity) {
  const size_t count = std::max<size_t>(threads, 1);
  x_threads.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    x_threads.emplace_back([this] {
      while (auto work = x_queue.pop()) run(*work);
    });
  }
}

ThreadPool::~ThreadPool() {
  x_queue.close();
  x_threads.clear();  // joins
}

bool ThreadPool::try_submit(std::function<void()> work) {
  return x_queue.try_push(std::move(work));
}

bool ThreadPool::submit(std::function<void()> work) {
  return x_queue.push(std::move(work));
}

}  // namespace pier
