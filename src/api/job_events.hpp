#pragma once
// The progress of one job as server-sent events.

#include <string>

#include <pier/net/message.hpp>
#include <pier/workflows/engine.hpp>

namespace pier::api::impl {

/// Events: "progress" with {"job", "progress"} whenever that changed, at last "end" with the whole job view. An event's
/// id is a digest of what it says: whoever comes back with the id of the last one (Last-Event-ID) is not told it again.
class JobEvents {
 public:
  JobEvents(workflows::Engine& engine, std::string organisation, std::string job_id, std::string last_id);
  net::EventStream::Batch poll();

 private:
  workflows::Engine& x_engine;
  std::string x_organisation, x_job_id, x_last_id;
};

/// The last event of this job view has that id: nothing more will come.
bool has_seen_end(const json::object& view, std::string_view last_id);

}  // namespace pier::api::impl
