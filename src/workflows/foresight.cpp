#include "foresight.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include <pier/jobs/workers.hpp>

namespace pier::workflows::impl {
namespace {

constexpr size_t kJobsApart = 200;  // older and newer ones than these are played as one job of their organisation
constexpr double kTenth = 1.2816;   // standard deviations to the tenth and ninetieth percentile
constexpr double kMostlyMeasured = 0.8;

/// Kinds of tasks, those of the same job each waits for, and the one whose end adds it. Which one of several is not
/// looked at: they are done at about the same time.
struct Step {
  std::string_view kind;
  std::string_view added_by;  // empty: there from the beginning
  std::array<std::string_view, 7> after;
};
constexpr std::array kSteps{
    Step{"probe", "", {}},
    Step{"copy", "probe", {"probe"}},
    Step{"scan", "probe", {"probe", "copy"}},
    Step{"split", "probe", {"probe", "scan"}},
    Step{"part", "split", {"probe", "split"}},
    Step{"analyse", "probe", {"probe", "copy", "scan", "split", "part"}},
    Step{"judge", "probe", {"probe", "copy", "part", "analyse"}},
    Step{"steer", "probe", {"probe", "analyse", "judge"}},
    Step{"trial", "steer", {"probe", "analyse", "steer"}},
    Step{"plan", "probe", {"probe", "analyse", "judge", "steer", "trial"}},
    Step{"calibrate", "plan", {"probe", "analyse", "plan"}},
    Step{"encode", "plan", {"probe", "analyse", "plan", "calibrate"}},
    Step{"sound", "plan", {"probe", "analyse", "plan"}},
    Step{"assemble", "plan", {"encode"}},
    Step{"verify", "plan", {"encode", "assemble"}},
    Step{"verify_sound", "plan", {"sound"}},
    Step{"text", "plan", {"probe", "analyse", "plan"}},
    Step{"verify_text", "plan", {"text"}},
    Step{"publish_first", "plan", {"sound", "verify_sound", "text", "verify_text"}},
    Step{"publish", "plan", {"encode", "sound", "assemble", "verify", "verify_sound", "text", "verify_text"}},
    Step{"check", "", {}},
    Step{"fixity", "", {}},
    Step{"verified", "", {"check", "fixity"}},
};
constexpr std::string_view kPlanned = "encode";  // of what only the plan adds

size_t place_of(std::string_view kind) {
  for (size_t i = 0; i < kSteps.size(); i++) {
    if (kSteps[i].kind == kind) return i;
  }
  return kSteps.size();
}

/// Are tasks of this kind still to be added to a job that now has tasks of these kinds?
bool will_be_added(std::string_view kind, const std::vector<std::string_view>& have) {
  const size_t place = place_of(kind);
  if (place == kSteps.size() || kSteps[place].added_by.empty()) return false;
  return std::ranges::find(have, kSteps[place].added_by) != have.end() || will_be_added(kSteps[place].added_by, have);
}

/// Builds the queue of the arithmetic out of rows.
class Gathered {
 public:
  Gathered(const Outlook& outlook, const OwnShare& own, const std::string& job_id)
      : x_outlook(outlook), x_model(outlook.measured), x_rate(x_model, own.done) {
    number_jobs(job_id);
    x_queue.workers = outlook.workers;
    add_all();
    std::ranges::stable_sort(x_queue.groups, {}, [](const TaskGroup& group) { return place_of(group.kind); });
    tie();
  }

  const Queue& queue() const { return x_queue; }
  size_t job() const { return x_own; }
  /// Is it known what the job will do once it is planned?
  bool known() const { return x_known; }

 private:
  void number_jobs(const std::string& job_id) {
    const auto& jobs = x_outlook.jobs;
    const auto asked = std::ranges::find(jobs, job_id, &jobs::OpenJob::id);
    const auto at = static_cast<size_t>(asked - jobs.begin());
    std::map<std::string, size_t> rest;
    for (size_t i = 0; i < jobs.size(); i++) {
      const bool apart = i == at || i + kJobsApart / 2 >= at ? i <= at + kJobsApart / 2 : false;
      size_t number = x_queue.jobs.size();
      if (!apart) number = rest.try_emplace(jobs[i].organisation, number).first->second;
      if (number == x_queue.jobs.size()) x_queue.jobs.push_back({jobs[i].organisation, jobs[i].weight});
      if (i == at) x_own = number;
      x_numbers[jobs[i].id] = number;
      if (apart) x_apart.push_back(number);
    }
  }

