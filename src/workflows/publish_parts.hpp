#pragma once
// From a plan to the tasks of a publication.

#include <string>

#include <pier/transcode/assemble.hpp>

#include "task_kind.hpp"

namespace pier::workflows::impl {

/// What the plan of a publication is asked for. Errors: unknown ladder, points and audio map that cannot be read.
Result<transcode::PlanRequest> plan_request(const EngineOptions& options, const PublishRequest& request,
                                            const media::Facts& facts, const json::object& facts_json);

/// Of a chunk (packed), what its samples depend on: not its number, nor where in the source one may begin to look for
/// it.
json::object what_is_encoded(json::object chunk);
/// Digest of the coded pictures that a chunk depends on, in hexadecimal; `master` where they are not known.
std::string source_of(const transcode::ChunkSpec& chunk, const analysis::AnalysisResult& analysed,
                      const std::string& master);

/// `planned`: by describe_tasks() and describe_texts(). `encoder`: build that the chunks are to come from. Adds encode,
/// sound, text, assemble, verify and publish tasks with their dependencies.
Result<void> add_publication_tasks(Transaction& tx, const TaskRow& plan_task, const json::object& planned,
                                   const std::string& encoder);

/// The plan in the form add_publication_tasks() takes; made outside of the transaction. A chunk is named by the coded
/// packets it depends on, sound by those of all sound streams: in a new version of a master only what differs is done
/// again. `master`, its digest in hexadecimal, names the rest. `first`: as PublishRequest::first.
Result<json::object> describe_tasks(const transcode::PublishPlan& plan, const analysis::AnalysisResult& analysed,
                                    const media::VideoFacts& video, const std::string& asset_id,
                                    const std::string& master, const std::string& first);

}  // namespace pier::workflows::impl
