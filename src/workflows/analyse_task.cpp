// analyse: the one decode pass over the programme: frame table, findings and measures, and packet table as objects.

#include <pier/analysis/analyse.hpp>

#include "task_kind.hpp"

namespace pier::workflows::impl {
namespace {

json::value packed(const std::optional<Rational>& point) {
  if (!point) return nullptr;
  return json::array{point->num, point->den};
}

std::optional<Rational> unpacked(const json::object& object, std::string_view key) {
  const auto pair = get_array(object, key);
  if (!pair || pair->size() != 2 || !(*pair)[0].is_int64() || !(*pair)[1].is_int64()) return std::nullopt;
  return Rational((*pair)[0].as_int64(), (*pair)[1].as_int64());
}

Result<Work> prepare(Context& context, const TaskRow& task) {
  PIER_TRY(const catalogue::AssetRow asset, asset_of(context, task));
  PIER_TRY(const Points points,
           programme_points(asset.in_point.value_or(""), asset.out_point.value_or(""), asset.facts.as_object()));
  Work work;
  work.params = {{"facts", asset.facts},
                 {"in", packed(points.in)},
                 {"out", packed(points.out)},
                 {"threads", context.options.slots}};
  PIER_TRY(work.source, open_master(context, asset));
  PIER_TRY(auto frames, new_output(context, task, "frames"));
  PIER_TRY(auto findings, new_output(context, task, "analysis"));
  PIER_TRY(auto packets, new_output(context, task, "packets"));
  work.outputs.push_back(std::move(frames));
  work.outputs.push_back(std::move(findings));
  work.outputs.push_back(std::move(packets));
  return work;
}

Result<json::object> run(const json::object& params, ChildFiles& files, const Progress& progress) {
  PIER_TRY(const json::object facts_json, get_object(params, "facts"));
  PIER_TRY(const media::Facts facts, media::facts_from_json(facts_json));
  analysis::AnalysisOptions options;
  options.threads = static_cast<int>(std::max<int64_t>(1, int_or(params, "threads", 1)));
  options.on_progress = progress;
  options.package_hashes = true;
  options.packets = files.outputs.size() > 2;
  options.fingerprints = params.if_contains("no_fingerprints") == nullptr;
  const media::VideoFacts& video = facts.video.at(static_cast<size_t>(facts.main_video));
  const auto ticks = [&](Rational seconds) { return video.start_pts + rescale(1, seconds, video.time_base); };
  if (const auto in = unpacked(params, "in")) options.in_pts = ticks(*in);
  if (const auto out = unpacked(params, "out")) options.out_pts = ticks(*out);
  PIER_TRY(const analysis::AnalysisResult result, analysis::analyse(files.source, facts, options));
  PIER_CHECK(write_all(files.outputs[0], analysis::to_bytes(result.frames)));
  PIER_CHECK(write_all(files.outputs[1], as_bytes(json::serialize(analysis::to_json(result)))));
  if (options.packets) PIER_CHECK(write_all(files.outputs[2], analysis::to_bytes(result.packets)));
  return json::object{{"frames", static_cast<int64_t>(result.frames.frames.size())}};
}

Result<json::object> commit(Context&, Transaction&, const TaskRow&, const json::object& result,
                            std::span<const ObjectInfo> outputs) {
  return with_objects(result, outputs);
}

}  // namespace

const TaskKind kAnalyseTask{"analyse", 3, false, prepare, run, commit};

}  // namespace pier::workflows::impl