  void add(const jobs::TasksAlike& alike, bool running) {
    const auto number = x_numbers.find(alike.job_id);
    if (number == x_numbers.end()) return;
    TaskGroup group = group_of(alike, number->second);
    x_model.price(group);
    if (group.job == x_own) x_rate.correct(group);
    if (running) leave_rest(group);
    x_queue.groups.push_back(std::move(group));
  }

  void add_all() {
    std::map<std::string, std::vector<std::string_view>> kinds;  // by job: those it has tasks of
    for (const auto* list : {&x_outlook.waiting, &x_outlook.running}) {
      for (const jobs::TasksAlike& alike : *list) {
        add(alike, list == &x_outlook.running);
        kinds[alike.job_id].push_back(alike.kind);
      }
    }
    for (const jobs::OpenJob& job : x_outlook.jobs) {
      const auto& have = kinds[job.id];
      const bool fresh = have.empty() && job.id.empty();  // asked about before it is handed in
      if (!fresh && !will_be_added(kPlanned, have)) continue;
      if (job.expected.is_null() && x_numbers.at(job.id) == x_own) x_known = false;
      for (jobs::TasksAlike& alike : expected_tasks(job.expected)) {
        if (!fresh && !will_be_added(alike.kind, have)) continue;
        alike.job_id = job.id;
        add(alike, false);
      }
    }
  }

  void tie() {
    auto& groups = x_queue.groups;
    for (size_t g = 0; g < groups.size(); g++) {
      const size_t place = place_of(groups[g].kind);
      if (place == kSteps.size() || std::ranges::find(x_apart, groups[g].job) == x_apart.end()) continue;
      for (size_t before = 0; before < g; before++) {
        const auto& after = kSteps[place].after;
        if (groups[before].job == groups[g].job && std::ranges::find(after, groups[before].kind) != after.end())
          groups[g].after.push_back(before);
      }
    }
  }

