#include <algorithm>
#include <array>
#include <utility>

#include <pier/core/id.hpp>
#include <pier/jobs/workers.hpp>

#include "rows.hpp"

namespace pier::jobs {
namespace {

constexpr std::string_view kColumns =
    "number, id, name, place, process, version, slots, memory_bytes, tags, state, started, seen, note, refusals, "
    "encoder";
constexpr std::array<std::pair<WorkerState, std::string_view>, 4> kStates{{{WorkerState::kActive, "active"},
                                                                           {WorkerState::kPaused, "paused"},
                                                                           {WorkerState::kDraining, "draining"},
                                                                           {WorkerState::kGone, "gone"}}};

Result<std::vector<Refusal>> refusals_from(const std::string& text, WallTime now) {
  std::vector<Refusal> refusals;
  if (text.empty()) return refusals;
  PIER_TRY(const json::value list, parse_json(text));
  if (!list.is_array()) return refusals;
  for (const json::value& value : list.as_array()) {
    const json::object& one = value.as_object();
    Refusal refusal{string_or(one, "job", ""), string_or(one, "reason", ""), int_or(one, "until", 0)};
    if (refusal.until > now) refusals.push_back(std::move(refusal));
  }
  return refusals;
}

json::array pack(const std::vector<Refusal>& refusals) {
  json::array list;
  for (const Refusal& one : refusals)
    list.emplace_back(json::object{{"job", one.job_id}, {"reason", one.reason}, {"until", one.until}});
  return list;
}

Result<WorkerRow> worker_from(const database::Row& row, WallTime now) {
  WorkerRow worker;
  worker.number = row.integer(0);
  worker.id = row.text(1);
  worker.name = row.text(2);
  worker.place = row.text(3);
  worker.process = row.integer(4);
  worker.version = row.text(5);
  worker.slots = row.integer(6);
  worker.memory_bytes = static_cast<uint64_t>(row.integer(7));
  PIER_TRY(worker.tags, tags_from(row.text(8)));
  PIER_TRY(worker.state, worker_state_from(row.text(9)));
  worker.started = row.integer(10);
  worker.seen = row.integer(11);
  worker.note = row.text(12);
  PIER_TRY(worker.refusals, refusals_from(row.text(13), now));
  worker.encoder = row.text(14);
  return worker;
}

Result<WorkerRow> read_worker(Session& session, std::string_view id) {
  static const std::string kSql = impl::select(kColumns, "workers WHERE id = $1");
  PIER_TRY(const auto row, session.one(kSql, {id}));
  if (!row) return fail(ErrorCode::kNotFound, "there is no worker " + display_text(id));
  return worker_from(*row, session.now());
}

}  // namespace

std::string_view to_string(WorkerState state) {
  return std::ranges::find(kStates, state, &std::pair<WorkerState, std::string_view>::first)->second;
}

Result<WorkerState> worker_state_from(std::string_view name) {
  const auto* found = std::ranges::find(kStates, name, &std::pair<WorkerState, std::string_view>::second);
  if (found != kStates.end()) return found->first;
  return fail(ErrorCode::kInvalidArgument, "there is no worker state \"" + display_text(name) + "\"");
}

json::object to_json(const WorkerRow& worker) {
  return {{"id", worker.id},
          {"name", worker.name},
          {"process", worker.process},
          {"version", worker.version},
          {"slots", worker.slots},
          {"memory_bytes", worker.memory_bytes},
          {"tags", json::array(worker.tags.begin(), worker.tags.end())},
          {"state", to_string(worker.state)},
          {"encoder", worker.encoder},
          {"note", worker.note},
          {"running", worker.running},
          {"started", to_rfc3339(worker.started)},
          {"seen", to_rfc3339(worker.seen)}};
}

Result<WorkerRow> register_worker(Transaction& tx, const WorkerRow& worker) {
  PIER_TRY(const std::vector<std::string> tags, tags_from(tags_text(worker.tags)));
  PIER_CHECK(tx.hold("number of a worker"));
  static const std::string kSql =
      "INSERT INTO workers (id, number, name, place, process, version, slots, memory_bytes, tags, state, started, seen,"
      " encoder)"
      " VALUES ($1, (SELECT coalesce(max(number), 0) + 1 FROM workers), $2, $3, $4, $5, $6, $7, $8, 'active', $9, $9, "
      "$10)"
      " RETURNING " +
      std::string(kColumns);
  PIER_TRY(const auto row,
           tx.one(kSql, {new_id("wrk"), worker.name, worker.place, worker.process, worker.version, worker.slots,
                         worker.memory_bytes, tags_text(tags), tx.now(), worker.encoder}));
  return worker_from(*row, tx.now());
}

Result<WorkerState> worker_seen(Transaction& tx, std::string_view id, std::string_view note) {
  PIER_TRY(
      const auto row,
      tx.one("UPDATE workers SET seen = $2, note = $3, state = CASE WHEN state = 'gone' THEN 'active' ELSE state END"
             " WHERE id = $1 RETURNING state",
             {id, tx.now(), note}));
  if (!row) return fail(ErrorCode::kNotFound, "there is no worker " + display_text(id));
  return worker_state_from(row->text(0));
}

Result<void> refuse_job(Transaction& tx, std::string_view id, const Refusal& refusal) {
  PIER_TRY(WorkerRow worker, read_worker(tx, id));
  std::erase_if(worker.refusals, [&](const Refusal& one) { return one.job_id == refusal.job_id; });
  worker.refusals.push_back(refusal);
  PIER_CHECK(tx.run("UPDATE workers SET refusals = $2 WHERE id = $1", {id, json::serialize(pack(worker.refusals))}));
  return {};
}

Result<WorkerRow> set_worker_state(Transaction& tx, std::string_view id, WorkerState state) {
  PIER_TRY(WorkerRow worker, read_worker(tx, id));
  if (worker.state == WorkerState::kGone)
    return fail(ErrorCode::kConflict, "worker " + worker.id + " is gone; start another with `pier worker`");
  PIER_CHECK(tx.run("UPDATE workers SET state = $2 WHERE id = $1", {id, to_string(state)}));
  worker.state = state;
  return worker;
}

Result<int64_t> retire_worker(Transaction& tx, std::string_view id, bool lost) {
  PIER_CHECK(tx.run("UPDATE workers SET state = 'gone' WHERE id = $1", {id}));
  if (!lost) return release_worker(tx, id);
  PIER_TRY(const auto rows,
           tx.all("SELECT id, job_id FROM tasks WHERE state = 'running' AND worker = $1 ORDER BY job_id, id", {id}));
  int64_t tasks = 0;
  for (const auto& row : rows) {
    PIER_CHECK(impl::hold_job(tx, row.text(1), database::RowLock::kUpdate));
    // A lease that has passed is what a lost worker leaves.
    PIER_TRY(const int64_t passed,
             tx.run("UPDATE tasks SET lease_until = 0 WHERE id = $1 AND state = 'running' AND worker = $2",
                    {row.text(0), id}));
    tasks += passed;
  }
  if (tasks > 0) PIER_CHECK(expire_leases(tx));
  return tasks;
}

Result<std::vector<WorkerRow>> list_workers(Session& session, bool with_gone) {
  static const std::string kAlive = impl::select(kColumns, "workers WHERE state <> 'gone' ORDER BY number");
  static const std::string kAll = impl::select(kColumns, "workers ORDER BY number DESC LIMIT 100");
  PIER_TRY(const auto rows, session.all(with_gone ? kAll : kAlive));
  PIER_TRY(const auto busy, session.all("SELECT worker, count(*) FROM tasks WHERE state = 'running' GROUP BY worker"));
  std::vector<WorkerRow> workers;
  for (const database::Row& row : rows) {
    PIER_TRY(WorkerRow worker, worker_from(row, session.now()));
    for (const database::Row& one : busy) worker.running += one.text(0) == worker.id ? one.integer(1) : 0;
    workers.push_back(std::move(worker));
  }
  if (with_gone) std::ranges::reverse(workers);
  return workers;
}

Result<int64_t> forget_silent_workers(Transaction& tx, Microseconds silence) {
  return tx.run("UPDATE workers SET state = 'gone' WHERE state <> 'gone' AND seen < $1", {tx.now() - silence.count()});
}

}  // namespace pier::jobs
