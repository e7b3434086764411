#include "cost_model.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "costs.hpp"

namespace pier::workflows::impl {
namespace {

constexpr double kFormulaSpread = 0.6;
constexpr double kScaledSpread = 0.35;
constexpr double kSpreadPerDensity = 0.1;  // of a class coded twice or half as densely, which its work allows for
constexpr int kFarthestDensity = 12;
constexpr double kLeastLeft = 0.15;     // of a running task, whatever it took already
constexpr double kSpreadInJob = 0.15;   // of tasks of one class in one job
constexpr double kSpreadOfLoad = 0.25;  // of how busy machines are, from one job to the next

/// How far so many tasks of a job count against what was known before: the less that is worth, the more.
double trust(double tasks, double spread) {
  const double before = spread * spread, own = kSpreadInJob * kSpreadInJob / std::max(1e-9, tasks);
  return before / (before + own);
}

/// What the model says of tasks that are done.
TaskGroup as_foreseen(const CostModel& model, const jobs::TasksAlike& done) {
  TaskGroup group = group_of(done, 0);
  model.price(group);
  return group;
}

}  // namespace

const jobs::Measured* CostModel::of_class(const TaskGroup& group, int& apart) const {
  const jobs::Measured* nearest = nullptr;
  const ClassParts wanted = parts_of_class(group.cost_class);
  for (const jobs::Measured& measured : x_measured) {
    if (measured.kind != group.kind || measured.cost_class.empty() || measured.weight <= 0) continue;
    const ClassParts parts = parts_of_class(measured.cost_class);
    if (parts.before != wanted.before) continue;
    const int distance = std::abs(parts.density - wanted.density);
    if (distance > kFarthestDensity || (nearest != nullptr && distance >= apart)) continue;
    nearest = &measured;
    apart = distance;
  }
  return nearest;
}

void CostModel::price(TaskGroup& group) const {
  int apart = 0;
  const jobs::Measured* measured = group.cost_class.empty() ? nullptr : of_class(group, apart);
  double amount = group.work;
  group.basis = Basis::kMeasured;
  double doubt = kSpreadPerDensity * apart;
  if (measured == nullptr) {
    const auto kind = std::ranges::find_if(x_measured, [&](const jobs::Measured& one) {
      return one.kind == group.kind && one.cost_class.empty() && one.weight > 0;
    });
    group.basis = kind == x_measured.end() ? Basis::kFormula : Basis::kScaled;
    measured = kind == x_measured.end() ? nullptr : &*kind;
    amount = group.cost;
    doubt = kScaledSpread;
  }
  if (measured == nullptr) {
    group.cpu_seconds = group.wall_seconds = group.cost;
    group.spread = kFormulaSpread;
    return;
  }
  const jobs::Estimate cpu = measured->cpu_seconds(amount);
  group.cpu_seconds = cpu.value;
  group.wall_seconds = group.cpu_seconds * measured->stretch();
  group.spread = std::hypot(cpu.spread, doubt);
  if (const double writes = measured->written_bytes(amount); writes > 0) group.writes_bytes = writes;
}

OwnRate::OwnRate(const CostModel& model, std::span<const jobs::TasksAlike> done) {
  double wall = 0, foreseen_wall = 0, all = 0;
  for (const jobs::TasksAlike& alike : done) {
    const TaskGroup group = as_foreseen(model, alike);
    const auto tasks = static_cast<double>(alike.tasks);
    const double foreseen = group.cpu_seconds * tasks;
    if (foreseen <= 0 || alike.cpu_seconds <= 0) continue;
    const double factor = std::clamp(alike.cpu_seconds / foreseen, 0.1, 10.0);
    x_seen.push_back({alike.kind, alike.cost_class, 1 + (factor - 1) * trust(tasks, group.spread), tasks});
    wall += alike.wall_seconds;
    foreseen_wall += alike.cpu_seconds * group.wall_seconds / group.cpu_seconds;
    all += tasks;
  }
  if (foreseen_wall > 0) x_stretch = 1 + (std::clamp(wall / foreseen_wall, 0.2, 5.0) - 1) * trust(all, kSpreadOfLoad);
}

void OwnRate::correct(TaskGroup& group) const {
  group.wall_seconds *= x_stretch;
  const auto seen = std::ranges::find_if(
      x_seen, [&](const Seen& one) { return one.kind == group.kind && one.cost_class == group.cost_class; });
  if (seen == x_seen.end()) return;
  group.wall_seconds *= seen->factor;
  group.cpu_seconds *= seen->factor;
  group.spread /= std::sqrt(1 + seen->tasks);
}

TaskGroup group_of(const jobs::TasksAlike& alike, size_t job) {
  const auto tasks = static_cast<double>(std::max<int64_t>(1, alike.tasks));
  TaskGroup group;
  group.job = job;
  group.kind = alike.kind;
  group.cost_class = alike.cost_class;
  group.count = alike.tasks;
  group.work = alike.work / tasks;
  group.cost = alike.cost / tasks;
  group.priority = alike.priority;
  group.memory_bytes = alike.memory_bytes;
  group.tags = alike.tags;
  group.writes_bytes = static_cast<double>(alike.writes_bytes) / tasks;
  group.progress = alike.progress;
  group.elapsed_seconds = alike.wall_seconds;
  return group;
}

void leave_rest(TaskGroup& group) {
  const double whole = group.wall_seconds;
  double left = std::max(whole - group.elapsed_seconds, kLeastLeft * whole);
  if (group.progress > 0) {
    // The farther it is, the more its own pace counts.
    const double own = group.elapsed_seconds / group.progress;
    left = (1 - group.progress) * (group.progress * own + (1 - group.progress) * whole);
  }
  group.wall_seconds = left;
  group.cpu_seconds *= whole > 0 ? std::min(1.0, left / whole) : 0;
  group.running = true;
}

}  // namespace pier::workflows::impl
