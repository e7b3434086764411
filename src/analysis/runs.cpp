#include "runs.hpp"

#include <algorithm>
#include <utility>

#include "json_io.hpp"

namespace pier::analysis::impl {

namespace {

json::value save_run(const Run& run) {
  return json::array{run.first_index, run.last_index, run.start,   run.end,
                     run.hits,        run.worst,      run.note[0], run.note[1]};
}

Result<Run> load_run(const json::value& value) {
  PIER_TRY(const std::vector<int64_t> v, integers(value, 8));
  return Run{v[0], v[1], v[2], v[3], v[4], v[5], {v[6], v[7]}};
}

Result<std::optional<Run>> load_optional(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  if (value == nullptr || value->is_null()) return std::optional<Run>();
  PIER_TRY(const Run run, load_run(*value));
  return std::optional<Run>(run);
}

Run joined(const Run& a, const Run& b) {
  const Run& worst = b.worst > a.worst ? b : a;
  return {a.first_index, b.last_index, a.start, b.end, a.hits + b.hits, worst.worst, worst.note};
}

}  // namespace

void RunCollector::mark(const FrameTime& time, bool hit, int64_t value, const std::array<int64_t, 2>& note) {
  if (!x_first) x_first = time.index;
  x_last = time.index;
  if (!hit) {
    if (x_open && time.index - x_open->last_index > x_rules.max_gap) cut();
    return;
  }
  if (!x_open) {
    x_open = Run{time.index, time.index, time.pts, time.pts + time.duration, 1, value, note};
    return;
  }
  *x_open = joined(*x_open, Run{time.index, time.index, time.pts, time.pts + time.duration, 1, value, note});
}

void RunCollector::cut() {
  if (x_open) close(*x_open);
  x_open.reset();
}

void RunCollector::close(const Run& run) {
  if (!x_head && x_runs.empty() && at_start(run)) {
    x_head = run;
  } else {
    keep(run);
  }
}

void RunCollector::keep(const Run& run) {
  if (run.end - run.start < x_rules.min_length) return;
  ++x_totals.count;
  x_totals.length += run.end - run.start;
  if (x_runs.size() < kMaxFindings) x_runs.push_back(run);
}

std::vector<Run> RunCollector::finish() {
  const auto runs = std::exchange(x_runs, {});
  if (x_head && x_head->end - x_head->start >= x_rules.min_length) {
    ++x_totals.count;
    x_totals.length += x_head->end - x_head->start;
    x_runs.push_back(*x_head);
  }
  x_runs.insert(x_runs.end(), runs.begin(), runs.end());
  if (x_open) keep(*x_open);
  x_open.reset();
  x_head.reset();
  if (x_runs.size() > kMaxFindings) x_runs.resize(kMaxFindings);
  return std::exchange(x_runs, {});
}

json::value RunCollector::save() const {
  json::array runs;
  for (const Run& run : x_runs) runs.push_back(save_run(run));
  return json::object{{"first", x_first ? json::value(*x_first) : json::value()},
                      {"last", x_last},
                      {"head", x_head ? save_run(*x_head) : json::value()},
                      {"open", x_open ? save_run(*x_open) : json::value()},
                      {"runs", std::move(runs)},
                      {"count", x_totals.count},
                      {"length", x_totals.length}};
}

Result<void> RunCollector::load(const json::value& state) {
  PIER_TRY(const json::object* object, as_object(state, "saved runs"));
  RunCollector loaded(x_rules);
  if (const json::value* first = object->if_contains("first"); first != nullptr && first->is_int64()) {
    loaded.x_first = first->get_int64();
  }
  PIER_TRY(loaded.x_last, get_int(*object, "last"));
  PIER_TRY(loaded.x_head, load_optional(*object, "head"));
  PIER_TRY(loaded.x_open, load_optional(*object, "open"));
  PIER_TRY(const json::array runs, get_array(*object, "runs"));
  if (runs.size() > kMaxFindings) return fail(ErrorCode::kInputDamaged, "saved runs are more than are ever kept");
  for (const json::value& value : runs) {
    PIER_TRY(const Run run, load_run(value));
    loaded.x_runs.push_back(run);
  }
  PIER_TRY(loaded.x_totals.count, get_int(*object, "count"));
  PIER_TRY(loaded.x_totals.length, get_int(*object, "length"));
  if (!loaded.x_first && (loaded.x_head || loaded.x_open || !loaded.x_runs.empty())) {
    return fail(ErrorCode::kInputDamaged, "saved runs lack their first frame");
  }
  *this = std::move(loaded);
  return {};
}

Result<void> RunCollector::merge(const json::value& later) {
  RunCollector next(x_rules);
  PIER_CHECK(next.load(later));
  if (!next.x_first) return {};
  if (!x_first) {
    *this = std::move(next);
    return {};
  }
  // The run of the later part that may go on from ours: a closed one at its start, or one that fills it.
  const bool fills = !next.x_head && next.x_runs.empty() && next.x_open && next.at_start(*next.x_open);
  std::optional<Run> first = fills ? next.x_open : next.x_head;
  if (x_open && first && first->first_index - x_open->last_index - 1 <= x_rules.max_gap) {
    first = joined(*x_open, *first);
    x_open.reset();
  }
  const bool quiet = !first && !next.x_open && next.x_runs.empty();
  if (!quiet || next.x_last - (x_open ? x_open->last_index : 0) > x_rules.max_gap) cut();
  if (first && !fills) close(*first);
  for (const Run& run : next.x_runs) {
    if (x_runs.size() < kMaxFindings) x_runs.push_back(run);
  }
  x_totals.count += next.x_totals.count;
  x_totals.length += next.x_totals.length;
  if (next.x_open) x_open = fills ? first : next.x_open;
  x_last = next.x_last;
  return {};
}

}  // namespace pier::analysis::impl
