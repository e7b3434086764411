#pragma once
// From a plan to the tasks of a publication.

#include <string>

#include <pier/transcode/assemble.hpp>

#include "task_kind.hpp"

namespace pier::workflows::impl {

/// Adds encode, sound, assemble, verify and publish tasks with their dependencies. `master` is the digest in
/// hexadecimal.
Result<void> add_publication_tasks(Transaction& tx, const TaskRow& plan_task, const json::object& planned);

/// The plan in the form add_publication_tasks() takes; made outside of the transaction.
Result<json::object> describe_tasks(const transcode::PublishPlan& plan, const std::string& asset_id,
                                    const std::string& master);

}  // namespace pier::workflows::impl
