#include "costs.hpp"

#include <ctime>

namespace pier::analysis::impl {

int64_t thread_cpu_ns() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<int64_t>(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
}

size_t Costs::entry(std::string name) {
  x_entries.emplace_back(std::move(name));
  return x_entries.size() - 1;
}

void Costs::add(size_t entry, int64_t cpu_ns, int64_t frames) {
  x_entries[entry].cpu_ns += cpu_ns;
  x_entries[entry].frames += frames;
}

std::vector<AnalysisCost> Costs::list() const {
  std::vector<AnalysisCost> costs;
  for (const Entry& entry : x_entries) costs.push_back({entry.name, entry.frames, entry.cpu_ns});
  return costs;
}

}  // namespace pier::analysis::impl
