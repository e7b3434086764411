#pragma once
// CPU time by analyzer, for those who ask.

#include <atomic>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include <pier/analysis/analyse.hpp>

namespace pier::analysis::impl {

/// CPU time of the calling thread, nanoseconds.
int64_t thread_cpu_ns();

/// Entries are added before the threads start; adding time is thread-safe.
class Costs {
 public:
  size_t entry(std::string name);
  void add(size_t entry, int64_t cpu_ns, int64_t frames);
  std::vector<AnalysisCost> list() const;

 private:
  struct Entry {
    explicit Entry(std::string of) : name(std::move(of)) {}
    std::string name;
    std::atomic<int64_t> frames = 0, cpu_ns = 0;
  };
  std::deque<Entry> x_entries;
};

/// Adds the time between construction and destruction; null costs nothing.
class CostTimer {
 public:
  CostTimer(Costs* costs, size_t entry, int64_t frames = 1)
      : x_costs(costs), x_entry(entry), x_frames(frames), x_start(costs != nullptr ? thread_cpu_ns() : 0) {}
  ~CostTimer() {
    if (x_costs != nullptr) x_costs->add(x_entry, thread_cpu_ns() - x_start, x_frames);
  }
  CostTimer(const CostTimer&) = delete;
  CostTimer& operator=(const CostTimer&) = delete;

 private:
  Costs* x_costs;
  size_t x_entry;
  int64_t x_frames;
  int64_t x_start;
};

}  // namespace pier::analysis::impl
