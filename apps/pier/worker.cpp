#include <memory>

#include <unistd.h>

#include <pier/jobs/workers.hpp>

#include "commands.hpp"
#include "configuration.hpp"
#include "service.hpp"

namespace pier::app {
namespace {

struct Options {
  int slots = 0;
  uint64_t memory = 0;
  int64_t lease = 60;
  std::string name, tags, database;
};

int run_worker(const Options& options, const Globals& globals) {
  catch_interrupts();
  workflows::EngineOptions wish;
  wish.data = globals.data;
  const auto configured = read_configuration(globals);
  if (!configured) return report(configured.error(), globals);
  wish.database = options.database.empty() ? configured->database : options.database;
  wish.slots = options.slots;
  wish.memory_bytes = options.memory;
  wish.worker_name = options.name;
  wish.lease = std::chrono::seconds(options.lease);
  const auto tags = jobs::tags_from(options.tags);
  if (!tags) return report(tags.error(), globals);
  wish.tags = *tags;
  const auto engine = workflows::Engine::attach(wish);
  if (!engine) return report(engine.error(), globals);
  (*engine)->start();
  const workflows::EngineOptions& offer = (*engine)->options();
  if (globals.json) {
    print_json(json::object{{"name", offer.worker_name},
                            {"process", ::getpid()},
                            {"slots", offer.slots},
                            {"memory_bytes", offer.memory_bytes}});
  } else {
    std::printf("%s works for %s, %d tasks at a time\n", offer.worker_name.c_str(), display_text(globals.data).c_str(),
                offer.slots);
  }
  std::fflush(stdout);
  while (!interrupted() && !(*engine)->drained()) sleep_interruptibly(std::chrono::milliseconds(200));
  (*engine)->stop();
  if (!globals.json) std::printf("stopped\n");
  return 0;
}

void print_worker(const json::object& worker) {
  std::string tags;
  if (const auto list = get_array(worker, "tags")) {
    for (const json::value& tag : *list) tags += (tags.empty() ? "  tags " : ",") + std::string(tag.as_string());
  }
  std::printf("%s  %-9s %-16s process %-8s %s of %s slots%s  seen %s\n", string_or(worker, "id", "").c_str(),
              string_or(worker, "state", "").c_str(), string_or(worker, "name", "").c_str(),
              std::to_string(int_or(worker, "process", 0)).c_str(),
              std::to_string(int_or(worker, "running", 0)).c_str(), std::to_string(int_or(worker, "slots", 0)).c_str(),
              tags.c_str(), string_or(worker, "seen", "").c_str());
  if (const std::string note = string_or(worker, "note", ""); !note.empty()) std::printf("  %s\n", note.c_str());
}

int run_list(bool gone, const Globals& globals) {
  Result<Connection> connection = Connection::open(globals, "pier workers");
  if (!connection) return report(connection.error(), globals);
  const Result<json::value> answer = connection->client().get(gone ? "/v1/workers?gone=true" : "/v1/workers");
  if (!answer) return report(answer.error(), globals);
  if (globals.json) {
    print_json(*answer);
    return 0;
  }
  const auto workers = get_array(answer->as_object(), "workers");
  for (size_t i = 0; workers && i < workers->size(); i++) print_worker((*workers)[i].as_object());
  return 0;
}

int run_ask(const std::string& id, const std::string& what, const Globals& globals) {
  Result<Connection> connection = Connection::open(globals, "pier workers");
  if (!connection) return report(connection.error(), globals);
  const Result<json::value> worker = connection->client().post("/v1/workers/" + id + "/" + what, json::object{});
  if (!worker) return report(worker.error(), globals);
  if (globals.json)
    print_json(*worker);
  else
    print_worker(worker->as_object());
  return 0;
}

void add_worker(CLI::App& app, Globals& globals, Run& run) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("worker", "Run tasks of a data directory, beside its server");
  command->add_option("--slots", options->slots, "Tasks at a time (default: one a core)")->check(CLI::Range(1, 512));
  command
      ->add_option("--memory", options->memory, "For all tasks together (default: half of the machine's), such as 12GB")
      ->transform(CLI::AsSizeValue(false))
      ->type_name("BYTES");
  command->add_option("--tags", options->tags, "What this worker offers, such as 8k,gpu: tasks that ask for more wait")
      ->type_name("TAG,TAG");
  command
      ->add_option("--database", options->database,
                   "The records it works for when they lie on a server; --data is then a directory of its own")
      ->type_name("URL");
  command->add_option("--name", options->name, "Its name in lists (default: that of the machine)");
  command->add_option("--lease", options->lease, "A task that was not heard of for so long is given to another worker")
      ->type_name("SECONDS")
      ->check(CLI::Range(2, 3600))
      ->capture_default_str();
  add_globals(*command, globals);
  command->callback([options, &globals, &run] { run = [options, &globals] { return run_worker(*options, globals); }; });
}

}  // namespace

void add_workers(CLI::App& app, Globals& globals, Run& run) {
  add_worker(app, globals, run);
  CLI::App* command = app.add_subcommand("workers", "List workers, or ask one to pause, drain or go on");
  command->require_subcommand(1);
  auto gone = std::make_shared<bool>(false);
  CLI::App* list = command->add_subcommand("list", "Who runs tasks now");
  list->add_flag("--gone", *gone, "Also those that ended");
  add_globals(*list, globals);
  list->callback([gone, &globals, &run] { run = [gone, &globals] { return run_list(*gone, globals); }; });
  auto id = std::make_shared<std::string>();
  for (const auto& [what, help] :
       {std::pair{"pause", "It takes nothing more until it is resumed"},
        std::pair{"drain", "It finishes what it runs, then it ends"}, std::pair{"resume", "It takes tasks again"}}) {
    CLI::App* ask = command->add_subcommand(what, help);
    ask->add_option("WORKER", *id)->required();
    add_globals(*ask, globals);
    ask->callback([id, name = std::string(what), &globals, &run] {
      run = [id, name, &globals] { return run_ask(*id, name, globals); };
    });
  }
}

}  // namespace pier::app
