#include "report_files.hpp"

#include <pier/core/clock.hpp>
#include <pier/core/file.hpp>
#include <pier/reports/signature.hpp>

namespace pier::app {

Result<void> write_renderings(const reports::Document& document, const reports::RenderOptions& options,
                              const ReportFiles& files) {
  if (!files.html.empty()) PIER_CHECK(replace_file(files.html, as_bytes(reports::render_html(document, options))));
  if (files.pdf.empty()) return {};
  PIER_TRY(const Bytes pdf, reports::render_pdf(document, options));
  return replace_file(files.pdf, pdf);
}

Result<std::string> write_signed(const reports::Document& document, const std::string& path,
                                 const std::string& data_directory) {
  const std::string text = json::serialize(reports::to_json(document)) + "\n";
  PIER_TRY(const reports::SigningKey key, reports::SigningKey::open_or_make(reports::signing_key_path(data_directory)));
  PIER_TRY(reports::Signature signature, key.sign(as_bytes(text)));
  signature.made = reports::local_time(Clock::system().now());
  PIER_CHECK(replace_file(path, as_bytes(text)));
  PIER_CHECK(replace_file(reports::signature_path(path), as_bytes(pretty_json(reports::to_json(signature)) + "\n")));
  return reports::fingerprint(signature.public_key);
}

Result<reports::RenderOptions> options_beside(const std::string& report_path, const std::string& language) {
  reports::RenderOptions options;
  options.language = language;
  PIER_TRY(options.disputes, reports::read_disputes(report_path));
  const auto signature = reports::read_signature(reports::signature_path(report_path));
  if (!signature) return options;
  PIER_TRY(const std::string text, read_file(report_path, 256U << 20U));
  if (reports::verifies(*signature, as_bytes(text))) options.signer = reports::fingerprint(signature->public_key);
  return options;
}

}  // namespace pier::app
