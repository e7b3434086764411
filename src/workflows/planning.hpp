#pragma once
// What a publication is planned from: for the plan, and for steering, which plans trials before.

#include <pier/transcode/plan.hpp>

#include "judged.hpp"
#include "task_kind.hpp"

namespace pier::workflows::impl {

struct Planning {
  PublishRequest request;
  catalogue::AssetRow asset;
  media::Facts facts;
  analysis::AnalysisResult analysed;
  std::vector<ObjectKey> keys;  // frame table, analysis, packet table
  json::object judged;          // the judge task's result
  transcode::PlanRequest wanted;

  const media::VideoFacts& video() const { return facts.video[static_cast<size_t>(facts.main_video)]; }
};
/// `task` waits for the analysis and the judgement, in this order.
Result<Planning> read_planning(Context& context, const TaskRow& task);

/// What the policy makes of the verdict: a note for the asset, empty when there is nothing to say, or the error that
/// stops the publication (kNotConform).
Result<std::string> ask_policy(const Planning& planning);

}  // namespace pier::workflows::impl
