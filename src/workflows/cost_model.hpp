#pragma once
// From measured runs to what a group of tasks will take. Arithmetic without records.

#include <span>
#include <vector>

#include <pier/jobs/measured.hpp>
#include <pier/jobs/outlook.hpp>

#include "schedule.hpp"

namespace pier::workflows::impl {

/// Three steps, the first that is known: runs of the kind and class, or of the same class coded more or less densely;
/// runs of the kind, held against the formula; the formula.
class CostModel {
 public:
  explicit CostModel(std::vector<jobs::Measured> measured) : x_measured(std::move(measured)) {}

  /// Sets what a task of the group takes, and how well that is known.
  void price(TaskGroup& group) const;

 private:
  const jobs::Measured* of_class(const TaskGroup& group, int& apart) const;

  std::vector<jobs::Measured> x_measured;  // by kind, then class
};

/// What a job has shown of itself: where its done tasks took more or less than the model says, its other tasks will,
/// the surer the more there were.
class OwnRate {
 public:
  OwnRate(const CostModel& model, std::span<const jobs::TasksAlike> done);
  void correct(TaskGroup& group) const;

 private:
  struct Seen {
    std::string kind, cost_class;
    double factor = 1;  // CPU time over what the model says
    double tasks = 0;
  };
  std::vector<Seen> x_seen;
  double x_stretch = 1;  // wall over CPU time, over what the model says
};

/// A group of `alike`, priced by nobody yet.
TaskGroup group_of(const jobs::TasksAlike& alike, size_t job);

/// For a running task, priced as a whole: what is left of it.
void leave_rest(TaskGroup& group);

}  // namespace pier::workflows::impl
