// steer: where rungs ask for a quality, adds the trials that the plan then waits for. A trial is named by the coded
// packets of its pictures: shots that were tried before are not tried again.

#include <pier/media/encode.hpp>

#include "publish_parts.hpp"
#include "steering.hpp"

namespace pier::workflows::impl {
namespace {

json::object trial_part(const Trials& trials, size_t sample, size_t group, const Planning& planning) {
  const transcode::TrialSample& where = trials.samples[sample];
  const transcode::ChunkSpec chunk =
      first_pictures(with_rungs(trials.plan.chunks[where.chunk], trials.groups[group]), where.pictures);
  const SourceCost source = source_cost(planning.video());
  return {{"chunk", transcode::to_json(chunk)},
          {"coded", source_of(chunk, planning.analysed, planning.asset.master_id)},
          {"sample", static_cast<int64_t>(sample)},
          {"group", static_cast<int64_t>(group)},
          {"demand", to_json(trial_demand(chunk, source))}};
}

Result<Work> prepare(Context& context, const TaskRow& task) {
  PIER_TRY(const Planning planning, read_planning(context, task));
  json::array parts;
  if (ask_policy(planning)) {  // else the plan says why nothing is published
    PIER_TRY(const std::optional<Trials> trials, plan_trials(planning.facts, planning.analysed, planning.wanted));
    for (size_t sample = 0; trials && sample < trials->samples.size(); sample++) {
      for (size_t group = 0; group < trials->groups.size(); group++)
        parts.emplace_back(trial_part(*trials, sample, group, planning));
    }
  }
  Work work;
  work.params = {{"asset", planning.asset.id}, {"tags", jobs::tags_text(planning.request.tags)}, {"parts", parts}};
  return work;
}

Result<json::object> commit(Context&, Transaction& tx, const TaskRow& task, const json::object& planned,
                            std::span<const ObjectInfo>) {
  PIER_TRY(const std::string plan, get_string(task.params.as_object(), "plan"));
  PIER_TRY(const std::vector<std::string> tags, jobs::tags_from(string_or(planned, "tags", "")));
  const json::array& parts = planned.at("parts").as_array();
  for (const json::value& part : parts) {
    const json::object params{{"asset", planned.at("asset")},
                              {"chunk", part.at("chunk")},
                              {"sample", part.at("sample")},
                              {"group", part.at("group")}};
    const json::array inputs{part.at("coded"), what_is_encoded(part.at("chunk").as_object()), media::encoder_build()};
    jobs::NewTask trial = pure_task(task, kTrialTask, params, inputs);
    apply(demand_from_json(part.at("demand").as_object()), trial);
    trial.tags = tags;
    PIER_TRY(const TaskRow added, jobs::add_task(tx, task.job_id, trial));
    PIER_CHECK(jobs::add_dependency(tx, plan, added.id));
  }
  return json::object{{"trials", static_cast<int64_t>(parts.size())}};
}

}  // namespace

const TaskKind kSteerTask{"steer", 1, false, prepare, nullptr, commit};

}  // namespace pier::workflows::impl
