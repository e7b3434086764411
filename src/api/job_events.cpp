#include "job_events.hpp"

#include <pier/core/bytes.hpp>
#include <pier/jobs/job.hpp>

namespace pier::api::impl {
namespace {

bool is_ended(const json::object& view) {
  const auto job = get_object(view, "job");
  const auto state = jobs::job_state_from(job ? string_or(*job, "state", "") : "");
  return state && jobs::is_ended(*state);
}

net::ServerEvent make_event(const json::object& view) {
  net::ServerEvent event;
  event.name = is_ended(view) ? "end" : "progress";
  event.data = json::serialize(view);
  event.id = to_hex(sha256(as_bytes(event.name + event.data))).substr(0, 16);
  return event;
}

}  // namespace

bool has_seen_end(const json::object& view, std::string_view last_id) {
  return is_ended(view) && make_event(view).id == last_id;
}

JobEvents::JobEvents(workflows::Engine& engine, std::string organisation, std::string job_id, std::string last_id)
    : x_engine(engine),
      x_organisation(std::move(organisation)),
      x_job_id(std::move(job_id)),
      x_last_id(std::move(last_id)) {}

net::EventStream::Batch JobEvents::poll() {
  net::EventStream::Batch batch;
  const auto view = x_engine.job_view(x_organisation, x_job_id);
  if (!view) {
    batch.last = view.error().code == ErrorCode::kNotFound;
    return batch;
  }
  net::ServerEvent event = make_event(*view);
  batch.last = event.name == "end";
  if (event.id != x_last_id) {
    x_last_id = event.id;
    batch.events.push_back(std::move(event));
  }
  return batch;
}

}  // namespace pier::api::impl
