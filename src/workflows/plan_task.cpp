// plan: judges the master by its profile, fits the ladder, cuts the programme into chunks and adds the tasks.

#include <pier/analysis/analyse.hpp>
#include <pier/analysis/profile.hpp>
#include <pier/analysis/report.hpp>
#include <pier/catalogue/report.hpp>
#include <pier/core/log.hpp>
#include <pier/media/facts.hpp>
#include <pier/transcode/plan.hpp>

#include "publish_parts.hpp"
#include "task_kind.hpp"

namespace pier::workflows::impl {
namespace {

struct Analysed {
  analysis::AnalysisResult result;
  std::vector<ObjectKey> keys;
};

Result<Analysed> read_analysis(Context& context, const TaskRow& task) {
  PIER_TRY(const std::vector<TaskRow> before, dependency_rows(context, task));
  Analysed analysed;
  PIER_TRY(analysed.keys, objects_of(before.at(0).result));
  constexpr uint64_t kLimit = 1U << 30U;
  PIER_TRY(const Bytes frames, storage::read_all(context.store, analysed.keys.at(0), kLimit));
  PIER_TRY(const Bytes text, storage::read_all(context.store, analysed.keys.at(1), kLimit));
  PIER_TRY(const json::value parsed, parse_json(as_text(text)));
  PIER_TRY(analysed.result, analysis::analysis_result_from_json(parsed));
  PIER_TRY(analysed.result.frames, analysis::frame_table_from_bytes(frames));
  return analysed;
}

/// Metadata given by hand replaces what the file says, and is told.
void set_by_hand(media::Facts& facts, const PublishRequest& request) {
  media::VideoFacts& video = facts.video[static_cast<size_t>(facts.main_video)];
  if (request.mastering_display) {
    video.mastering_display = request.mastering_display;
    log::info("mastering display set by hand", {{"path", display_text(request.path)}});
  }
  if (request.content_light) {
    video.content_light = request.content_light;
    log::info("content light set by hand", {{"path", display_text(request.path)}});
  }
}

Result<analysis::Report> judge(const PublishRequest& request, const media::Facts& facts,
                               const analysis::AnalysisResult& result) {
  const std::string profile_id = request.profile.empty() ? analysis::choose_profile(facts).id : request.profile;
  PIER_TRY(const analysis::Profile profile, analysis::load_profile(profile_id));
  return analysis::judge(facts, &result, profile);
}

Result<transcode::PlanRequest> plan_request(Context& context, const catalogue::AssetRow& asset,
                                            const PublishRequest& request, const media::Facts& facts) {
  transcode::PlanRequest plan;
  const std::string name = request.ladder.empty() ? transcode::choose_ladder(facts) : request.ladder;
  PIER_TRY(plan.ladder, transcode::load_ladder(context.options.ladders, name));
  plan.only_rungs = request.rungs;
  PIER_TRY(plan.in, parse_point(request.in, asset.facts.as_object()));
  PIER_TRY(plan.out, parse_point(request.out, asset.facts.as_object()));
  if (!request.audio_map.empty()) {
    PIER_TRY(plan.audio_map, transcode::parse_audio_map(request.audio_map, facts));
  }
  return plan;
}

Result<Work> prepare(Context& context, const TaskRow& task) {
  PIER_TRY(const catalogue::AssetRow asset, asset_of(context, task));
  PIER_TRY(const PublishRequest request, request_of(context, task));
  PIER_TRY(media::Facts facts, media::facts_from_json(asset.facts));
  set_by_hand(facts, request);
  PIER_TRY(const Analysed analysed, read_analysis(context, task));
  PIER_TRY(const analysis::Report report, judge(request, facts, analysed.result));
  PIER_TRY(const transcode::PlanRequest wanted, plan_request(context, asset, request, facts));
  PIER_TRY(const transcode::PublishPlan plan, transcode::plan_publication(facts, analysed.result, wanted));
  PIER_TRY(database::Snapshot snapshot, context.database.read());
  PIER_TRY(const catalogue::MasterRow master, catalogue::find_master(snapshot, asset.organisation, asset.master_id));
  PIER_TRY(json::object planned, describe_tasks(plan, asset.id, to_hex(master.sha256)));
  planned["report"] = analysis::to_json(report);
  json::array findings;
  for (const analysis::Finding& finding : analysed.result.findings) findings.emplace_back(analysis::to_json(finding));
  planned["findings"] = std::move(findings);
  planned["profile"] = report.profile;
  planned["verdict"] = analysis::to_string(report.verdict);
  json::array keys;
  for (const ObjectKey& key : analysed.keys) keys.emplace_back(storage::to_string(key));
  planned.at("grid").as_object()["objects"] = keys;
  planned["objects"] = std::move(keys);
  Work work;
  work.params = std::move(planned);
  return work;
}

Result<void> store_report(Transaction& tx, const TaskRow& task, const json::object& planned,
                          const std::string& asset_id) {
  catalogue::ReportRow row;
  row.asset_id = asset_id;
  row.profile = std::string(planned.at("profile").as_string());
  const std::string verdict(planned.at("verdict").as_string());
  // The catalogue knows pass, warn and fail; what could not be judged is no pass, and the report says which it was.
  row.verdict = verdict == "pass"   ? catalogue::Verdict::kPass
                : verdict == "fail" ? catalogue::Verdict::kFail
                                    : catalogue::Verdict::kWarn;
  row.body = planned.at("report");
  std::vector<catalogue::FindingRow> findings;
  for (const json::value& packed : planned.at("findings").as_array()) {
    catalogue::FindingRow finding;
    finding.kind = string_or(packed.as_object(), "kind", "");
    finding.severity = string_or(packed.as_object(), "severity", "info");
    finding.details = packed;
    findings.push_back(std::move(finding));
  }
  PIER_CHECK(catalogue::add_report(tx, task.organisation, row, findings));
  return {};
}

Result<json::object> commit(Context&, Transaction& tx, const TaskRow& task, const json::object& planned,
                            std::span<const ObjectInfo>) {
  PIER_TRY(const std::string asset_id, get_string(planned, "asset"));
  PIER_TRY(const std::vector<ObjectKey> keys, objects_of(planned));
  for (const ObjectKey& key : keys) PIER_CHECK(catalogue::add_reference(tx, key, {"asset", asset_id}));
  catalogue::AssetChange change;
  change.ladder = string_or(planned.at("grid").as_object(), "ladder", "");
  change.profile = std::string(planned.at("profile").as_string());
  change.audio_map = planned.at("audio_map");
  PIER_CHECK(catalogue::update_asset(tx, task.organisation, asset_id, change));
  PIER_CHECK(store_report(tx, task, planned, asset_id));
  PIER_CHECK(add_publication_tasks(tx, task, planned));
  return json::object{{"asset", asset_id}, {"verdict", planned.at("verdict")}};
}

}  // namespace

const TaskKind kPlanTask{"plan", 1, false, prepare, nullptr, commit};

}  // namespace pier::workflows::impl
