// plan: asks the policy what the verdict means, fits the ladder, cuts the programme into chunks and adds the tasks.

#include <pier/transcode/plan.hpp>

#include "encoder_choice.hpp"
#include "judged.hpp"
#include "publish_parts.hpp"
#include "publish_texts.hpp"

namespace pier::workflows::impl {
namespace {

struct Before {
  analysis::AnalysisResult analysed;
  std::vector<ObjectKey> keys;  // frame table, analysis, packet table
  json::object judged;          // the judge task's result
};

Failure begun_by_an_older_version() {
  return fail(ErrorCode::kInvalidArgument,
              "this publication was begun by an older version; publish the master again, what is done is kept");
}

Result<Before> read_before(Context& context, const TaskRow& task) {
  PIER_TRY(const std::vector<TaskRow> rows, dependency_rows(context, task));
  if (rows.size() < 2 || !rows[1].result.is_object()) return begun_by_an_older_version();
  Before before;
  before.judged = rows[1].result.as_object();
  PIER_TRY(before.keys, objects_of(rows[0].result));
  PIER_TRY(before.analysed, read_analysis(context.store, before.keys.at(1)));
  if (before.keys.size() < 3) return begun_by_an_older_version();
  constexpr uint64_t kLimit = 1U << 30U;
  PIER_TRY(const Bytes frames, storage::read_all(context.store, before.keys.at(0), kLimit));
  PIER_TRY(before.analysed.frames, analysis::frame_table_from_bytes(frames));
  PIER_TRY(const Bytes packets, storage::read_all(context.store, before.keys.at(2), kLimit));
  PIER_TRY(before.analysed.packets, analysis::packet_table_from_bytes(packets));
  return before;
}

/// What the policy makes of the verdict: a note for the asset, empty when there is nothing to say, or the error that
/// stops the publication.
Result<std::string> ask_policy(Policy policy, const std::string& asset_id, const json::object& judged) {
  if (policy == Policy::kIgnore || string_or(judged, "verdict", "") != "fail") return std::string();
  const std::string what = "the verdict under " + string_or(judged, "profile", "") + " is fail (" +
                           string_or(judged, "broken", "") + "), report " + string_or(judged, "report", "");
  if (policy == Policy::kWarn) return "published although " + what;
  return fail(ErrorCode::kNotConform,
              "not published, by policy \"block\": " + what + "; to see it: pier report " + asset_id);
}

Result<Work> prepare(Context& context, const TaskRow& task) {
  PIER_TRY(const catalogue::AssetRow asset, asset_of(context, task));
  PIER_TRY(const PublishRequest request, request_of(context, task));
  PIER_TRY(const Before before, read_before(context, task));
  PIER_TRY(const std::string note, ask_policy(request.policy, asset.id, before.judged));
  PIER_TRY(const media::Facts facts, facts_with(asset.facts, packed_by_hand(request)));
  PIER_TRY(const transcode::PlanRequest wanted, plan_request(context.options, request, facts, asset.facts.as_object()));
  PIER_TRY(const transcode::PublishPlan plan, transcode::plan_publication(facts, before.analysed, wanted));
  PIER_TRY(database::Snapshot snapshot, context.database.read());
  PIER_TRY(const catalogue::MasterRow master, catalogue::find_master(snapshot, asset.organisation, asset.master_id));
  // What is published already is not to step back to fewer rungs.
  const std::string first = asset.publication > 0 ? "no" : request.first;
  const media::VideoFacts& video = facts.video[static_cast<size_t>(facts.main_video)];
  PIER_TRY(json::object planned, describe_tasks(plan, before.analysed, video, asset.id, to_hex(master.sha256), first));
  const auto texts = get_array(task.params.as_object(), "texts");
  PIER_CHECK(describe_texts(plan, texts.value_or(json::array()), planned));
  planned["verdict"] = before.judged.at("verdict");
  planned["tags"] = jobs::tags_text(request.tags);
  json::object& grid = planned.at("grid").as_object();
  if (!note.empty()) grid["warnings"].as_array().emplace_back(note);
  json::array keys;
  for (const ObjectKey& key : before.keys) keys.emplace_back(storage::to_string(key));
  grid["objects"] = std::move(keys);
  Work work;
  work.params = std::move(planned);
  return work;
}

Result<json::object> commit(Context&, Transaction& tx, const TaskRow& task, const json::object& planned,
                            std::span<const ObjectInfo>) {
  PIER_TRY(const std::string asset_id, get_string(planned, "asset"));
  catalogue::AssetChange change;
  change.ladder = string_or(planned.at("grid").as_object(), "ladder", "");
  change.audio_map = planned.at("audio_map");
  PIER_CHECK(catalogue::update_asset(tx, task.organisation, asset_id, change));
  PIER_TRY(const std::string encoder, choose_encoder(tx, task));
  PIER_CHECK(add_publication_tasks(tx, task, planned, encoder));
  return json::object{{"asset", asset_id}, {"verdict", planned.at("verdict")}};
}

}  // namespace

const TaskKind kPlanTask{"plan", 3, false, prepare, nullptr, commit};

}  // namespace pier::workflows::impl
