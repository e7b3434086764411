#pragma once
// Disputed findings: kept in REPORT.disputes.json beside a report, whose own bytes stay as they were signed. A dispute
// changes no verdict; it is shown wherever the finding is.

#include <string>
#include <vector>

#include <pier/reports/document.hpp>

namespace pier::reports {

struct Dispute {
  std::string finding;  // id
  std::string reason, by;
  std::string made;  // RFC 3339 with zone
};

std::string disputes_path(const std::string& report_path);
/// Empty when there is no such file.
Result<std::vector<Dispute>> read_disputes(const std::string& report_path);
/// Adds one and replaces the file. kNotFound when the report has no such finding, kInvalidArgument without reason or
/// name. The caller must be alone: the last of two writers wins.
Result<void> add_dispute(const std::string& report_path, const Document& document, const Dispute& dispute);

}  // namespace pier::reports
