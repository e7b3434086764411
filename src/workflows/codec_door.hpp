#pragma once
// The two ends of the door to codec programs: the server starts them, a task asks for one and gets its pipes.

#include <map>
#include <memory>

#include <pier/core/json.hpp>
#include <pier/sandbox/channel.hpp>
#include <pier/sandbox/program.hpp>
#include <pier/transcode/codec_files.hpp>

namespace pier::workflows::impl {

/// The server's end, one a task. Programs that still run when it goes are killed.
class CodecDoor {
 public:
  CodecDoor(sandbox::Spawner& spawner, std::vector<transcode::CodecFile> files)
      : x_spawner(spawner), x_files(std::move(files)) {}

  /// What the task may know of them: no paths.
  json::array describe() const;
  /// What a task asks: {"what": "start_decoder", "codec": ...} or {"what": "ended", "id": ...}. A codec is chosen,
  /// never a program.
  Result<void> serve(sandbox::ChildLink& link, const json::object& question);

 private:
  Result<void> start(sandbox::ChildLink& link, const std::string& codec);
  Result<void> end(sandbox::ChildLink& link, int64_t id);

  sandbox::Spawner& x_spawner;
  std::vector<transcode::CodecFile> x_files;
  std::map<int64_t, sandbox::Child> x_running;
  int64_t x_last_id = 0;
};

/// The task's end; nullptr when the server has none. `link` outlives it.
std::shared_ptr<media::CodecPrograms> linked_codecs(const json::object& task, sandbox::ParentLink& link);

}  // namespace pier::workflows::impl
