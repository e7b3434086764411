#pragma once
// HDR10+ JSON given with a master, taken in when the publication is asked for.

#include <pier/sandbox/spawn.hpp>

#include "task_kind.hpp"

namespace pier::workflows::impl {

constexpr uint64_t kMostHdr10PlusJson = uint64_t{256} << 20U;

/// What is kept of the file, transcode::runs_of as text; nothing for an empty path. Read in a child. Errors: those of
/// read_hdr10_plus_json with the file's name, kTooLarge.
Result<std::string> read_hdr10_plus(sandbox::Spawner& spawner, const std::string& path);

/// Keeps it as an object.
Result<ObjectInfo> take_hdr10_plus(Context& context, const std::string& organisation, const std::string& runs);

/// One payload a picture of the object that a task's parameters name; none when they name none.
Result<std::vector<Bytes>> given_hdr10_plus(Context& context, const TaskRow& task);

}  // namespace pier::workflows::impl
