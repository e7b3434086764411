#pragma once
// Subtitles in the plan of a publication.

#include <pier/transcode/plan.hpp>

#include "task_kind.hpp"

namespace pier::workflows::impl {

struct PlannedMaster {
  std::string asset, sha256;
  uint64_t bytes = 0;
  Rational in;  // of the programme, seconds from the first picture
};

/// Adds "texts" to what describe_tasks() gave: for each file or captions {"params", "inputs", "demand",
/// "verify_demand"}, and the names of their tracks to "rungs". `texts`: as TakenSubtitles has them. kInvalidArgument
/// when no cue of a file lies in the programme.
Result<void> describe_texts(const transcode::PublishPlan& plan, const PlannedMaster& master, const json::array& texts,
                            json::object& planned);

/// What was mended in the files, and how their encodings were found, for the notes of the publication: of each file
/// the first few things and how many more there are. `rows`: others than those of text tasks are passed over.
json::array notes_of_texts(const std::vector<TaskRow>& rows);

}  // namespace pier::workflows::impl
