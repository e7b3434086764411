// plan: asks the policy what the verdict means, fits the ladder, cuts the programme into chunks and adds the tasks.

#include <pier/transcode/plan.hpp>

#include "encoder_choice.hpp"
#include "planning.hpp"
#include "publish_parts.hpp"
#include "publish_texts.hpp"
#include "steering.hpp"

namespace pier::workflows::impl {
namespace {

Result<Work> prepare(Context& context, const TaskRow& task) {
  PIER_TRY(Planning planning, read_planning(context, task));
  PIER_TRY(const std::string note, ask_policy(planning));
  PIER_TRY(const transcode::SteeredLadder steered, steered_ladder(context, task, planning));
  planning.wanted.ladder = steered.ladder;
  PIER_TRY(const transcode::PublishPlan plan,
           transcode::plan_publication(planning.facts, planning.analysed, planning.wanted));
  const catalogue::AssetRow& asset = planning.asset;
  PIER_TRY(database::Snapshot snapshot, context.database.read());
  PIER_TRY(const catalogue::MasterRow master, catalogue::find_master(snapshot, asset.organisation, asset.master_id));
  // What is published already is not to step back to fewer rungs.
  const std::string first = asset.publication > 0 ? "no" : planning.request.first;
  PIER_TRY(json::object planned,
           describe_tasks(plan, planning.analysed, planning.video(), asset.id, to_hex(master.sha256), first));
  const auto texts = get_array(task.params.as_object(), "texts");
  PIER_TRY(const Points points,
           programme_points(asset.in_point.value_or(""), asset.out_point.value_or(""), asset.facts.as_object()));
  const PlannedMaster source{asset.id, to_hex(master.sha256), planning.facts.bytes, points.in.value_or(Rational(0))};
  PIER_CHECK(describe_texts(plan, source, texts.value_or(json::array()), planned));
  planned["verdict"] = planning.judged.at("verdict");
  planned["tags"] = jobs::tags_text(planning.request.tags);
  json::object& grid = planned.at("grid").as_object();
  if (!note.empty()) grid["warnings"].as_array().emplace_back(note);
  for (const transcode::LeftOut& rung : steered.left_out)
    grid["left_out"].as_array().emplace_back(json::object{{"rung", rung.rung}, {"reason", rung.reason}});
  json::array steering;
  for (const transcode::SteeredRung& rung : steered.rungs) steering.emplace_back(transcode::to_json(rung));
  if (!steering.empty()) grid["steering"] = std::move(steering);
  json::array keys;
  for (const ObjectKey& key : planning.keys) keys.emplace_back(storage::to_string(key));
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
