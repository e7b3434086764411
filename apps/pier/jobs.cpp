#include <memory>

#include "commands.hpp"
#include "service.hpp"
#include "views.hpp"

namespace pier::app {
namespace {

int run_list(bool failed, const Globals& globals) {
  Result<Connection> connection = Connection::open(globals, "pier jobs");
  if (!connection) return report(connection.error(), globals);
  const Result<json::value> page =
      connection->client().get(failed ? "/v1/jobs?limit=100&state=failed" : "/v1/jobs?limit=100");
  if (!page) return report(page.error(), globals);
  if (globals.json) {
    print_json(*page);
    return 0;
  }
  const auto jobs = get_array(page->as_object(), "jobs");
  for (size_t i = 0; jobs && i < jobs->size(); i++) {
    const json::object& job = (*jobs)[i].as_object();
    std::printf("%s  %-8s %-9s\n", string_or(job, "id", "").c_str(), string_or(job, "kind", "").c_str(),
                string_or(job, "state", "").c_str());
    const auto error = get_object(job, "error");
    if (failed && error)
      std::printf("  %s: %s\n", string_or(*error, "code", "").c_str(), string_or(*error, "message", "").c_str());
  }
  return 0;
}

int run_show(const std::string& id, const Globals& globals) {
  Result<Connection> connection = Connection::open(globals, "pier jobs");
  if (!connection) return report(connection.error(), globals);
  const Result<json::value> view = connection->client().get("/v1/jobs/" + id);
  if (!view) return report(view.error(), globals);
  if (globals.json)
    print_json(*view);
  else
    print_job(view->as_object());
  return 0;
}

int run_ask(const std::string& id, const std::string& what, const std::string& done, const Globals& globals) {
  Result<Connection> connection = Connection::open(globals, "pier jobs");
  if (!connection) return report(connection.error(), globals);
  const Result<json::value> view = connection->client().post("/v1/jobs/" + id + "/" + what, json::object{});
  if (!view) return report(view.error(), globals);
  if (globals.json)
    print_json(*view);
  else
    std::printf("%s %s\n", id.c_str(), done.c_str());
  return 0;
}

}  // namespace

void add_jobs(CLI::App& app, Globals& globals, Run& run) {
  CLI::App* command = app.add_subcommand("jobs", "List, show, cancel or retry jobs");
  command->require_subcommand(1);
  CLI::App* list = command->add_subcommand("list", "The newest jobs");
  add_globals(*list, globals);
  auto failed = std::make_shared<bool>(false);
  list->add_flag("--failed", *failed, "Only those that failed, each with its cause; show tells every attempt");
  list->callback([failed, &globals, &run] { run = [failed, &globals] { return run_list(*failed, globals); }; });
  auto id = std::make_shared<std::string>();
  CLI::App* show = command->add_subcommand("show", "One job with its progress");
  show->add_option("JOB", *id)->required();
  add_globals(*show, globals);
  show->callback([id, &globals, &run] { run = [id, &globals] { return run_show(*id, globals); }; });
  CLI::App* cancel = command->add_subcommand("cancel", "Stop a job; what is done is kept for the next try");
  cancel->add_option("JOB", *id)->required();
  add_globals(*cancel, globals);
  cancel->callback(
      [id, &globals, &run] { run = [id, &globals] { return run_ask(*id, "cancel", "is cancelled", globals); }; });
  CLI::App* retry =
      command->add_subcommand("retry", "Take a failed or cancelled job up again; what is done stays done");
  retry->add_option("JOB", *id)->required();
  add_globals(*retry, globals);
  retry->callback([id, &globals, &run] {
    run = [id, &globals] { return run_ask(*id, "retry", "is in the queue again", globals); };
  });
}

}  // namespace pier::app
