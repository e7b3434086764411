#pragma once
// All chunks of one track come from one build of the encoders, also while workers of two builds run side by side.

#include <string>

#include <pier/jobs/workers.hpp>

#include "task_kind.hpp"

namespace pier::workflows::impl {

/// The build that a new publication's chunks are to come from: this process's, unless only workers of another run.
Result<std::string> choose_encoder(Transaction& tx, const TaskRow& plan);

/// Whether a worker of this process may encode the task. False: workers with the build of the job's other chunks are
/// there to do it. When there are none any more, chunks of the other build are encoded anew by this one.
Result<bool> may_encode(Transaction& tx, const TaskRow& encode, const std::string& worker_id);

/// kConflict when the job's chunks have come to be another build's since the task was begun.
Result<void> check_encoder(Transaction& tx, const TaskRow& encode, const json::object& result);

}  // namespace pier::workflows::impl
