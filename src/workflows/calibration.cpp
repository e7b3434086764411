#include "calibration.hpp"

#include <algorithm>

namespace pier::workflows::impl {

json::array sample_parts(const transcode::PublishPlan& plan, std::span<const transcode::CalibrationSample> samples,
                         const SourceCost& source, std::optional<size_t> first) {
  json::array parts;
  for (const transcode::CalibrationSample& sample : samples) {
    const transcode::ChunkSpec& chunk = plan.chunks[sample.chunk];
    json::array demands;
    for (const std::vector<size_t>& group : rung_groups(chunk, first)) {
      json::array of_group;
      for (const size_t rung : group) {
        const bool wanted = transcode::wants_calibration(chunk.rungs[rung]);
        of_group.emplace_back(wanted ? json::value(to_json(calibrate_demand(with_rungs(chunk, {rung}), sample.pictures,
                                                                            source, plan.complexity[sample.chunk])))
                                     : json::value());
      }
      demands.emplace_back(std::move(of_group));
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
  const json::value* packed = encode.params.as_object().if_contains("harder");
  if (packed == nullptr) return json::value();
  PIER_TRY(const std::vector<TaskRow> before, dependency_rows(context, encode));
  PIER_TRY(const transcode::ChunkSpec chunk, transcode::chunk_from_json(encode.params.at("chunk")));
  const double harder = packed->is_number() ? packed->to_number<double>() : 1;
  json::array qualities;
  for (const transcode::PlannedRung& rung : chunk.rungs) qualities.emplace_back(rung.rung.crf);
  for (const TaskRow& sample : before) {
    if (!sample.result.is_object()) continue;
    const json::object& result = sample.result.as_object();
    const auto rung = std::ranges::find(chunk.rungs, string_or(result, "rung", ""),
                                        [](const transcode::PlannedRung& one) { return one.rung.name; });
    if (rung == chunk.rungs.end()) continue;
    PIER_TRY(const json::array list, get_array(result, "points"));
    PIER_TRY(const transcode::QualityPoints points, transcode::quality_points_from_json(list));
    qualities[static_cast<size_t>(rung - chunk.rungs.begin())] = transcode::first_quality(chunk, *rung, points, harder);
  }
  return json::value(std::move(qualities));
}

}  // namespace pier::workflows::impl