  const Outlook& x_outlook;
  CostModel x_model;
  OwnRate x_rate;
  Queue x_queue;
  size_t x_own = 0;
  bool x_known = true;
  std::map<std::string, size_t> x_numbers;  // by id
  std::vector<size_t> x_apart;              // jobs whose steps wait for each other
};

Basis basis_of(double measured, double scaled, double all) {
  if (all <= 0 || measured >= kMostlyMeasured * all) return Basis::kMeasured;
  return measured + scaled >= kMostlyMeasured * all ? Basis::kScaled : Basis::kFormula;
}

/// What is still to come of the job, beside what was spent.
void add_up(const Queue& queue, size_t job, Forecast& forecast) {
  std::map<std::pair<std::string, std::string>, double> deviations;
  double measured = 0, scaled = 0, coming = 0;
  for (const TaskGroup& group : queue.groups) {
    if (group.job != job) continue;
    const auto tasks = static_cast<double>(group.count);
    const double seconds = group.cpu_seconds * tasks;
    coming += seconds;
    measured += group.basis == Basis::kMeasured ? seconds : 0;
    scaled += group.basis == Basis::kScaled ? seconds : 0;
    deviations[{group.kind, group.cost_class}] += seconds * group.spread;
    forecast.peak_bytes += group.writes_bytes * tasks;
    if (group.kind != kEncodeTask.name) forecast.kept_bytes += group.writes_bytes * tasks;
  }
  double variance = 0;
  for (const auto& [what, deviation] : deviations) variance += deviation * deviation;
  const double off = kTenth * std::sqrt(variance);
  const double spent = forecast.spent_cpu_seconds;
  forecast.cpu_seconds = {spent + std::max(0.3 * coming, coming - off), spent + coming, spent + coming + off};
  forecast.basis = basis_of(measured, scaled, coming);
  forecast.measured_share = coming > 0 ? measured / coming : 1;
}

double rounded(double value, double step) {
  return std::round(value / step) * step;
}

json::object range(const Amount& amount, double factor, double step) {
  return {{"least", rounded(amount.least * factor, step)},
          {"likely", rounded(amount.likely * factor, step)},
          {"most", rounded(amount.most * factor, step)}};
}

json::object money(const Forecast& forecast, const Prices& prices) {
  const double computing = prices.core_hour / 3600;
  const double storing = forecast.kept_bytes / 1e12 * prices.terabyte_month;
  const Amount& seconds = forecast.cpu_seconds;
  const Amount total{seconds.least * computing + storing, seconds.likely * computing + storing,
                     seconds.most * computing + storing};
  return {{"currency", prices.currency},
          {"computing", range(seconds, computing, 1e-6)},
          {"storage_month", rounded(storing, 1e-6)},
          {"total", range(total, 1, 1e-6)}};
}

}  // namespace

Result<Outlook> read_outlook(Session& session) {
  Outlook outlook;
  PIER_TRY(outlook.jobs, jobs::open_jobs(session));
  PIER_TRY(outlook.waiting, jobs::waiting_tasks(session));
  PIER_TRY(outlook.running, jobs::running_tasks(session));
  PIER_TRY(outlook.measured, jobs::measured_runs(session));
  PIER_TRY(const std::vector<jobs::WorkerRow> workers, jobs::list_workers(session));
  for (const jobs::WorkerRow& worker : workers) {
    if (worker.state == jobs::WorkerState::kActive)
      outlook.workers.push_back({worker.slots, worker.memory_bytes, worker.tags});
  }
  return outlook;
}

Result<OwnShare> read_own_share(Session& session, const std::string& job_id) {
  OwnShare own;
  PIER_TRY(own.done, jobs::done_tasks(session, job_id));
  PIER_TRY(own.stored_bytes, catalogue::bytes_held(session, {"job", job_id}));
  PIER_TRY(own.chunk_bytes, catalogue::bytes_held(session, {"job", job_id}, "chunk"));
  return own;
}

Forecast foresee(const Outlook& outlook, const OwnShare& own, const std::string& job_id) {
  const Gathered gathered(outlook, own, job_id);
  Forecast forecast;
  for (const jobs::TasksAlike& done : own.done) forecast.spent_cpu_seconds += done.cpu_seconds;
  forecast.peak_bytes = static_cast<double>(own.stored_bytes);
  forecast.kept_bytes = static_cast<double>(own.stored_bytes - std::min(own.stored_bytes, own.chunk_bytes));
  forecast.finish = foresee_finish(gathered.queue(), gathered.job());
  if (!gathered.known()) forecast.finish.likely.ends = false;
  add_up(gathered.queue(), gathered.job(), forecast);
  return forecast;
}

json::object to_json(const Forecast& forecast, WallTime now, const std::optional<Prices>& prices) {
  const auto time = [&](double seconds) {
    const auto whole = static_cast<int64_t>(std::round(static_cast<double>(now) / 1e6 + seconds));
    return json::value(to_rfc3339(whole * 1'000'000));
  };
  const Course& course = forecast.finish.likely;
  json::object object{{"position", {{"jobs_ahead", course.jobs_ahead}, {"tasks_ahead", course.tasks_ahead}}},
                      {"starts", nullptr},
                      {"finish", nullptr},
                      {"seconds_left", nullptr},
                      {"core_hours", range(forecast.cpu_seconds, 1.0 / 3600, 1e-5)},
                      {"core_hours_spent", rounded(forecast.spent_cpu_seconds / 3600, 1e-5)},
                      {"peak_bytes", static_cast<int64_t>(forecast.peak_bytes)},
                      {"kept_bytes", static_cast<int64_t>(forecast.kept_bytes)},
                      {"basis", to_string(forecast.basis)},
                      {"measured_share", rounded(forecast.measured_share, 0.01)}};
  if (course.ends) {
    const Finish& finish = forecast.finish;
    object["starts"] = time(course.starts);
    object["finish"] = {
        {"earliest", time(finish.least)}, {"likely", time(course.finish)}, {"latest", time(finish.most)}};
    object["seconds_left"] = range({finish.least, course.finish, finish.most}, 1, 0.1);
  }
  if (prices) object["money"] = money(forecast, *prices);
  return object;
}

}  // namespace pier::workflows::impl
