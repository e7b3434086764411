#include "calibration.hpp"

namespace pier::workflows::impl {

json::array sample_parts(const transcode::PublishPlan& plan, std::span<const transcode::CalibrationSample> samples,
                         const SourceCost& source, std::optional<size_t> first) {
  json::array parts;
  for (const transcode::CalibrationSample& sample : samples) {
    const transcode::ChunkSpec& chunk = plan.chunks[sample.chunk];
    json::array demands;
    for (const std::vector<size_t>& group : rung_groups(chunk, first)) {
      demands.emplace_back(
          to_json(calibrate_demand(with_rungs(chunk, group), sample.pictures, source, plan.complexity[sample.chunk])));
    }
    parts.emplace_back(json::object{{"chunk", static_cast<int64_t>(sample.chunk)},
                                    {"pictures", static_cast<int64_t>(sample.pictures)},
                                    {"demands", std::move(demands)}});
  }
  return parts;
}

json::value sampled_by(const transcode::PublishPlan& plan, const analysis::PacketTable& packets,
                       std::span<const transcode::CalibrationSample> samples, size_t chunk) {
  if (samples.empty()) return nullptr;
  const size_t nearest = transcode::nearest_sample(samples, chunk);
  const transcode::CalibrationSample& sample = samples[nearest];
  return json::object{
      {"sample", static_cast<int64_t>(nearest)},
      {"harder", transcode::times_as_hard(packets, plan.chunks[chunk], plan.chunks[sample.chunk], sample.pictures)}};
}

Result<json::value> begin_with(Context& context, const TaskRow& encode) {
  if (encode.params.as_object().if_contains("harder") == nullptr) return json::value();
  PIER_TRY(const std::vector<TaskRow> before, dependency_rows(context, encode));
  if (before.empty() || !before[0].result.is_object()) return json::value();
  PIER_TRY(const transcode::ChunkSpec chunk, transcode::chunk_from_json(encode.params.at("chunk")));
  PIER_TRY(const json::array rungs, get_array(before[0].result.as_object(), "rungs"));
  if (rungs.size() != chunk.rungs.size()) return json::value();
  const double harder = double_or(encode.params.as_object(), "harder", 1);
  json::array qualities;
  for (size_t i = 0; i < rungs.size(); i++) {
    PIER_TRY(const transcode::QualityPoints points, transcode::quality_points_from_json(rungs[i]));
    qualities.emplace_back(transcode::first_quality(chunk, chunk.rungs[i], points, harder));
  }
  return json::value(std::move(qualities));
}

}  // namespace pier::workflows::impl
