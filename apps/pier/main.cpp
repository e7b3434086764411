#include <clocale>
#include <csignal>
#include <cstring>
#include <exception>

#include <pier/sandbox/program.hpp>
#include <pier/workflows/engine.hpp>

#include "commands.hpp"
#include "version.hpp"

namespace pier::app {

void add_globals(CLI::App& command, Globals& globals, bool with_data) {
  if (with_data) {
    command.add_option("--data", globals.data, "Data directory (records, objects, socket)")
        ->envname("PIER_DATA")
        ->default_str("./data")
        ->type_name("DIR");
    command.add_option("--server", globals.server, "Ask this server instead of the local data directory")
        ->type_name("http://HOST:PORT");
    command.add_option("--config", globals.config, "Configuration file (default: DATA/pier.toml when it is there)")
        ->envname("PIER_CONFIG")
        ->type_name("FILE");
  }
  command.add_flag("--json", globals.json, "Print JSON");
}

namespace {

int main_program(int argc, char** argv) {
  CLI::App app("Pier (栈桥): an open content cloud for ultra-high-definition video", "pier");
  app.set_version_flag("--version", kVersion);
  app.require_subcommand(1);
  app.footer("Exit codes: 0 done, 1 the answer is \"no\", 2 could not be done.");
  Globals globals;
  globals.data = "./data";
  Run run;
  add_probe(app, globals, run);
  add_check(app, globals, run);
  add_compare(app, globals, run);
  add_diff(app, globals, run);
  add_hdr10plus(app, globals, run);
  add_imf(app, globals, run);
  add_convert(app, globals, run);
  add_deliver(app, globals, run);
  add_edit(app, globals, run);
  add_subtitles(app, globals, run);
  add_lut(app, globals, run);
  add_report(app, globals, run);
  add_finding(app, globals, run);
  add_publish(app, globals, run);
  add_estimate(app, globals, run);
  add_serve(app, globals, run);
  add_assets(app, globals, run);
  add_jobs(app, globals, run);
  add_workers(app, globals, run);
  add_profiles(app, globals, run);
  add_migrate(app, globals, run);
  add_verify(app, globals, run);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  return run ? run() : 2;
}

}  // namespace
}  // namespace pier::app

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  if (argc == 2 && std::strcmp(argv[1], "task") == 0) return pier::workflows::run_task_process();
  if (argc > 2 && std::strcmp(argv[1], pier::sandbox::kLaunchWord) == 0)
    return pier::sandbox::run_launched_program({argv + 2, argv + argc});
  try {
    return pier::app::main_program(argc, argv);
  } catch (const std::exception& error) {
    return pier::app::report({pier::ErrorCode::kInternal, std::string("unexpected: ") + error.what(), {}}, {});
  }
}
