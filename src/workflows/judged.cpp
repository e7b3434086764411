#include "judged.hpp"

#include <pier/analysis/attest.hpp>
#include <pier/analysis/profile.hpp>

namespace pier::workflows::impl {
namespace {

constexpr uint64_t kMaxAnalysisBytes = 1U << 30U;
constexpr size_t kNamedRules = 4;

/// Reads the two members of a publish request that describe light; the rest of it does not matter here.
Result<PublishRequest> light_from(const json::value& by_hand) {
  json::object request = by_hand.as_object();
  request["path"] = "/";
  return publish_request_from_json(request);
}

}  // namespace

Result<analysis::AnalysisResult> read_analysis(storage::ObjectStore& store, const ObjectKey& result) {
  PIER_TRY(const Bytes text, storage::read_all(store, result, kMaxAnalysisBytes));
  PIER_TRY(const json::value parsed, parse_json(as_text(text)));
  return analysis::analysis_result_from_json(parsed);
}

json::value packed_by_hand(const PublishRequest& request) {
  if (!request.mastering_display && !request.content_light) return nullptr;
  const json::object all = to_json(request);
  json::object packed;
  for (const char* key : {"mastering_display", "content_light"}) {
    if (const json::value* value = all.if_contains(key); value != nullptr && value->is_object()) packed[key] = *value;
  }
  return packed;
}

Result<media::Facts> facts_with(const json::value& facts_json, const json::value& by_hand) {
  PIER_TRY(media::Facts facts, media::facts_from_json(facts_json));
  if (!by_hand.is_object() || facts.main_video < 0) return facts;
  PIER_TRY(const PublishRequest light, light_from(by_hand));
  media::VideoFacts& video = facts.video[static_cast<size_t>(facts.main_video)];
  if (light.mastering_display) video.mastering_display = light.mastering_display;
  if (light.content_light) video.content_light = light.content_light;
  return facts;
}

Result<analysis::Report> judge(const std::string& data, const std::string& profile_name, const media::Facts& facts,
                               const analysis::AnalysisResult& result) {
  const std::string id = profile_name.empty() ? analysis::choose_profile(facts).id : profile_name;
  PIER_TRY(const analysis::Profile profile,
           analysis::load_profile(id, analysis::profile_directories(), analysis::overlay_directory(data)));
  return analysis::judge(facts, &result, profile);
}

catalogue::ReportRow report_row(const std::string& asset_id, const json::object& report) {
  catalogue::ReportRow row;
  row.asset_id = asset_id;
  row.profile = string_or(report, "profile", "");
  row.verdict = catalogue::verdict_from(string_or(report, "verdict", "")).value_or(catalogue::Verdict::kNotJudged);
  row.body = report;
  return row;
}

std::vector<catalogue::FindingRow> finding_rows(const analysis::AnalysisResult& result) {
  std::vector<catalogue::FindingRow> rows;
  for (const analysis::Finding& finding : result.findings) {
    catalogue::FindingRow row;
    row.id = finding.id;
    row.kind = finding.kind;
    row.severity = analysis::to_string(finding.severity);
    row.stream = finding.stream_index;
    row.start = finding.time.start;
    row.end = finding.time.end;
    row.first_frame = finding.first_frame;
    row.last_frame = finding.last_frame;
    row.details = analysis::to_json(finding);
    rows.push_back(std::move(row));
  }
  return rows;
}

std::vector<catalogue::ShotRow> shot_rows(const analysis::AnalysisResult& result) {
  std::vector<catalogue::ShotRow> rows;
  const auto measured = get_object(result.measures, "shots");
  if (!measured) return rows;
  const auto columns = get_array(*measured, "columns"), list = get_array(*measured, "list");
  for (size_t i = 0; columns && list && i < list->size(); ++i) {
    if (!(*list)[i].is_array()) continue;
    const json::array& values = (*list)[i].as_array();
    json::object shot;
    for (size_t c = 0; c < columns->size() && c < values.size(); ++c) {
      if ((*columns)[c].is_string()) shot[(*columns)[c].as_string()] = values[c];
    }
    rows.push_back({.first_frame = int_or(shot, "first_frame", 0),
                    .last_frame = int_or(shot, "last_frame", 0),
                    .start_seconds = double_or(shot, "start_seconds", 0),
                    .end_seconds = double_or(shot, "end_seconds", 0),
                    .keyframe = int_or(shot, "keyframe", 0),
                    .begins_with = string_or(shot, "begins_with", ""),
                    .transition_frames = int_or(shot, "transition_frames", 0)});
  }
  return rows;
}

std::string broken_rules(const analysis::Report& report) {
  std::string text;
  size_t count = 0;
  for (const analysis::RuleReport& rule : report.rules) {
    const bool broken =
        rule.deciding() && rule.severity == analysis::Severity::kFail && rule.outcome == analysis::RuleOutcome::kBroken;
    if (!broken || ++count > kNamedRules) continue;
    text += (text.empty() ? "" : ", ") + rule.rule;
  }
  if (count > kNamedRules) text += " and " + std::to_string(count - kNamedRules) + " more";
  return text;
}

}  // namespace pier::workflows::impl
