#pragma once
// The two ends of a task process: the server starts it and follows it, the child runs the kind's code.

#include <stop_token>

#include <pier/sandbox/spawn.hpp>

#include "task_kind.hpp"

namespace pier::workflows::impl {

/// Called about once a second while the child runs; an error ends the child and is given back.
using Beat = std::function<Result<void>(double fraction, int64_t frames)>;

/// Runs `work` of a kind with a child process and gives the child's result. Errors: the child's own, or kCrashed,
/// kTooLarge (memory), kTimeout, kCancelled.
Result<json::object> run_child(sandbox::Spawner& spawner, const TaskKind& kind, const TaskRow& task, Work& work,
                               const Beat& beat, const std::stop_token& stop);

}  // namespace pier::workflows::impl
