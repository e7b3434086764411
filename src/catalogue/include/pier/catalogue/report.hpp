#pragma once
// Reports: the verdict on one asset under one profile.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <pier/catalogue/object_rows.hpp>
#include <pier/core/json.hpp>

namespace pier::catalogue {

enum class Verdict { kPass, kWarn, kFail, kNotJudged };
std::string_view to_string(Verdict verdict);  // "pass" "warn" "fail" "not_judged"
Result<Verdict> verdict_from(std::string_view name);

struct ReportRow {
  std::string id;  // rpt_..., given by add_report
  std::string asset_id;
  std::string profile;
  Verdict verdict = Verdict::kPass;
  json::value body;                 // the whole report, or null when it lies in `object`
  std::optional<ObjectKey> object;  // must have its row; add_report refers to it
  WallTime created = 0;
};

/// Gives the id. kNotFound when the asset is unknown to the organisation or deleted.
Result<std::string> add_report(Transaction& tx, std::string_view organisation, const ReportRow& report);

/// Newest first.
Result<std::vector<ReportRow>> list_reports(Session& session, std::string_view organisation, std::string_view asset_id);
Result<ReportRow> show_report(Session& session, std::string_view organisation, std::string_view report_id);
json::object to_json(const ReportRow& report);

}  // namespace pier::catalogue
