#pragma once
// Subtitle files of a publication, taken in when it is asked for.

#include <vector>

#include <pier/sandbox/spawn.hpp>

#include "task_kind.hpp"

namespace pier::workflows::impl {

struct TakenSubtitles {
  /// One a file: {"object", "sha256", "file" (its name, for people), "language", "name", "forced", "default",
  /// "encoding", "offset" [num, den], "start" (of the first cue) [num, den], "notes"}. Travels in parameters of tasks.
  json::array texts;
  std::vector<ObjectInfo> objects;  // without rows yet
};

/// Reads each file in a child as it will be read for its tracks, and keeps its bytes as an object: what happens to the
/// file afterwards does not matter. kInvalidArgument: what cannot be a language or an offset, two of one language and
/// name, two defaults; the errors of subtitles::read, with the file's name.
Result<TakenSubtitles> take_subtitles(Context& context, sandbox::Spawner& spawner, const PublishRequest& request);

/// Removes objects that got no row.
void discard(Context& context, const TakenSubtitles& taken);

}  // namespace pier::workflows::impl
