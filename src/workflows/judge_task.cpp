// judge: the verdict on the master, before anything is planned or encoded. Analysis, findings and report are stored
// with the asset, whatever the verdict is; the plan then asks the policy of the publication.

#include <pier/core/log.hpp>

#include "judged.hpp"

namespace pier::workflows::impl {
namespace {

Result<Work> prepare(Context& context, const TaskRow& task) {
  PIER_TRY(const catalogue::AssetRow asset, asset_of(context, task));
  PIER_TRY(const PublishRequest request, request_of(context, task));
  PIER_TRY(const std::vector<TaskRow> before, dependency_rows(context, task));
  PIER_TRY(const std::vector<ObjectKey> keys, objects_of(before.at(0).result));
  const json::value by_hand = packed_by_hand(request);
  if (!by_hand.is_null())
    log::info("light set by hand", {{"path", display_text(request.path)}, {"set", json::serialize(by_hand)}});
  PIER_TRY(const media::Facts facts, facts_with(asset.facts, by_hand));
  PIER_TRY(const analysis::AnalysisResult result, read_analysis(context.store, keys.at(1)));
  PIER_TRY(const analysis::Report report, judge(context.options.data, request.profile, facts, result));
  Work work;
  work.params = {{"frames", storage::to_string(keys.at(0))},
                 {"result", storage::to_string(keys.at(1))},
                 {"by_hand", by_hand},
                 {"report", analysis::to_json(report)},
                 {"analysis", analysis::to_json(result)},
                 {"broken", broken_rules(report)}};
  return work;
}

Result<json::object> commit(Context&, Transaction& tx, const TaskRow& task, const json::object& judged,
                            std::span<const ObjectInfo>) {
  PIER_TRY(const std::string asset_id, get_string(task.params.as_object(), "asset"));
  PIER_TRY(const analysis::AnalysisResult result, analysis::analysis_result_from_json(judged.at("analysis")));
  catalogue::AnalysisRow row;
  row.asset_id = asset_id;
  PIER_TRY(row.frames, storage::parse_key(string_or(judged, "frames", "")));
  PIER_TRY(row.result, storage::parse_key(string_or(judged, "result", "")));
  row.engine = result.engine;
  row.by_hand = judged.at("by_hand");
  if (const json::value* totals = result.measures.if_contains("findings")) row.totals = *totals;
  PIER_CHECK(catalogue::store_analysis(tx, task.organisation, row, finding_rows(result), shot_rows(result)));
  const json::object& report = judged.at("report").as_object();
  PIER_TRY(const std::string report_id, catalogue::add_report(tx, task.organisation, report_row(asset_id, report)));
  catalogue::AssetChange change;
  change.profile = string_or(report, "profile", "");
  PIER_CHECK(catalogue::update_asset(tx, task.organisation, asset_id, change));
  return json::object{{"asset", asset_id},
                      {"report", report_id},
                      {"profile", report.at("profile")},
                      {"verdict", report.at("verdict")},
                      {"broken", judged.at("broken")}};
}

}  // namespace

const TaskKind kJudgeTask{"judge", 1, false, prepare, nullptr, commit};

}  // namespace pier::workflows::impl
