#include "package_findings.hpp"

#include <map>

#include "finding_kinds.hpp"

namespace pier::analysis::impl {

namespace {

constexpr size_t kMaxFiles = 100;  // of one kind that are listed

// Lists that tell less than they could are no damage.
Severity severity_of(std::string_view kind) {
  return kind == "unlisted" || kind == "hash_unknown" ? Severity::kWarn : Severity::kFail;
}

}  // namespace

void add_no_package(AnalysisResult& result) {
  for (const char* source : {"package", "sequence"}) {
    for (const std::string_view kind : kinds_of(source)) result.looked_for.emplace_back(kind);
  }
}

void add_package(const media::PackageReport& report, AnalysisResult& result) {
  std::map<std::string, std::pair<int64_t, json::array>> by_kind;
  for (const media::PackageIssue& issue : report.issues) {
    auto& [count, files] = by_kind[issue.kind];
    ++count;
    if (files.size() >= kMaxFiles) continue;
    files.push_back({{"file", issue.file}, {"expected", issue.expected}, {"found", issue.found}});
  }
  json::object& counts = result.measures["findings"].is_object() ? result.measures["findings"].get_object()
                                                                 : result.measures["findings"].emplace_object();
  for (auto& [kind, issues] : by_kind) {
    Finding finding;
    finding.kind = "package." + kind;
    finding.severity = severity_of(kind);
    finding.measures = {{"count", issues.first}, {"files", std::move(issues.second)}};
    set_id(finding);
    counts[finding.kind] = {{"count", 1}, {"seconds", 0.0}, {"listed", 1}};
    result.findings.push_back(std::move(finding));
  }
  sort_findings(result.findings);
  for (const std::string_view kind : kinds_of("package")) {
    if (report.hashes_checked || !kind.starts_with("package.hash")) result.looked_for.emplace_back(kind);
  }
  for (const std::string_view kind : kinds_of("sequence")) result.looked_for.emplace_back(kind);
  json::array compositions;
  for (const media::PackageComposition& composition : report.compositions) {
    compositions.push_back({{"file", composition.file},
                            {"id", composition.id},
                            {"title", composition.title},
                            {"edit_rate", composition.edit_rate.to_string()},
                            {"duration_seconds", composition.duration.value()},
                            {"chosen", composition.chosen}});
  }
  result.measures["package"] = {{"compositions", std::move(compositions)}, {"assets", report.assets},
                                {"packing_lists", report.packing_lists},   {"hashes_checked", report.hashes_checked},
                                {"hashed_assets", report.hashed_assets},   {"issues", report.issue_count}};
}

}  // namespace pier::analysis::impl
