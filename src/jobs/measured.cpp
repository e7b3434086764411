#include <algorithm>
#include <cmath>

#include <pier/jobs/measured.hpp>

#include "rows.hpp"

namespace pier::jobs {
namespace {

constexpr double kKept = 0.98;        // weight of a run when another has come: some fifty count
constexpr double kKeptLate = 0.8;     // the same of how busy machines are: some five
constexpr double kWorkVaries = 0.05;  // share of the mean work by which runs must differ before a line is drawn
constexpr double kLeastSpread = 0.03;
constexpr double kSpreadOfOneRun = 0.25;
constexpr int64_t kEnoughRuns = 3;
constexpr double kMemoryMargin = 1.2;

constexpr std::string_view kColumns =
    "kind, cost_class, runs, weight, work, work_work, cpu, work_cpu, cpu_cpu, written, late_wall, late_cpu, peak_bytes";

Measured measured_from(const database::Row& row) {
  Measured measured;
  measured.kind = row.text(0);
  measured.cost_class = row.text(1);
  measured.runs = row.integer(2);
  measured.weight = row.real(3);
  measured.work = row.real(4);
  measured.work_work = row.real(5);
  measured.cpu = row.real(6);
  measured.work_cpu = row.real(7);
  measured.cpu_cpu = row.real(8);
  measured.written = row.real(9);
  measured.late_wall = row.real(10);
  measured.late_cpu = row.real(11);
  measured.peak_bytes = static_cast<uint64_t>(row.integer(12));
  return measured;
}

/// "x = measured_runs.x * keep + excluded.x, ..."
std::string kept_and_added() {
  const auto sum = [](const char* column, const char* kept) {
    return std::string(column) + " = measured_runs." + column + " * " + kept + " + excluded." + column + ", ";
  };
  std::string text;
  for (const char* column : {"weight", "work", "work_work", "cpu", "work_cpu", "cpu_cpu", "written"})
    text += sum(column, "$10");
  for (const char* column : {"late_wall", "late_cpu"}) text += sum(column, "$11");
  return text;
}

Result<void> add_run(Transaction& tx, std::string_view kind, std::string_view cost_class, double work, const Run& run) {
  static const std::string kSql =
      "INSERT INTO measured_runs (kind, cost_class, runs, weight, work, work_work, cpu, work_cpu, cpu_cpu, written,"
      " late_wall, late_cpu, peak_bytes, updated) VALUES ($1, $2, 1, 1, $3, $4, $5, $6, $7, $8, $9, $5, $12, $13)"
      " ON CONFLICT (kind, cost_class) DO UPDATE SET " +
      kept_and_added() +
      "runs = measured_runs.runs + 1, updated = excluded.updated, peak_bytes ="
      " CASE WHEN excluded.peak_bytes > measured_runs.peak_bytes THEN excluded.peak_bytes"
      " ELSE measured_runs.peak_bytes END";
  const double cpu = run.cpu_seconds;
  PIER_CHECK(tx.run(
      kSql, {kind, cost_class, work, work * work, cpu, work * cpu, cpu * cpu, static_cast<double>(run.written_bytes),
             run.wall_seconds, kKept, kKeptLate, run.peak_bytes, tx.now()}));
  return {};
}

/// What waits to be run declares what is now known. Whoever was not measured yet keeps what was planned where that is
/// more.
Result<void> raise_waiting(Transaction& tx, std::string_view kind, std::string_view cost_class, uint64_t bytes) {
  PIER_CHECK(
      tx.run("UPDATE tasks SET memory_bytes = $3 WHERE kind = $1 AND cost_class = $2 AND memory_bytes < $3"
             " AND state IN ('blocked', 'ready') AND job_id IN (SELECT id FROM jobs WHERE state IN"
             " ('queued', 'running'))",
             {kind, cost_class, bytes}));
  return {};
}

Result<void> raise_when_more(Transaction& tx, std::string_view kind, std::string_view cost_class, uint64_t peak_bytes) {
  PIER_TRY(std::optional<Measured> before, measured_class(tx, kind, cost_class));
  if (before && before->peak_bytes >= peak_bytes) return {};
  Measured after = before.value_or(Measured());
  after.peak_bytes = peak_bytes;
  after.runs += 1;
  return raise_waiting(tx, kind, cost_class, memory_to_declare(0, after));
}

double checked(double seconds) {
  return std::isfinite(seconds) ? std::max(0.0, seconds) : 0.0;
}

}  // namespace

Estimate Measured::cpu_seconds(double amount) const {
  if (weight <= 0) return {};
  const double mean_work = work / weight, mean_cpu = cpu / weight;
  const double work_variance = std::max(0.0, work_work / weight - mean_work * mean_work);
  const double covariance = work_cpu / weight - mean_work * mean_cpu;
  const double ratio = mean_work > 0 ? mean_cpu / mean_work : 0;
  double slope = ratio;
  if (work_variance > std::pow(kWorkVaries * mean_work, 2)) slope = std::clamp(covariance / work_variance, 0.0, ratio);
  const double cpu_variance = std::max(0.0, cpu_cpu / weight - mean_cpu * mean_cpu);
  const double rest = std::max(0.0, cpu_variance - 2 * slope * covariance + slope * slope * work_variance);
  Estimate estimate;
  estimate.value = std::max(0.0, mean_cpu + slope * (amount - mean_work));
  const double seen = mean_cpu > 0 ? std::sqrt(rest) / mean_cpu : 0;
  estimate.spread = std::hypot(std::max(kLeastSpread, seen), kSpreadOfOneRun / std::sqrt(weight));
  return estimate;
}

double Measured::stretch() const {
  return late_cpu > 0 ? late_wall / late_cpu : 1;
}

double Measured::written_bytes(double amount) const {
  return work > 0 ? written / work * amount : 0;
}

Result<std::vector<Measured>> measured_runs(Session& session) {
  static const std::string kSql = impl::select(kColumns, "measured_runs ORDER BY kind, cost_class");
  PIER_TRY(const auto rows, session.all(kSql));
  std::vector<Measured> all;
  all.reserve(rows.size());
  for (const database::Row& row : rows) all.push_back(measured_from(row));
  return all;
}

Result<std::optional<Measured>> measured_class(Session& session, std::string_view kind, std::string_view cost_class) {
  static const std::string kSql = impl::select(kColumns, "measured_runs WHERE kind = $1 AND cost_class = $2");
  PIER_TRY(const auto row, session.one(kSql, {kind, cost_class}));
  if (!row) return std::optional<Measured>();
  return std::optional(measured_from(*row));
}

Result<void> record_run(Transaction& tx, const TaskRow& task, const Run& given) {
  Run run = given;
  run.wall_seconds = checked(run.wall_seconds);
  run.cpu_seconds = checked(run.cpu_seconds);
  PIER_CHECK(tx.run("UPDATE tasks SET cpu_seconds = $2 WHERE id = $1", {task.id, run.cpu_seconds}));
  if (task.cost_class.empty()) return {};
  if (!task.settings.is_null()) return record_peak(tx, task.kind, task.cost_class, run.peak_bytes);
  PIER_CHECK(raise_when_more(tx, task.kind, task.cost_class, run.peak_bytes));
  // In this order everywhere: workers that complete tasks of one kind at once wait for each other, not in a circle.
  PIER_CHECK(add_run(tx, task.kind, task.cost_class, task.work, run));
  return add_run(tx, task.kind, "", task.cost, run);
}

Result<void> record_peak(Transaction& tx, std::string_view kind, std::string_view cost_class, uint64_t peak_bytes) {
  if (cost_class.empty() || peak_bytes == 0) return {};
  PIER_CHECK(raise_when_more(tx, kind, cost_class, peak_bytes));
  PIER_CHECK(
      tx.run("INSERT INTO measured_runs (kind, cost_class, runs, weight, work, work_work, cpu, work_cpu, cpu_cpu,"
             " written, late_wall, late_cpu, peak_bytes, updated) VALUES ($1, $2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, $3, $4)"
             " ON CONFLICT (kind, cost_class) DO UPDATE SET updated = excluded.updated, peak_bytes ="
             " CASE WHEN excluded.peak_bytes > measured_runs.peak_bytes THEN excluded.peak_bytes"
             " ELSE measured_runs.peak_bytes END",
             {kind, cost_class, peak_bytes, tx.now()}));
  return {};
}

uint64_t memory_to_declare(uint64_t planned, const std::optional<Measured>& measured) {
  if (!measured || measured->peak_bytes == 0) return planned;
  const auto peak = static_cast<double>(measured->peak_bytes);
  if (measured->runs >= kEnoughRuns) return static_cast<uint64_t>(peak * kMemoryMargin);
  return std::max(planned, measured->peak_bytes);
}

}  // namespace pier::jobs
