#pragma once
// Subtitle files of a publication, taken in when it is asked for.

#include <vector>

#include <pier/sandbox/spawn.hpp>

#include "task_kind.hpp"

namespace pier::workflows::impl {

/// Files that were read and found good.
struct ReadSubtitles {
  /// One a file: {"file" (its name, for people), "language", "name", "forced", "default", "encoding", "offset" [num,
  /// den], "start" [num, den] (of the first cue)}. Of captions of the master "from" and "service" stand in place of
  /// "encoding" and "start", and there are no bytes: it is read when its tracks are made.
  json::array texts;
  std::vector<std::string> bytes;
};
/// Reads each file in a child as it will be read for its tracks. kInvalidArgument: what cannot be a language or an
/// offset, two of one language and name, two defaults; kTooLarge; the errors of subtitles::read, with the file's name.
Result<ReadSubtitles> read_subtitles(sandbox::Spawner& spawner, const PublishRequest& request);

struct TakenSubtitles {
  json::array texts;                // with "object" and "sha256"; travels in parameters of tasks
  std::vector<ObjectInfo> objects;  // without rows yet
};
/// Keeps the bytes as objects: what happens to the files afterwards does not matter.
Result<TakenSubtitles> take_subtitles(Context& context, const std::string& organisation, ReadSubtitles read);

/// Removes objects that got no row.
void discard(Context& context, const TakenSubtitles& taken);

}  // namespace pier::workflows::impl
