#include <memory>

#include "commands.hpp"
#include "service.hpp"

namespace pier::app {
namespace {

int show_outcome(const json::object& view, const Globals& globals) {
  const json::object& job = view.at("job").as_object();
  if (string_or(job, "state", "") != "done") {
    const auto said = get_object(job, "error");
    return report({ErrorCode::kInternal, said ? string_or(*said, "message", "") : "the verification was cancelled", {}},
                  globals);
  }
  const auto outcome = get_object(job, "result");
  const bool ok = outcome && bool_or(*outcome, "ok", false);
  if (globals.json) {
    print_json(outcome ? json::value(*outcome) : json::value(nullptr));
    return ok ? 0 : 1;
  }
  const auto checked = outcome ? get_array(*outcome, "checked") : json::array();
  for (size_t i = 0; checked && i < checked->size(); i++) {
    const json::object& one = (*checked)[i].as_object();
    const bool held = bool_or(one, "ok", false);
    std::printf("%-6s %-16s %s\n", held ? "holds" : "BROKEN", string_or(one, "what", "").c_str(),
                string_or(one, "message", "").c_str());
  }
  std::printf("%s\n", ok ? "everything verifies"
                         : "not everything verifies; publish the broken assets again from their masters");
  return ok ? 0 : 1;
}

int run_verify(const std::string& asset, const Globals& globals) {
  catch_interrupts();
  Result<Connection> connection = Connection::open(globals, "pier verify");
  if (!connection) return report(connection.error(), globals);
  json::object body{{"kind", "verify"}};
  if (!asset.empty()) body["asset"] = asset;
  const Result<json::value> posted = connection->client().post("/v1/jobs", body);
  if (!posted) return report(posted.error(), globals);
  connection->start_workers();
  const auto job = get_object(posted->as_object(), "job");
  const std::string id = job ? string_or(*job, "id", "") : string_or(posted->as_object(), "id", "");
  const Result<json::object> view = follow_job(connection->client(), id, "verify", globals.json);
  if (!view) return report(view.error(), globals);
  return show_outcome(*view, globals);
}

}  // namespace

void add_verify(CLI::App& app, Globals& globals, Run& run) {
  auto asset = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand(
      "verify", "Every object against its digest, every track decoded, every index against its file");
  command->add_option("ASSET", *asset, "All published assets when absent");
  add_globals(*command, globals);
  command->callback([asset, &globals, &run] { run = [asset, &globals] { return run_verify(*asset, globals); }; });
}

}  // namespace pier::app
