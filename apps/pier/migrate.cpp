#include <memory>

#include <pier/workflows/migrate.hpp>

#include "commands.hpp"
#include "configuration.hpp"
#include "service.hpp"

namespace pier::app {
namespace {

struct Options {
  std::string database, store;
};

json::object to_json(const workflows::Migrated& moved) {
  json::array kept;
  for (const std::string& path : moved.kept) kept.emplace_back(display_text(path));
  return {{"database", moved.database}, {"store", display_text(moved.store)},
          {"objects", moved.objects},   {"copied", moved.copied},
          {"bytes", moved.bytes},       {"rows", moved.rows},
          {"tables", moved.tables},     {"kept", std::move(kept)}};
}

void print(const workflows::Migrated& moved) {
  if (moved.tables > 0) {
    std::printf("%s objects (%s) and %s rows of %s tables; %s objects were copied by this call, every digest holds\n",
                std::to_string(moved.objects).c_str(), bytes_text(static_cast<int64_t>(moved.bytes)).c_str(),
                std::to_string(moved.rows).c_str(), std::to_string(moved.tables).c_str(),
                std::to_string(moved.copied).c_str());
  }
  if (!moved.database.empty()) std::printf("records lie at   %s\n", display_text(moved.database).c_str());
  if (!moved.store.empty()) std::printf("objects lie in   %s\n", display_text(moved.store).c_str());
  for (const std::string& path : moved.kept) {
    std::printf("the old ones are %s; remove them when `pier verify` passes\n", display_text(path).c_str());
  }
}

int run_migrate(const Options& options, const Globals& globals) {
  catch_interrupts();
  const auto configured = read_configuration(globals);
  if (!configured) return report(configured.error(), globals);
  const workflows::MigrateOptions wish{globals.data, options.database.empty() ? configured->database : options.database,
                                       options.store.empty() ? configured->store : options.store};
  ProgressBar bar("migrate", globals.json);
  const auto began = std::chrono::steady_clock::now();
  const auto moved = workflows::migrate(wish, [&](const workflows::MigrateProgress& now) {
    const double done = static_cast<double>(now.done) / static_cast<double>(std::max<uint64_t>(now.total, 1));
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    bar.update(done, now.step, {.likely = done > 0.01 ? seconds * (1 - done) / done : -1});
    return !interrupted();
  });
  bar.finish();
  if (!moved) return report(moved.error(), globals);
  if (globals.json)
    print_json(to_json(*moved));
  else
    print(*moved);
  return 0;
}

}  // namespace

void add_migrate(CLI::App& app, Globals& globals, Run& run) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "migrate", "Move records to PostgreSQL and objects to S3, and check them there; nothing is deleted");
  command->add_option("--database", options->database, "Where the records go, an empty database of PostgreSQL")
      ->type_name("URL");
  command->add_option("--store", options->store, "Where the objects go: an empty prefix in S3, or an empty directory")
      ->type_name("URL");
  add_globals(*command, globals);
  command->callback(
      [options, &globals, &run] { run = [options, &globals] { return run_migrate(*options, globals); }; });
}

}  // namespace pier::app
