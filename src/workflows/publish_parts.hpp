#pragma once
// From a plan to the tasks of a publication.

#include <string>

#include <pier/transcode/assemble.hpp>

#include "task_kind.hpp"

namespace pier::workflows::impl {

/// Adds encode, sound, assemble, verify and publish tasks with their dependencies.
Result<void> add_publication_tasks(Transaction& tx, const TaskRow& plan_task, const json::object& planned);

/// The plan in the form add_publication_tasks() takes; made outside of the transaction. A chunk is named by the coded
/// packets it depends on, sound by those of all sound streams: in a new version of a master only what differs is done
/// again. `master`, its digest in hexadecimal, names the rest. `first`: as PublishRequest::first.
Result<json::object> describe_tasks(const transcode::PublishPlan& plan, const analysis::AnalysisResult& analysed,
                                    const std::string& asset_id, const std::string& master, const std::string& first);

}  // namespace pier::workflows::impl
