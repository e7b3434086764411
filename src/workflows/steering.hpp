#pragma once
// Steered rungs of a publication: which trials tell about them, and what the plan makes of those (ADR 0026).

#include <pier/transcode/steering.hpp>

#include "costs.hpp"
#include "planning.hpp"

namespace pier::workflows::impl {

/// Has the ladder of this request rungs that ask for a quality?
Result<bool> is_steered(const EngineOptions& options, const PublishRequest& request, const media::Facts& facts);

/// Trials of a programme: samples of its chunks, and which candidates one task tries.
struct Trials {
  transcode::PublishPlan plan;  // of the candidates
  std::vector<transcode::TrialSample> samples;
  RungGroups groups;
};
/// Nothing: no rung is steered.
Result<std::optional<Trials>> plan_trials(const media::Facts& facts, const analysis::AnalysisResult& analysed,
                                          const transcode::PlanRequest& wanted);

/// The ladder as it was asked for, or as the trials that the plan task waited for tell.
Result<transcode::SteeredLadder> steered_ladder(Context& context, const TaskRow& plan, const Planning& planning);

}  // namespace pier::workflows::impl
