#include <memory>

#include "commands.hpp"
#include "configuration.hpp"
#include "service.hpp"

namespace pier::app {
namespace {

struct Options {
  std::string listen = "127.0.0.1:8080";
  std::string database, store;
  std::vector<std::string> roots;
  int slots = 0;
  double keep_chunks = 7;
  bool no_worker = false;
};

Result<workflows::EngineOptions> engine_options(const Options& options, const Globals& globals) {
  workflows::EngineOptions engine;
  engine.data = globals.data;
  PIER_TRY(const Configuration configured, read_configuration(globals));
  engine.database = options.database.empty() ? configured.database : options.database;
  engine.store = options.store.empty() ? configured.store : options.store;
  engine.prices = configured.prices;
  engine.slots = options.no_worker ? -1 : options.slots;
  engine.keep_chunks_us = static_cast<int64_t>(options.keep_chunks * 86400e6);
  engine.purpose = "pier serve " + options.listen;
  for (const std::string& root : options.roots) {
    const size_t equals = root.find('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == root.size()) {
      return fail(ErrorCode::kInvalidArgument, "--root wants NAME=PATH, not \"" + display_text(root) + "\"");
    }
    engine.roots[root.substr(0, equals)] = root.substr(equals + 1);
  }
  return engine;
}

void greet(Service& service, const Globals& globals, const std::string& address) {
  if (globals.json) {
    json::array layers;
    for (const auto& layer : service.engine().layers()) {
      layers.push_back(json::object{{"name", layer.name}, {"active", layer.active}, {"reason", layer.reason}});
    }
    print_json(
        json::object{{"address", "http://" + address}, {"data", display_text(globals.data)}, {"layers", layers}});
    return;
  }
  const int slots = service.engine().options().slots;
  std::printf("Pier serves http://%s\n  data    %s\n  tasks   %s", address.c_str(), display_text(globals.data).c_str(),
              slots > 0 ? (std::to_string(slots) + " at a time").c_str() : "left to `pier worker`");
  std::string missing;
  for (const auto& layer : service.engine().layers()) {
    if (!layer.active) missing += "\n          " + layer.name + " is missing: " + layer.reason;
  }
  std::printf("%s%s\n", missing.empty() ? ", fully sandboxed" : ", sandboxed; but:", missing.c_str());
  std::fflush(stdout);
}

int run_serve(const Options& options, const Globals& globals) {
  catch_interrupts();
  const Result<net::Endpoint> listen = net::parse_endpoint(options.listen);
  if (!listen) return report(listen.error(), globals);
  const Result<workflows::EngineOptions> engine = engine_options(options, globals);
  if (!engine) return report(engine.error(), globals);
  Result<std::unique_ptr<Service>> service = Service::start(*engine, *listen);
  if (!service) return report(service.error(), globals);
  (*service)->engine().start();
  greet(**service, globals, (*service)->endpoints().front().to_string());
  while (!interrupted()) sleep_interruptibly(std::chrono::hours(1));
  (*service)->stop();
  if (!globals.json) std::printf("stopped\n");
  return 0;
}

}  // namespace

void add_serve(CLI::App& app, Globals& globals, Run& run) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("serve", "Run the server: origin, API, player page and the workers of this machine");
  command->add_option("--listen", options->listen, "Address to listen on")
      ->type_name("HOST:PORT")
      ->capture_default_str();
  command
      ->add_option("--database", options->database,
                   "Where the records lie when several machines share them: postgresql://user@host:port/name; "
                   "remembered (default: DATA/pier.db)")
      ->type_name("URL");
  command
      ->add_option("--store", options->store,
                   "Where the objects lie: a directory, may be a network mount, or s3://bucket/prefix?endpoint=URL; "
                   "remembered (default: DATA/objects)")
      ->type_name("URL");
  command
      ->add_option("--keep-chunks", options->keep_chunks,
                   "Encoded chunks are kept for so long after their publication: a new version of the master then "
                   "encodes only what differs")
      ->type_name("DAYS")
      ->check(CLI::Range(0.0, 3650.0))
      ->capture_default_str();
  command->add_option("--root", options->roots, "Where masters named through the API may lie")->type_name("NAME=PATH");
  command->add_option("--slots", options->slots, "Tasks at a time (default: one a core)")->check(CLI::Range(1, 512));
  command->add_flag("--no-worker", options->no_worker, "Run no tasks: leave them to `pier worker`");
  add_globals(*command, globals);
  command->callback([options, &globals, &run] { run = [options, &globals] { return run_serve(*options, globals); }; });
}

}  // namespace pier::app
