#pragma once
// What tasks cost so far, by kind and class: the memory behind forecasts and behind what a new task declares.
//
// A class is a short text of whatever decides the cost of one unit of work (a picture, a second, a megabyte): tasks of
// equal kind and class that differ in the amount of work lie on one line. A run is kept in the transaction that
// completes its task, as sums in which each older run counts for a little less; a class stays one row however often it
// runs. Several workers may add to a row at once. Free functions without state.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <pier/core/result.hpp>
#include <pier/jobs/queue.hpp>

namespace pier::jobs {

/// One attempt that completed its task.
struct Run {
  double wall_seconds = 0;
  double cpu_seconds = 0;  // of all its threads; what has none of its own says its wall time
  uint64_t peak_bytes = 0;
  uint64_t written_bytes = 0;
};

/// A value and how far single runs lie from it (standard deviation, as a share of the value).
struct Estimate {
  double value = 0;
  double spread = 0;
};

/// All runs of one kind and class.
struct Measured {
  std::string kind;
  std::string cost_class;  // empty: of the whole kind, with planned cost as its work
  int64_t runs = 0;
  double weight = 0, work = 0, work_work = 0, cpu = 0, work_cpu = 0, cpu_cpu = 0, written = 0;
  double late_wall = 0, late_cpu = 0;
  uint64_t peak_bytes = 0;

  /// CPU seconds of a task with so much work: the line of least squares through the runs, which neither falls nor
  /// begins below zero; proportional to the work while all runs were alike.
  Estimate cpu_seconds(double work) const;
  /// Wall over CPU seconds of the last few runs.
  double stretch() const;
  double written_bytes(double work) const;
};

/// The whole table, some hundred rows.
Result<std::vector<Measured>> measured_runs(Session& session);
Result<std::optional<Measured>> measured_class(Session& session, std::string_view kind, std::string_view cost_class);

/// Adds a completed run of `task` to its class and kind, and notes its CPU time with the task. Memory beyond what was
/// measured before is declared by the waiting tasks of the class as well. Call it last in the transaction. A task that
/// says no class is left out; one that ran with other settings than planned tells of its memory alone.
Result<void> record_run(Transaction& tx, const TaskRow& task, const Run& run);

/// A task of this class was seen to hold so much, whether or not it ended well.
Result<void> record_peak(Transaction& tx, std::string_view kind, std::string_view cost_class, uint64_t peak_bytes);

/// What a task declares: the greatest measured peak with a margin once there are enough runs, until then what was
/// planned, but never less than was measured.
uint64_t memory_to_declare(uint64_t planned, const std::optional<Measured>& measured);

}  // namespace pier::jobs
