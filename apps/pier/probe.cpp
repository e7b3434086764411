#include <memory>

#include <pier/media/facts.hpp>
#include <pier/workflows/local.hpp>

#include "commands.hpp"

namespace pier::app {
namespace {

struct Options {
  workflows::LocalInput input;
  bool quick = false;
};

int run_probe(const Options& options, const Globals& globals) {
  ProgressBar bar("probe", globals.json);
  const auto started = std::chrono::steady_clock::now();
  const auto progress = [&](double fraction, int64_t) {
    if (std::chrono::steady_clock::now() - started > std::chrono::seconds(2)) bar.update(fraction, "");
  };
  Result<json::object> facts = workflows::probe_file(options.input, options.quick, progress);
  bar.finish();
  if (!facts) return report(facts.error(), globals);
  if (globals.json) {
    print_json(*facts);
    return 0;
  }
  const Result<media::Facts> parsed = media::facts_from_json(*facts);
  if (!parsed) return report(parsed.error(), globals);
  std::fputs(media::describe(*parsed).c_str(), stdout);
  return 0;
}

}  // namespace

void add_probe(CLI::App& app, Globals& globals, Run& run) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("probe", "Show what a media file says about itself, carrier by carrier");
  command->add_option("FILE", options->input.path, kInputHelp)->required();
  command->add_option("--rate", options->input.rate, kRateHelp)->type_name("FPS");
  command->add_flag("--quick", options->quick, "Read a stated sample instead of the whole file");
  add_globals(*command, globals, false);
  command->callback([options, &globals, &run] { run = [options, &globals] { return run_probe(*options, globals); }; });
}

}  // namespace pier::app
