#include <memory>

#include <pier/analysis/attest.hpp>
#include <pier/analysis/report.hpp>
#include <pier/workflows/local.hpp>

#include "check_feed.hpp"
#include "commands.hpp"
#include "report_files.hpp"
#include "version.hpp"
#include "views.hpp"

namespace pier::app {
namespace {

struct Options {
  workflows::CheckRequest request;
  std::string language = "en";
  std::string report;
  ReportFiles files;
  bool feed = false;
  FeedOptions of_feed;
};

Result<void> write_files(const reports::Document& document, const Options& options, const Globals& globals) {
  reports::RenderOptions rendering;
  rendering.language = options.language;
  if (!options.report.empty()) {
    PIER_TRY(rendering.signer, write_signed(document, options.report, globals.data));
  }
  if (options.files.html.empty() && options.files.pdf.empty()) return {};
  // Of the document as it reads back: `pier report render` then gives the same bytes to the last decimal.
  PIER_TRY(const json::value written, parse_json(json::serialize(reports::to_json(document))));
  PIER_TRY(const reports::Document read_back, reports::document_from_json(written));
  return write_renderings(read_back, rendering, options.files);
}

/// The options of a feed, and those that both have.
int run_feed(Options options, const Globals& globals) {
  if (!options.request.in.empty() || !options.request.out.empty() || !options.request.input.rate.empty() ||
      !options.report.empty() || !options.files.html.empty() || !options.files.pdf.empty()) {
    return report(
        {ErrorCode::kInvalidArgument,
         "--in, --out, --rate, --report, --html and --pdf are about a file; with --feed reports go to --reports DIR",
         {}},
        globals);
  }
  options.of_feed.language = options.language;
  options.of_feed.request.input = options.request.input.path;
  options.of_feed.request.profile = options.request.profile;
  options.of_feed.request.waivers = options.request.waivers;
  return check_feed(std::move(options.of_feed), globals);
}

int run_check(Options options, const Globals& globals) {
  if (options.feed) return run_feed(std::move(options), globals);
  ProgressBar bar("check", globals.json);
  const auto started = std::chrono::steady_clock::now();
  const auto progress = [&](double fraction, int64_t frames) {
    if (std::chrono::steady_clock::now() - started > std::chrono::seconds(2))
      bar.update(fraction, std::to_string(frames) + " frames");
  };
  options.request.stills = !(options.report.empty() && options.files.html.empty() && options.files.pdf.empty());
  options.request.program = kVersion;
  options.request.overlays = analysis::overlay_directory(globals.data);
  const Result<reports::Document> document = workflows::check_file(options.request, progress);
  bar.finish();
  if (!document) return report(document.error(), globals);
  if (const Result<void> written = write_files(*document, options, globals); !written)
    return report(written.error(), globals);
  if (globals.json)
    print_json(reports::to_json(*document));
  else
    std::fputs(analysis::describe(document->report, options.language).c_str(), stdout);
  return exit_of(document->report.verdict);
}

}  // namespace

void add_check(CLI::App& app, Globals& globals, Run& run) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("check", "Judge a media file by a profile: is it really UHD?");
  command->add_option("FILE", options->request.input.path, kInputHelp)->required();
  command->add_option("--rate", options->request.input.rate, kRateHelp)->type_name("FPS");
  command->add_option("--profile", options->request.profile, "Profile name or file; chosen by the source when absent")
      ->type_name("P");
  command->add_option("--in", options->request.in, "The programme starts here: source time code, or seconds")
      ->type_name("TC");
  command->add_option("--out", options->request.out, "The programme ends before this")->type_name("TC");
  command
      ->add_option("--waivers", options->request.waivers,
                   "What is let pass, by whom, why and until when (TOML or JSON)")
      ->type_name("FILE");
  command->add_option("--language", options->language, "Language of the report")->check(CLI::IsMember({"en", "zh"}));
  command->add_option("--report", options->report, "Write the report as JSON, and its signature as OUT.sig")
      ->type_name("OUT");
  command->add_option("--html", options->files.html, "Write the report as one HTML file")->type_name("OUT");
  command->add_option("--pdf", options->files.pdf, "Write the report as PDF")->type_name("OUT");
  add_feed_options(*command, options->feed, options->of_feed);
  command
      ->add_option("--data", globals.data,
                   "Data directory: attested rules are read there, and the key for --report lies there")
      ->envname("PIER_DATA")
      ->default_str("./data")
      ->type_name("DIR");
  add_globals(*command, globals, false);
  command->footer("Exit code 0: conform; 1: a deciding rule is broken; 2: not judged, or the file cannot be read.");
  command->callback([options, &globals, &run] { run = [options, &globals] { return run_check(*options, globals); }; });
}

}  // namespace pier::app
