#pragma once
// Samples of a programme, and what they tell the encodes of its chunks (ADR 0021).

#include <pier/transcode/calibrate.hpp>

#include "costs.hpp"
#include "task_kind.hpp"

namespace pier::workflows::impl {

/// The samples in the plan: where, how many pictures, and what each rung of them needs, by encode group; null where a
/// rung wants none.
json::array sample_parts(const transcode::PublishPlan& plan, std::span<const transcode::CalibrationSample> samples,
                         const SourceCost& source, std::optional<size_t> first);

/// Which sample a chunk's first quality comes from, and how many times its bits the chunk is expected to take; null:
/// there are no samples.
json::value sampled_by(const transcode::PublishPlan& plan, const analysis::PacketTable& packets,
                       std::span<const transcode::CalibrationSample> samples, size_t chunk);

/// The quality of each rung's first encode, by the samples this encode waits for; null: the ladder's.
Result<json::value> begin_with(Context& context, const TaskRow& encode);

}  // namespace pier::workflows::impl
