#include "steering.hpp"

#include "publish_parts.hpp"

namespace pier::workflows::impl {
namespace {

using OfSample = std::vector<transcode::TrialPoints>;  // by candidate

/// Puts what one trial found where its candidates stand.
Result<void> take_result(const TaskRow& row, const Trials& trials, std::vector<OfSample>& all) {
  const json::object& params = row.params.as_object();
  const auto sample = static_cast<size_t>(int_or(params, "sample", -1));
  const auto group = static_cast<size_t>(int_or(params, "group", -1));
  if (!row.result.is_object() || sample >= all.size() || group >= trials.groups.size())
    return fail(ErrorCode::kInvalidArgument, "a trial is not one of this ladder's; it was changed meanwhile");
  PIER_TRY(const json::array rungs, get_array(row.result.as_object(), "rungs"));
  const std::vector<size_t>& candidates = trials.groups[group];
  for (size_t i = 0; i < std::min(rungs.size(), candidates.size()); i++) {
    PIER_TRY(all[sample][candidates[i]], transcode::trial_points_from_json(rungs[i]));
  }
  return {};
}

}  // namespace

Result<bool> is_steered(const EngineOptions& options, const PublishRequest& request, const media::Facts& facts) {
  const std::string name = request.ladder.empty() ? transcode::choose_ladder(facts) : request.ladder;
  PIER_TRY(const transcode::Ladder ladder, transcode::load_ladder(options.ladders, name));
  return !transcode::steering_candidates(ladder, request.rungs).rungs.empty();
}

Result<std::optional<Trials>> plan_trials(const media::Facts& facts, const analysis::AnalysisResult& analysed,
                                          const transcode::PlanRequest& wanted) {
  transcode::PlanRequest candidates = wanted;
  candidates.ladder = transcode::steering_candidates(wanted.ladder, wanted.only_rungs);
  candidates.only_rungs.clear();
  if (candidates.ladder.rungs.empty()) return std::optional<Trials>();
  Trials trials;
  PIER_TRY(trials.plan, transcode::plan_publication(facts, analysed, candidates));
  trials.samples = transcode::trial_samples(trials.plan);
  trials.groups = trial_groups(trials.plan.chunks.front());
  return std::optional(std::move(trials));
}

Result<transcode::SteeredLadder> steered_ladder(Context& context, const TaskRow& plan, const Planning& planning) {
  PIER_TRY(const std::optional<Trials> trials, plan_trials(planning.facts, planning.analysed, planning.wanted));
  if (!trials) return transcode::SteeredLadder{planning.wanted.ladder, {}, {}};
  std::vector<OfSample> all(trials->samples.size(), OfSample(trials->plan.ladder.rungs.size()));
  PIER_TRY(const std::vector<TaskRow> rows, dependency_rows(context, plan));
  for (const TaskRow& row : rows) {
    if (row.kind == kTrialTask.name) PIER_CHECK(take_result(row, *trials, all));
  }
  return transcode::steer(planning.wanted.ladder, trials->plan, trials->samples, all);
}

}  // namespace pier::workflows::impl
