// What a worker does with a task that it cannot do and another one may: a full disk of its own, a master that cannot
// be read where it runs.

#include <algorithm>

#include <pier/core/log.hpp>

#include "encoder_choice.hpp"
#include "worker.hpp"

namespace pier::workflows::impl {
namespace {

constexpr int64_t kOtherEncodersUs = 20'000'000;  // then it looks again whether workers with those are still there

/// Path of the master the task reads where it lies; empty when it reads none, or our copy of it.
Result<std::string> master_in_place(Context& context, const TaskRow& task) {
  if (task.kind == kProbeTask.name) {
    PIER_TRY(const PublishRequest request, request_of(context, task));
    return request.path;
  }
  PIER_TRY(const catalogue::AssetRow asset, asset_of(context, task));
  PIER_TRY(database::Snapshot snapshot, context.database.read());
  PIER_TRY(const catalogue::MasterRow master, catalogue::find_master(snapshot, asset.organisation, asset.master_id));
  return master.kept ? std::string() : master.path;
}

bool is_about_reading(ErrorCode code) {
  return code == ErrorCode::kNotFound || code == ErrorCode::kPermission || code == ErrorCode::kInputChanged;
}

/// Why the master cannot be read here, when that is what is wrong.
std::optional<Error> why_unreadable(Context& context, const TaskRow& task, const Error& error) {
  if (!is_about_reading(error.code)) return std::nullopt;
  const Result<std::string> path = master_in_place(context, task);
  if (!path || path->empty()) return std::nullopt;
  const auto opened = media::open_source(*path);
  if (opened) return std::nullopt;
  const ErrorCode code = opened.error().code;
  if (code != ErrorCode::kNotFound && code != ErrorCode::kPermission) return std::nullopt;
  return opened.error();
}

/// What the other workers that could run the task say of its job.
struct Others {
  bool may = false;  // one that has not refused it
  std::string said;  // by those that have: "; NAME: why"
};

Others others_than(const std::string& id, const std::vector<jobs::WorkerRow>& workers, const TaskRow& task) {
  Others others;
  for (const jobs::WorkerRow& worker : workers) {
    if (worker.id == id || worker.state == jobs::WorkerState::kDraining) continue;
    if (!std::ranges::includes(worker.tags, task.tags)) continue;
    const auto refused = std::ranges::find(worker.refusals, task.job_id, &jobs::Refusal::job_id);
    if (refused == worker.refusals.end())
      others.may = true;
    else
      others.said += "; " + display_text(worker.name) + ": " + refused->reason;
  }
  return others;
}

}  // namespace

/// True when the task is no more this worker's concern. Else it has failed, with `error`, which may say more now.
bool Worker::hand_over(const TaskRow& task, Error& error, const AttemptCourse& course, const std::stop_token& stop) {
  if (stop.stop_requested() || is_lost(error)) return false;
  // A directory is everybody's; what is fetched from and made for S3 lies on a disk of this worker's own.
  const bool full =
      error.code == ErrorCode::kNoSpace && !course.committing && storage::is_remote_store(x_context.options.store);
  const std::optional<Error> unreadable = full ? std::nullopt : why_unreadable(x_context, task, error);
  if (!full && !unreadable) return false;
  if (full) {
    x_context.copies.drop();
    x_hindrance.no_room(course.free_before);
  }
  bool given = false;
  const Result<void> written = insist(
      [&]() -> Result<void> {
        PIER_TRY(given, full ? give_back(task) : leave_to_others(task, *unreadable, error));
        return {};
      },
      stop);
  if (!written) return is_lost(written.error()) || stop.stop_requested();
  if (given) {
    log::warn("task left to others", {{"task", task.id}, {"kind", task.kind}, {"message", error.message}});
    x_bell.ring();
  }
  return given;
}

/// kConflict when the job's chunks are to come from other encoders than this worker's: it has given the task back.
Result<void> Worker::settle_encoder(const TaskRow& task, const std::stop_token& stop) {
  const jobs::Refusal refusal{task.job_id, "its chunks come from another build of the encoders",
                              Clock::system().now() + kOtherEncodersUs};
  bool may = false;
  PIER_CHECK(insist(
      [&] {
        return x_context.database.write([&](Transaction& tx) -> Result<void> {
          PIER_TRY(may, may_encode(tx, task, x_id));
          if (may) return {};
          PIER_CHECK(jobs::give_back(tx, task.id, task.attempt));
          return jobs::refuse_job(tx, x_id, refusal);
        });
      },
      stop));
  if (may) return {};
  x_hindrance.refuse(task.job_id, refusal.until);
  return fail(ErrorCode::kConflict, refusal.reason);
}

Result<bool> Worker::give_back(const TaskRow& task) {
  const std::string note = x_hindrance.note();
  PIER_CHECK(x_context.database.write([&](Transaction& tx) -> Result<void> {
    PIER_CHECK(jobs::give_back(tx, task.id, task.attempt));
    PIER_CHECK(jobs::worker_seen(tx, x_id, note));
    return {};
  }));
  return true;
}

/// False when nobody else may be able to read the master; with several workers the error then says so of each.
Result<bool> Worker::leave_to_others(const TaskRow& task, const Error& unreadable, Error& error) {
  Others others;
  PIER_CHECK(x_context.database.write([&](Transaction& tx) -> Result<void> {
    PIER_TRY(const std::vector<jobs::WorkerRow> workers, jobs::list_workers(tx));
    others = others_than(x_id, workers, task);
    if (!others.may) return {};
    PIER_CHECK(jobs::give_back(tx, task.id, task.attempt));
    return jobs::refuse_job(tx, x_id, {task.job_id, unreadable.message, tx.now() + kRefusedUs});
  }));
  if (others.may) {
    x_hindrance.refuse(task.job_id, Clock::system().now() + kRefusedUs);
  } else if (!others.said.empty()) {
    error = {unreadable.code,
             "no worker can read the master (" + display_text(x_offer.name) + ": " + unreadable.message + others.said +
                 "); make it readable where workers run, or publish it with --keep copy",
             error.detail};
  }
  return others.may;
}

}  // namespace pier::workflows::impl
