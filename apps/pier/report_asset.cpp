// pier report ASSET: the stored report, or with --profile the stored analysis judged again, without decoding.

#include <memory>

#include <pier/analysis/report.hpp>

#include "report_commands.hpp"
#include "service.hpp"
#include "views.hpp"

namespace pier::app {
namespace {

struct Options {
  std::string asset;
  std::string profile;
  std::string language = "en";
};

int run_report(const Options& options, const Globals& globals) {
  if (options.asset.empty()) {
    return report(
        {ErrorCode::kInvalidArgument,
         "report wants the id of an asset; `pier assets list` shows them, `pier report --help` what else it does",
         {}},
        globals);
  }
  Result<Connection> connection = Connection::open(globals, "pier report");
  if (!connection) return report(connection.error(), globals);
  const std::string address = "/v1/assets/" + options.asset;
  const Result<json::value> answer =
      options.profile.empty() ? connection->client().get(address + "/report")
                              : connection->client().post(address + "/reports",
                                                          json::object{{"profile", absolute_profile(options.profile)}});
  if (!answer) return report(answer.error(), globals);
  const Result<analysis::Report> parsed = analysis::report_from_json(answer->at("body"));
  if (!parsed) return report(parsed.error(), globals);
  if (globals.json) {
    print_json(*answer);
  } else {
    std::printf("%s of asset %s, %s\n\n%s", string_or(answer->as_object(), "id", "").c_str(), options.asset.c_str(),
                string_or(answer->as_object(), "created", "").c_str(),
                analysis::describe(*parsed, options.language).c_str());
  }
  return exit_of(parsed->verdict);
}

}  // namespace

void add_report_asset(CLI::App& command, Globals& globals, Run& run) {
  auto options = std::make_shared<Options>();
  command.add_option("ASSET", options->asset, "An asset: its newest report");
  command
      .add_option(
          "--profile", options->profile,
          "Judge the asset again by this profile (name or file), from its stored analysis; the report is stored")
      ->type_name("P");
  command.add_option("--language", options->language, "Language of the report")->check(CLI::IsMember({"en", "zh"}));
  add_globals(command, globals);
  command.footer("Exit code 0: conform; 1: a deciding rule is broken; 2: not judged, or it could not be done.");
  command.callback([&command, options, &globals, &run] {
    if (command.get_subcommands().empty()) run = [options, &globals] { return run_report(*options, globals); };
  });
}

}  // namespace pier::app
