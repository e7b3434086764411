#include "schedule.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>
#include <queue>
#include <random>
#include <set>

namespace pier::workflows::impl {
namespace {

constexpr int kCourses = 40;
constexpr int kOutside = 4;              // courses left out at either end: 10 %
constexpr double kMachineSpread = 0.12;  // how busy machines are with other things, all tasks alike
constexpr int64_t kMostPieces = 3000;    // tasks that are played one by one

/// A group while it is played: its tasks are dealt out in pieces of so many.
struct Hand {
  int64_t left = 0;    // pieces not begun
  int64_t open = 0;    // pieces not ended
  int64_t piece = 1;   // tasks in a piece, one after the other in one slot
  double seconds = 0;  // of a piece
  size_t waits = 0;    // groups not ended that it waits for
};

struct Ending {
  double at = 0;
  size_t group = 0, worker = 0;
  bool operator>(const Ending& other) const { return at > other.at; }
};

class Table {
 public:
  Table(const Queue& queue, size_t job, const std::vector<double>& stretch)
      : x_queue(queue), x_job(job), x_free(queue.workers.size()), x_memory(queue.workers.size()) {
    deal(stretch);
    std::map<std::string, size_t> numbers;
    for (const JobInQueue& one : queue.jobs) {
      x_organisations.push_back(numbers.try_emplace(one.organisation, numbers.size()).first->second);
    }
    x_running.resize(numbers.size());
    for (size_t w = 0; w < queue.workers.size(); w++) {
      x_free[w] = queue.workers[w].slots;
      x_memory[w] = queue.workers[w].memory_bytes;
    }
    seat_running();
  }

  Course play() {
    Course course;
    while (true) {
      begin_all(course);
      if (x_endings.empty()) break;
      const Ending ending = x_endings.top();
      x_endings.pop();
      x_now = std::max(x_now, ending.at);
      end(ending);
      if (x_queue.groups[ending.group].job == x_job) course.finish = std::max(course.finish, x_now);
      if (x_of_job == 0) break;
    }
    course.ends = x_of_job == 0;
    course.jobs_ahead = static_cast<int64_t>(x_jobs_ahead.size());
    if (!x_started) course.starts = course.finish;
    return course;
  }

 private:
  void deal(const std::vector<double>& stretch) {
    const auto& groups = x_queue.groups;
    const auto count = static_cast<int64_t>(groups.size());
    const int64_t most = std::max<int64_t>(4, kMostPieces / std::max<int64_t>(1, count));
    x_hands.resize(groups.size());
    x_waiting.resize(groups.size());
    for (size_t g = 0; g < groups.size(); g++) {
      Hand& hand = x_hands[g];
      hand.piece = (groups[g].count + most - 1) / most;
      hand.left = hand.open = hand.piece > 0 ? (groups[g].count + hand.piece - 1) / hand.piece : 0;
      const double tasks = hand.left > 0 ? static_cast<double>(groups[g].count) / static_cast<double>(hand.left) : 0;
      hand.seconds = groups[g].wall_seconds * tasks * (stretch.empty() ? 1 : stretch[g]);
      for (const size_t before : groups[g].after) {
        if (groups[before].count == 0) continue;
        hand.waits++;
        x_waiting[before].push_back(g);
      }
      if (groups[g].job == x_job) x_of_job += hand.open;
    }
  }

  bool takes(size_t worker, const TaskGroup& group) const {
    const Slots& slots = x_queue.workers[worker];
    // As a worker does: what alone wants more than there is, is run alone.
    const bool idle = x_free[worker] == slots.slots;
    return x_free[worker] > 0 && (idle || group.memory_bytes <= x_memory[worker]) &&
           std::ranges::includes(slots.tags, group.tags);
  }

  void begin(size_t group, size_t worker) {
    const TaskGroup& of = x_queue.groups[group];
    x_hands[group].left--;
    x_free[worker]--;
    x_memory[worker] -= std::min(x_memory[worker], of.memory_bytes);
    x_running[x_organisations[of.job]]++;
    x_endings.push({x_now + x_hands[group].seconds, group, worker});
  }

  /// What runs now holds slots, of whichever worker has one.
  void seat_running() {
    for (size_t g = 0; g < x_queue.groups.size(); g++) {
      const TaskGroup& group = x_queue.groups[g];
      if (!group.running || x_hands[g].left == 0) continue;
      if (group.job != x_job) tell_ahead(group);
      size_t worker = 0;
      for (size_t w = 0; w < x_free.size(); w++) {
        if (x_free[w] > x_free[worker]) worker = w;
      }
      if (x_free.empty()) continue;
      begin(g, worker);
    }
  }

  void tell_ahead(const TaskGroup& group) {
    x_ahead += group.running ? 1 : 0;
    x_jobs_ahead.insert(group.job);
  }

  void end(const Ending& ending) {
    const TaskGroup& group = x_queue.groups[ending.group];
    x_free[ending.worker]++;
    const uint64_t all = x_queue.workers[ending.worker].memory_bytes;
    x_memory[ending.worker] = std::min(
        all, all - x_memory[ending.worker] < group.memory_bytes ? all : x_memory[ending.worker] + group.memory_bytes);
    x_running[x_organisations[group.job]]--;
    if (group.job == x_job) x_of_job--;
    if (--x_hands[ending.group].open > 0) return;
    for (const size_t next : x_waiting[ending.group]) x_hands[next].waits--;
  }

