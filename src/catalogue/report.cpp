#include <array>

#include <pier/catalogue/report.hpp>
#include <pier/core/id.hpp>

#include "asset_rows.hpp"
#include "stored.hpp"

namespace pier::catalogue {
namespace {

struct VerdictName {
  Verdict verdict;
  std::string_view name;
};
constexpr std::array kVerdicts{VerdictName{Verdict::kPass, "pass"}, VerdictName{Verdict::kWarn, "warn"},
                               VerdictName{Verdict::kFail, "fail"}, VerdictName{Verdict::kNotJudged, "not_judged"}};

constexpr std::string_view kColumns = "id, asset_id, profile, verdict, body, object, created";

Result<ReportRow> report_from(const database::Row& row) {
  ReportRow report;
  report.id = row.text(0);
  report.asset_id = row.text(1);
  report.profile = row.text(2);
  PIER_TRY(report.verdict, verdict_from(row.text(3)));
  PIER_TRY(report.body, impl::json_at(row, 4));
  PIER_TRY(report.object, impl::key_at(row, 5));
  report.created = row.integer(6);
  return report;
}

}  // namespace

std::string_view to_string(Verdict verdict) {
  for (const auto& entry : kVerdicts) {
    if (entry.verdict == verdict) return entry.name;
  }
  return "";
}

Result<Verdict> verdict_from(std::string_view name) {
  for (const auto& entry : kVerdicts) {
    if (entry.name == name) return entry.verdict;
  }
  return fail(ErrorCode::kInvalidArgument, "there is no verdict \"" + display_text(name) + "\"");
}

Result<std::string> add_report(Transaction& tx, std::string_view organisation, const ReportRow& report) {
  PIER_CHECK(impl::hold_asset(tx, organisation, report.asset_id));
  const std::string id = new_id("rpt");
  if (report.object) {
    if (report.object->organisation != organisation) {
      return fail(ErrorCode::kPermission,
                  "object " + storage::to_string(*report.object) + " belongs to another organisation");
    }
    PIER_CHECK(add_reference(tx, *report.object, {"report", id}));
  }
  PIER_CHECK(
      tx.run("INSERT INTO reports (id, asset_id, organisation, profile, verdict, body, object, created)"
             " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
             {id, report.asset_id, organisation, report.profile, to_string(report.verdict),
              impl::stored_json(report.body), impl::stored_key(report.object), tx.now()}));
  return id;
}

Result<std::vector<ReportRow>> list_reports(Session& session, std::string_view organisation,
                                            std::string_view asset_id) {
  PIER_CHECK(impl::living_asset(session, organisation, asset_id));
  static const std::string kSql = impl::select(kColumns, "reports WHERE asset_id = $1 ORDER BY id DESC");
  PIER_TRY(const auto rows, session.all(kSql, {asset_id}));
  std::vector<ReportRow> reports;
  for (const auto& row : rows) {
    PIER_TRY(ReportRow report, report_from(row));
    reports.push_back(std::move(report));
  }
  return reports;
}

Result<ReportRow> show_report(Session& session, std::string_view organisation, std::string_view report_id) {
  static const std::string kSql = impl::select(kColumns, "reports WHERE id = $1 AND organisation = $2");
  PIER_TRY(const auto row, session.one(kSql, {report_id, organisation}));
  if (!row) return fail(ErrorCode::kNotFound, "there is no report " + display_text(report_id));
  PIER_TRY(ReportRow report, report_from(*row));
  if (!impl::living_asset(session, organisation, report.asset_id)) {
    return fail(ErrorCode::kNotFound, "there is no report " + display_text(report_id));
  }
  return report;
}

json::object to_json(const ReportRow& report) {
  return {{"id", report.id},           {"asset", report.asset_id},
          {"profile", report.profile}, {"verdict", to_string(report.verdict)},
          {"body", report.body},       {"created", to_rfc3339(report.created)}};
}

}  // namespace pier::catalogue
