#include <memory>

#include "commands.hpp"
#include "publish_options.hpp"
#include "service.hpp"
#include "views.hpp"

namespace pier::app {
namespace {

/// Prints how a publish job ended; gives the exit code.
int show_end(const net::Client& client, const json::object& view, const Globals& globals) {
  const json::object& job = view.at("job").as_object();
  if (string_or(job, "state", "") != "done") {
    Error error{ErrorCode::kCancelled, "the job was cancelled", {}};
    if (const auto said = get_object(job, "error")) {
      error = {error_code_from(string_or(*said, "code", "internal")), string_or(*said, "message", ""), {}};
    }
    return report(error, globals);
  }
  Result<json::value> asset = client.get("/v1/assets/" + string_or(view, "asset_id", ""));
  if (!asset) return report(asset.error(), globals);
  if (globals.json)
    print_json(*asset);
  else
    print_asset(asset->as_object());
  return 0;
}

/// Waits for a job; with its own engine the command also finishes what others handed in meanwhile.
int follow(Connection& connection, const std::string& job_id, const Globals& globals) {
  const Result<json::object> view = follow_job(connection.client(), job_id, "publish", globals.json);
  if (!view) return report(view.error(), globals);
  const int code = show_end(connection.client(), *view, globals);
  while (connection.own() != nullptr && !interrupted() && connection.own()->engine().busy().value_or(false)) {
    sleep_interruptibly(std::chrono::milliseconds(500));
  }
  return code;
}

Result<std::vector<std::string>> unfinished(const net::Client& client) {
  std::vector<std::string> ids;
  for (const char* state : {"running", "queued"}) {
    PIER_TRY(const json::value page, client.get(std::string("/v1/jobs?kind=publish&limit=500&state=") + state));
    PIER_TRY(const json::array jobs, get_array(page.as_object(), "jobs"));
    for (const json::value& job : jobs) ids.push_back(string_or(job.as_object(), "id", ""));
  }
  return ids;
}

int resume_all(Connection& connection, const Globals& globals) {
  const Result<std::vector<std::string>> ids = unfinished(connection.client());
  if (!ids) return report(ids.error(), globals);
  if (ids->empty()) {
    if (globals.json)
      print_json(json::object{{"resumed", 0}});
    else
      std::printf("nothing to resume\n");
    return 0;
  }
  connection.start_workers();
  int code = 0;
  for (const std::string& id : *ids) code = std::max(code, follow(connection, id, globals));
  return code;
}

int run_publish(PublishOptions options, const Globals& globals) {
  catch_interrupts();
  if (options.file.empty() && !options.resume) {
    return report({ErrorCode::kInvalidArgument, "publish wants a FILE, or --resume", {}}, globals);
  }
  Result<Connection> connection = Connection::open(globals, "pier publish");
  if (!connection) return report(connection.error(), globals);
  if (options.file.empty()) return resume_all(*connection, globals);
  const Result<json::object> body = publish_body(options);
  if (!body) return report(body.error(), globals);
  const Result<json::value> posted = connection->client().post("/v1/jobs", *body);
  if (!posted) return report(posted.error(), globals);
  if (!globals.json) {
    for (const std::string& line : forecast_lines(posted->as_object())) std::fprintf(stderr, "%s\n", line.c_str());
  }
  connection->start_workers();
  const auto job = get_object(posted->as_object(), "job");
  const std::string id = job ? string_or(*job, "id", "") : string_or(posted->as_object(), "id", "");
  return follow(*connection, id, globals);
}

}  // namespace

void add_publish(CLI::App& app, Globals& globals, Run& run) {
  auto options = std::make_shared<PublishOptions>();
  CLI::App* command = app.add_subcommand("publish", "Check, encode, verify and publish a master");
  add_publish_options(*command, *options);
  command->add_flag("--resume", options->resume, "Go on with what a lost process left");
  add_globals(*command, globals);
  command->callback(
      [options, &globals, &run] { run = [options, &globals] { return run_publish(*options, globals); }; });
}

}  // namespace pier::app
