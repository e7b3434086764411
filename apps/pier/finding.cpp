#include <memory>

#include <pier/core/clock.hpp>
#include <pier/core/file.hpp>
#include <pier/reports/dispute.hpp>
#include <pier/workflows/local.hpp>

#include "commands.hpp"

namespace pier::app {
namespace {

// ---- bundle

struct BundleOptions {
  std::string id, report, file, folder;
};

int run_bundle(const BundleOptions& options, const Globals& globals) {
  const Result<reports::Document> document = reports::read_document(options.report);
  if (!document) return report(document.error(), globals);
  ProgressBar bar("bundle", globals.json);
  const auto progress = [&](double fraction, int64_t) { bar.update(fraction, ""); };
  const auto exported = workflows::bundle_finding(options.file, *document, options.id, options.folder, progress);
  bar.finish();
  if (!exported) return report(exported.error(), globals);
  if (globals.json) {
    print_json(*exported);
    return 0;
  }
  const auto frames = get_object(*exported, "exported");
  std::printf("%lld pictures in %s/frames.mkv, the case in %s/case.json\n",
              static_cast<long long>(frames ? int_or(*frames, "frames", 0) : 0), options.folder.c_str(),
              options.folder.c_str());
  return 0;
}

void add_bundle(CLI::App& group, Globals& globals, Run& run) {
  auto options = std::make_shared<BundleOptions>();
  CLI::App* command = group.add_subcommand("bundle", "Export the pictures around a finding, without loss, as a case");
  command->add_option("ID", options->id, "The finding (fnd_...)")->required();
  command->add_option("FILE", options->file, "The master of the report")->required();
  command->add_option("--report", options->report, "The JSON report")->required()->type_name("R");
  command->add_option("--out", options->folder, "Folder for frames.mkv and case.json")->required()->type_name("DIR");
  add_globals(*command, globals, false);
  command->callback([options, &globals, &run] { run = [options, &globals] { return run_bundle(*options, globals); }; });
}

// ---- dispute

struct DisputeOptions {
  std::string report;
  reports::Dispute dispute;
};

int run_dispute(DisputeOptions options, const Globals& globals) {
  const Result<reports::Document> document = reports::read_document(options.report);
  if (!document) return report(document.error(), globals);
  options.dispute.made = reports::local_time(Clock::system().now());
  const Result<void> added = reports::add_dispute(options.report, *document, options.dispute);
  if (!added) return report(added.error(), globals);
  const std::string path = reports::disputes_path(options.report);
  if (globals.json) {
    json::object answer{{"finding", options.dispute.finding}};
    put_path(answer, "path", path);
    print_json(answer);
  } else {
    std::printf("kept in %s; the verdict stays, later renderings show it\n", path.c_str());
  }
  return 0;
}

void add_dispute_command(CLI::App& group, Globals& globals, Run& run) {
  auto options = std::make_shared<DisputeOptions>();
  CLI::App* command = group.add_subcommand("dispute", "Say why a finding is wrong or meant; shown in later renderings");
  command->add_option("ID", options->dispute.finding, "The finding (fnd_...)")->required();
  command->add_option("--report", options->report, "The JSON report")->required()->type_name("R");
  command->add_option("--reason", options->dispute.reason, "Why")->required()->type_name("TEXT");
  command->add_option("--by", options->dispute.by, "Who says so")->required()->type_name("WHO");
  add_globals(*command, globals, false);
  command->callback(
      [options, &globals, &run] { run = [options, &globals] { return run_dispute(*options, globals); }; });
}

}  // namespace

void add_finding(CLI::App& app, Globals& globals, Run& run) {
  CLI::App* group = app.add_subcommand("finding", "One finding of a report: export it as a case, or dispute it");
  group->require_subcommand(1);
  add_bundle(*group, globals, run);
  add_dispute_command(*group, globals, run);
}

}  // namespace pier::app
