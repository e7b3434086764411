#pragma once
// Files a report is written to, for the commands that make or render one.

#include <string>

#include <pier/reports/render.hpp>

namespace pier::app {

struct ReportFiles {
  std::string html, pdf;  // empty: not wanted
};

/// Renders and writes what is wanted; a file that is there is replaced.
Result<void> write_renderings(const reports::Document& document, const reports::RenderOptions& options,
                              const ReportFiles& files);

/// Writes the report and beside it its signature by the key of the data directory; gives the signer's fingerprint.
Result<std::string> write_signed(const reports::Document& document, const std::string& path,
                                 const std::string& data_directory);

/// Disputes beside a report file, and its signer where the signature holds.
Result<reports::RenderOptions> options_beside(const std::string& report_path, const std::string& language);

}  // namespace pier::app
