#pragma once
// What tasks over local inputs share: no data directory, no queue.

#include <pier/workflows/local.hpp>

#include "child.hpp"

namespace pier::workflows::impl {

/// A task of nobody's job.
TaskRow local_row();
/// Refers to `progress`.
Beat beat_of(const LocalProgress& progress);
/// Opens files for a task, each an input of it. kInvalidArgument for what is no regular file.
Result<void> add_files(const std::vector<std::string>& paths, Work& work);
Result<media::Source> open_local(const LocalInput& input);
/// The answer of the probe task: {"facts", "reference"?}.
Result<json::object> probe_input(sandbox::Spawner& spawner, const LocalInput& input, bool quick, bool identify,
                                 const LocalProgress& progress);
/// Of a decoder; each holds a few pictures.
int64_t local_threads();

}  // namespace pier::workflows::impl
