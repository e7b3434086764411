#include "encoder_choice.hpp"

#include <algorithm>
#include <map>

#include <pier/core/log.hpp>
#include <pier/media/encode.hpp>

namespace pier::workflows::impl {
namespace {

constexpr std::string_view kPin = "encoder";

bool takes_tasks(const jobs::WorkerRow& worker) {
  return worker.state == jobs::WorkerState::kActive || worker.state == jobs::WorkerState::kPaused;
}

}  // namespace

Result<std::string> choose_encoder(Transaction& tx, const TaskRow& plan) {
  PIER_TRY(const std::vector<jobs::WorkerRow> workers, jobs::list_workers(tx));
  std::map<std::string, int> count;
  for (const jobs::WorkerRow& worker : workers) {
    if (takes_tasks(worker) && !worker.encoder.empty()) ++count[worker.encoder];
  }
  std::string chosen = media::encoder_build();
  if (!count.empty() && !count.contains(chosen)) {
    chosen = std::ranges::max_element(count, {}, &std::pair<const std::string, int>::second)->first;
  }
  return jobs::pin(tx, plan.job_id, kPin, chosen);
}

Result<bool> may_encode(Transaction& tx, const TaskRow& encode, const std::string& worker_id) {
  const std::string& own = media::encoder_build();
  PIER_TRY(const std::optional<std::string> known, jobs::pinned(tx, encode.job_id, kPin));
  if (known == own) return true;
  PIER_TRY(const std::string pinned, jobs::pin(tx, encode.job_id, kPin, own));
  if (pinned == own) return true;
  PIER_TRY(const std::vector<jobs::WorkerRow> workers, jobs::list_workers(tx));
  const bool others = std::ranges::any_of(workers, [&](const jobs::WorkerRow& worker) {
    return worker.id != worker_id && takes_tasks(worker) && worker.encoder == pinned;
  });
  if (others) return false;
  PIER_CHECK(jobs::repin(tx, encode.job_id, kPin, own));
  const auto outdated = [&](const json::value& result) {
    return result.is_object() && string_or(result.as_object(), "encoder", "") != own;
  };
  PIER_TRY(const int64_t redone, jobs::redo(tx, encode.job_id, kEncodeTask.name, outdated));
  log::warn("no worker has the encoders a publication was begun with; its chunks are encoded anew",
            {{"job", encode.job_id}, {"chunks", std::to_string(redone)}, {"encoder", own}, {"before", pinned}});
  return true;
}

Result<void> check_encoder(Transaction& tx, const TaskRow& encode, const json::object& result) {
  const std::string made_by = string_or(result, "encoder", "");
  PIER_TRY(const std::optional<std::string> pinned, jobs::pinned(tx, encode.job_id, kPin));
  if (!pinned || *pinned == made_by) return {};
  return fail(ErrorCode::kConflict,
              "the chunk was encoded by build " + made_by + ", the others of its track by " + *pinned);
}

}  // namespace pier::workflows::impl
