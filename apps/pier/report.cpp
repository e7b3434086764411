#include <memory>

#include <pier/core/file.hpp>
#include <pier/media/source.hpp>
#include <pier/reports/signature.hpp>

#include "commands.hpp"
#include "report_commands.hpp"
#include "report_files.hpp"

namespace pier::app {
namespace {

constexpr size_t kMaxReport = 256U << 20U;

// ---- verify

struct VerifyOptions {
  std::string report, file, key;
};

/// What held and what did not, in words.
struct Finding {
  bool ok = true;
  std::string message;
};

Finding check_signature(const reports::Signature& signature, const std::string& text, const Bytes& pinned) {
  const std::string signer = reports::fingerprint(signature.public_key);
  if (!reports::verifies(signature, as_bytes(text))) {
    return {false, signature.sha256 == to_hex(sha256(as_bytes(text)))
                       ? "the signature is not one of key " + signer
                       : "the report is not the one that was signed: its bytes were changed"};
  }
  if (!pinned.empty() && pinned != signature.public_key) {
    return {false,
            "signed by key " + signer + ", not by the key that was asked for (" + reports::fingerprint(pinned) + ")"};
  }
  return {true, "signed by key " + signer + (pinned.empty() ? " (whose it is, --key can say)" : "")};
}

Result<Finding> check_master(const std::string& text, const std::string& file) {
  PIER_TRY(const json::value parsed, parse_json(text));
  PIER_TRY(const reports::Document document, reports::document_from_json(parsed));
  PIER_TRY(const media::Source source, media::open_input(file));
  PIER_TRY(const media::SourceReference reference, media::identify(source));
  const std::string actual = to_hex(reference.sha256);
  if (actual == document.master.sha256)
    return Finding{true, display_text(file) + " is the master of this report (SHA-256 " + actual + ")"};
  return Finding{false, display_text(file) + " is not the master of this report: its SHA-256 is " + actual +
                            ", the report's is " + document.master.sha256};
}

Result<std::vector<Finding>> verify(const VerifyOptions& options) {
  PIER_TRY(const std::string text, read_file(options.report, kMaxReport));
  PIER_TRY(const reports::Signature signature, reports::read_signature(reports::signature_path(options.report)));
  Bytes pinned;
  if (!options.key.empty()) {
    PIER_TRY(pinned, reports::read_public_key(options.key));
  }
  std::vector<Finding> findings{check_signature(signature, text, pinned)};
  if (options.file.empty() || !findings.front().ok) return findings;
  PIER_TRY(Finding master, check_master(text, options.file));
  findings.push_back(std::move(master));
  return findings;
}

int run_verify_report(const VerifyOptions& options, const Globals& globals) {
  const auto findings = verify(options);
  if (!findings) return report(findings.error(), globals);
  bool ok = true;
  json::array checked;
  for (const Finding& finding : *findings) {
    ok = ok && finding.ok;
    checked.push_back(json::object{{"ok", finding.ok}, {"message", finding.message}});
    if (!globals.json) std::printf("%-6s %s\n", finding.ok ? "holds" : "BROKEN", finding.message.c_str());
  }
  if (globals.json) print_json(json::object{{"ok", ok}, {"checked", std::move(checked)}});
  return ok ? 0 : 1;
}

// ---- render

struct RenderOptions {
  std::string report;
  std::string language = "en";
  ReportFiles files;
};

Result<void> render(const RenderOptions& options) {
  PIER_TRY(const reports::Document document, reports::read_document(options.report));
  PIER_TRY(const reports::RenderOptions beside, options_beside(options.report, options.language));
  return write_renderings(document, beside, options.files);
}

int run_render(const RenderOptions& options, const Globals& globals) {
  if (options.files.html.empty() && options.files.pdf.empty())
    return report({ErrorCode::kInvalidArgument, "say where to: --html OUT, --pdf OUT, or both", {}}, globals);
  if (const Result<void> done = render(options); !done) return report(done.error(), globals);
  if (globals.json) print_json(json::object{{"html", options.files.html}, {"pdf", options.files.pdf}});
  return 0;
}

void add_verify_report(CLI::App& group, Globals& globals, Run& run) {
  auto options = std::make_shared<VerifyOptions>();
  CLI::App* command = group.add_subcommand("verify", "Is this the report that was signed, and about this file?");
  command->add_option("REPORT", options->report, "The JSON report; its signature is REPORT.sig")->required();
  command->add_option("FILE", options->file, "The master: its SHA-256 must be the report's");
  command->add_option("--key", options->key, "The signer's public key: PEM or .sig file, or 32 bytes in base64 or hex")
      ->type_name("PUBLIC");
  add_globals(*command, globals, false);
  command->footer("Exit code 0: yes; 1: no; 2: cannot be told.");
  command->callback(
      [options, &globals, &run] { run = [options, &globals] { return run_verify_report(*options, globals); }; });
}

void add_render(CLI::App& group, Globals& globals, Run& run) {
  auto options = std::make_shared<RenderOptions>();
  CLI::App* command = group.add_subcommand("render", "Print a JSON report again as HTML or PDF");
  command->add_option("REPORT", options->report, "The JSON report")->required();
  command->add_option("--html", options->files.html, "One HTML file")->type_name("OUT");
  command->add_option("--pdf", options->files.pdf, "PDF on A4")->type_name("OUT");
  command->add_option("--language", options->language, "Language of the rendering")->check(CLI::IsMember({"en", "zh"}));
  add_globals(*command, globals, false);
  command->callback([options, &globals, &run] { run = [options, &globals] { return run_render(*options, globals); }; });
}

}  // namespace

void add_report(CLI::App& app, Globals& globals, Run& run) {
  CLI::App* group = app.add_subcommand(
      "report", "The report of an asset, judged again if wished; or of a file: verify it, print it again");
  group->require_subcommand(0, 1);
  add_report_asset(*group, globals, run);
  add_verify_report(*group, globals, run);
  add_render(*group, globals, run);
}

}  // namespace pier::app
