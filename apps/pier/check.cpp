#include <memory>

#include <pier/analysis/report.hpp>
#include <pier/workflows/local.hpp>

#include "commands.hpp"

namespace pier::app {
namespace {

struct Options {
  std::string file;
  std::string profile;
  std::string language = "en";
};

int exit_of(const analysis::Report& report) {
  switch (report.verdict) {
    case analysis::Verdict::kPass:
    case analysis::Verdict::kWarn:
      return 0;
    case analysis::Verdict::kFail:
      return 1;
    case analysis::Verdict::kNotJudged:
      break;
  }
  return 2;
}

int run_check(const Options& options, const Globals& globals) {
  ProgressBar bar("check", globals.json);
  const auto started = std::chrono::steady_clock::now();
  const auto progress = [&](double fraction, int64_t frames) {
    if (std::chrono::steady_clock::now() - started > std::chrono::seconds(2))
      bar.update(fraction, std::to_string(frames) + " frames");
  };
  const Result<json::object> checked = workflows::check_file(options.file, options.profile, progress);
  bar.finish();
  if (!checked) return report(checked.error(), globals);
  const Result<analysis::Report> parsed = analysis::report_from_json(checked->at("report"));
  if (!parsed) return report(parsed.error(), globals);
  if (globals.json)
    print_json(*checked);
  else
    std::fputs(analysis::describe(*parsed, options.language).c_str(), stdout);
  return exit_of(*parsed);
}

}  // namespace

void add_check(CLI::App& app, Globals& globals, Run& run) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("check", "Judge a media file by a profile: is it really UHD?");
  command->add_option("FILE", options->file, "A media file, or the folder or CPL of an IMF package")->required();
  command->add_option("--profile", options->profile, "Profile name or file; chosen by the source when absent")
      ->type_name("P");
  command->add_option("--language", options->language, "Language of the report")->check(CLI::IsMember({"en", "zh"}));
  add_globals(*command, globals, false);
  command->footer("Exit code 0: conform; 1: a deciding rule is broken; 2: not judged, or the file cannot be read.");
  command->callback([options, &globals, &run] { run = [options, &globals] { return run_check(*options, globals); }; });
}

}  // namespace pier::app