  /// Is `a` served before `b`?
  bool before(size_t a, size_t b) {
    const TaskGroup &one = x_queue.groups[a], &two = x_queue.groups[b];
    const size_t first = x_organisations[one.job], second = x_organisations[two.job];
    if (first != second) {
      const double share = x_running[first] / x_queue.jobs[one.job].weight;
      const double other = x_running[second] / x_queue.jobs[two.job].weight;
      if (share != other) return share < other;
    }
    if (one.priority != two.priority) return one.priority > two.priority;
    if (one.job != two.job) return one.job < two.job;
    return one.cost != two.cost ? one.cost > two.cost : a < b;
  }

  void begin_all(Course& course) {
    for (bool begun = true; begun;) {
      begun = false;
      for (size_t worker = 0; worker < x_free.size(); worker++) {
        const size_t best = first_for(worker);
        if (best == x_queue.groups.size()) continue;
        const TaskGroup& group = x_queue.groups[best];
        if (group.job == x_job && !x_started) {
          x_started = true;
          course.starts = x_now;
          course.tasks_ahead = x_ahead;
        } else if (group.job != x_job && !x_started) {
          x_ahead += x_hands[best].piece;
          x_jobs_ahead.insert(group.job);
        }
        begin(best, worker);
        begun = true;
      }
    }
  }

  size_t first_for(size_t worker) {
    size_t best = x_queue.groups.size();
    if (x_free[worker] <= 0) return best;
    for (size_t g = 0; g < x_queue.groups.size(); g++) {
      if (x_hands[g].left == 0 || x_hands[g].waits > 0 || !takes(worker, x_queue.groups[g])) continue;
      if (best == x_queue.groups.size() || before(g, best)) best = g;
    }
    return best;
  }

  const Queue& x_queue;
  const size_t x_job;
  double x_now = 0;
  int64_t x_of_job = 0;  // pieces of the job not ended
  std::vector<Hand> x_hands;
  std::vector<std::vector<size_t>> x_waiting;  // by group: those that wait for it
  std::vector<int64_t> x_free;                 // slots, by worker
  std::vector<uint64_t> x_memory;
  std::vector<size_t> x_organisations;  // by job
  std::vector<double> x_running;        // tasks, by organisation
  std::priority_queue<Ending, std::vector<Ending>, std::greater<>> x_endings;
  bool x_started = false;
  int64_t x_ahead = 0;
  std::set<size_t> x_jobs_ahead;
};

/// Normally distributed numbers that are the same in every run and with every library.
class Normal {
 public:
  double next() {
    const double radius = std::sqrt(-2 * std::log(uniform()));
    return radius * std::cos(2 * std::numbers::pi * uniform());
  }

 private:
  double uniform() { return (static_cast<double>(x_bits() >> 11U) + 0.5) / 9007199254740992.0; }
  std::mt19937_64 x_bits{20260101};
};

/// The same with a worker that offers whatever is asked for: so the place in the queue is known although nobody serves
/// it.
Queue with_all_served(Queue queue) {
  std::set<std::string> tags;
  for (const TaskGroup& group : queue.groups) tags.insert(group.tags.begin(), group.tags.end());
  queue.workers.push_back({1, UINT64_MAX, {tags.begin(), tags.end()}});
  return queue;
}

}  // namespace

std::string_view to_string(Basis basis) {
  switch (basis) {
    case Basis::kMeasured:
      return "measured";
    case Basis::kScaled:
      return "scaled";
    case Basis::kFormula:
      break;
  }
  return "formula";
}

Course play(const Queue& queue, size_t job, const std::vector<double>& stretch) {
  return Table(queue, job, stretch).play();
}

Finish foresee_finish(const Queue& queue, size_t job) {
  Finish finish;
  finish.likely = play(queue, job);
  finish.least = finish.most = finish.likely.finish;
  if (!finish.likely.ends) {
    const Course served = play(with_all_served(queue), job);
    finish.likely.tasks_ahead = served.tasks_ahead;
    finish.likely.jobs_ahead = served.jobs_ahead;
    return finish;
  }
  Normal normal;
  std::vector<double> finishes;
  std::vector<double> stretch(queue.groups.size());
  for (int course = 0; course < kCourses; course++) {
    std::map<std::pair<size_t, std::string>, double> off;  // what is alike is off alike
    const double machine = normal.next() * kMachineSpread;
    for (size_t g = 0; g < queue.groups.size(); g++) {
      const TaskGroup& group = queue.groups[g];
      const auto [found, fresh] = off.try_emplace({group.job, group.kind + "|" + group.cost_class}, 0.0);
      if (fresh) found->second = normal.next();
      const double deviation = std::sqrt(std::log1p(group.spread * group.spread));
      stretch[g] = std::exp(found->second * deviation + machine);
    }
    finishes.push_back(play(queue, job, stretch).finish);
  }
  std::ranges::sort(finishes);
  finish.least = std::min(finish.likely.finish, finishes[kOutside]);
  finish.most = std::max(finish.likely.finish, finishes[finishes.size() - 1 - kOutside]);
  return finish;
}

}  // namespace pier::workflows::impl
