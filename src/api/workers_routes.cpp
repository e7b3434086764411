#include <pier/jobs/workers.hpp>

#include "body.hpp"
#include "routes.hpp"

namespace pier::api::impl {
namespace {

Result<net::Response> ask(const net::Request& request, const Context& context, jobs::WorkerState state) {
  PIER_CHECK(refuse_members(request));
  jobs::WorkerRow worker;
  PIER_CHECK(context.engine.database().write([&](database::Transaction& tx) -> Result<void> {
    PIER_TRY(worker, jobs::set_worker_state(tx, context.id, state));
    return {};
  }));
  return json_response(200, jobs::to_json(worker));
}

}  // namespace

Result<net::Response> list_workers(const net::Request& request, const Context& context) {
  PIER_CHECK(refuse_unknown_parameters(request, {"gone"}));
  const std::string gone(request.parameter("gone").value_or("false"));
  if (gone != "true" && gone != "false")
    return fail(ErrorCode::kInvalidArgument, "parameter gone must be true or false");
  PIER_TRY(database::Snapshot snapshot, context.engine.database().read());
  PIER_TRY(const std::vector<jobs::WorkerRow> workers, jobs::list_workers(snapshot, gone == "true"));
  json::array list;
  for (const jobs::WorkerRow& worker : workers) list.emplace_back(jobs::to_json(worker));
  return json_response(200, json::object{{"workers", std::move(list)}});
}

Result<net::Response> pause_worker(const net::Request& request, const Context& context) {
  return ask(request, context, jobs::WorkerState::kPaused);
}
Result<net::Response> drain_worker(const net::Request& request, const Context& context) {
  return ask(request, context, jobs::WorkerState::kDraining);
}
Result<net::Response> resume_worker(const net::Request& request, const Context& context) {
  return ask(request, context, jobs::WorkerState::kActive);
}

}  // namespace pier::api::impl
