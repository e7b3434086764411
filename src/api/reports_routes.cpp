#include <pier/catalogue/analysis.hpp>
#include <pier/catalogue/asset.hpp>
#include <pier/catalogue/report.hpp>

#include "body.hpp"
#include "routes.hpp"

namespace pier::api::impl {
namespace {

constexpr size_t kFirstFindings = 500;  // that come with a report

Result<json::value> report_body(const catalogue::ReportRow& report, storage::ObjectStore& store) {
  if (!report.object) return report.body;
  PIER_TRY(const Bytes bytes, storage::read_all(store, *report.object));
  return parse_json(as_text(bytes), 64);
}

void put_page(const catalogue::FindingPage& page, std::string_view next, json::object& answer) {
  json::array list;
  for (const catalogue::FindingRow& finding : page.findings) list.emplace_back(catalogue::to_json(finding));
  answer["findings"] = std::move(list);
  if (!page.next.empty()) answer[next] = page.next;
}

}  // namespace

Result<net::Response> show_report(const net::Request& request, const Context& context) {
  PIER_CHECK(refuse_unknown_parameters(request, {"profile"}));
  const std::string& organisation = context.options.organisation;
  PIER_TRY(database::Snapshot snapshot, context.engine.database().read());
  PIER_CHECK(catalogue::show_asset(snapshot, organisation, context.id));
  PIER_TRY(const auto reports, catalogue::list_reports(snapshot, organisation, context.id));
  const auto profile = request.parameter("profile");
  for (const catalogue::ReportRow& report : reports) {
    if (profile && report.profile != *profile) continue;
    json::object answer = catalogue::to_json(report);
    PIER_TRY(answer["body"], report_body(report, context.engine.store()));
    PIER_TRY(const catalogue::FindingPage page,
             catalogue::list_findings(snapshot, organisation, context.id, {}, kFirstFindings));
    put_page(page, "findings_next", answer);
    return json_response(200, answer);
  }
  return fail(ErrorCode::kNotFound, "asset " + std::string(context.id) + " has no report" +
                                        (profile ? " under profile " + std::string(*profile) : " yet"));
}

Result<net::Response> judge_asset(const net::Request& request, const Context& context) {
  PIER_TRY(const json::object body, read_object(request));
  PIER_CHECK(refuse_unknown(body, {"profile"}, "body"));
  PIER_CHECK(check_member(body, "profile", Kind::kText, "body"));
  const std::string profile = string_or(body, "profile", "");
  if (profile.empty()) return fail(ErrorCode::kInvalidArgument, "body.profile is missing: the profile to judge by");
  PIER_CHECK(check_profile_name(profile, request, "body"));
  PIER_TRY(const json::object view,
           context.engine.judge(context.options.organisation, std::string(context.id), profile));
  return json_response(bool_or(view, "stored", false) ? 201 : 200, view);
}

Result<net::Response> list_findings(const net::Request& request, const Context& context) {
  PIER_CHECK(refuse_unknown_parameters(request, {"limit", "cursor", "kind", "severity"}));
  PIER_TRY(const size_t limit, read_limit(request));
  catalogue::FindingFilter filter;
  filter.kind = request.parameter("kind").value_or("");
  filter.severity = request.parameter("severity").value_or("");
  if (!filter.severity.empty() && filter.severity != "info" && filter.severity != "warn" && filter.severity != "fail")
    return fail(ErrorCode::kInvalidArgument, "severity must be info, warn or fail");
  PIER_TRY(database::Snapshot snapshot, context.engine.database().read());
  const std::string& organisation = context.options.organisation;
  PIER_TRY(const catalogue::AnalysisRow analysed, catalogue::find_analysis(snapshot, organisation, context.id));
  PIER_TRY(const catalogue::FindingPage page,
           catalogue::list_findings(snapshot, organisation, context.id, filter, limit,
                                    request.parameter("cursor").value_or("")));
  json::object answer{{"engine", analysed.engine}, {"totals", analysed.totals}};
  put_page(page, "next", answer);
  return json_response(200, answer);
}

Result<net::Response> list_shots(const net::Request& request, const Context& context) {
  PIER_CHECK(refuse_unknown_parameters(request, {"limit", "cursor"}));
  PIER_TRY(const size_t limit, read_limit(request));
  PIER_TRY(database::Snapshot snapshot, context.engine.database().read());
  const std::string& organisation = context.options.organisation;
  PIER_CHECK(catalogue::find_analysis(snapshot, organisation, context.id));
  PIER_TRY(const catalogue::ShotPage page,
           catalogue::list_shots(snapshot, organisation, context.id, limit, request.parameter("cursor").value_or("")));
  json::array list;
  for (const catalogue::ShotRow& shot : page.shots) list.emplace_back(catalogue::to_json(shot));
  json::object answer{{"shots", std::move(list)}};
  if (!page.next.empty()) answer["next"] = page.next;
  return json_response(200, answer);
}

}  // namespace pier::api::impl
