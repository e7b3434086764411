#pragma once
// The two ends of a task process: the server starts it and follows it, the child runs the kind's code.

#include <stop_token>

#include <pier/sandbox/spawn.hpp>

#include "task_kind.hpp"

namespace pier::workflows::impl {

/// Called about once a second while the child runs; an error ends the child and is given back.
using Beat = std::function<Result<void>(double fraction, int64_t frames)>;

/// What an attempt that failed tells about the next one.
struct ChildUse {
  bool out_of_memory = false;  // it was ended at its bound
  uint64_t peak_bytes = 0;
};

/// Runs `work` of a kind with a child process and gives the child's result; `use`, when given, is set when the child
/// did not end by itself. Errors: the child's own, or kCrashed, kTooLarge (memory), kTimeout, kCancelled.
Result<json::object> run_child(sandbox::Spawner& spawner, const TaskKind& kind, const TaskRow& task, Work& work,
                               const Beat& beat, const std::stop_token& stop, ChildUse* use = nullptr);

}  // namespace pier::workflows::impl
