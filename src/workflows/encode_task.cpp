// encode: one chunk of the master, decoded once, for every rung.

#include <pier/media/encode.hpp>
#include <pier/transcode/chunk.hpp>

#include "calibration.hpp"
#include "encoder_choice.hpp"

namespace pier::workflows::impl {
namespace {

Result<Work> prepare(Context& context, const TaskRow& task) {
  PIER_TRY(const catalogue::AssetRow asset, asset_of(context, task));
  PIER_TRY(const json::object chunk_json, get_object(task.params.as_object(), "chunk"));
  PIER_TRY(const json::array rungs, get_array(chunk_json, "rungs"));
  Work work;
  work.params = {{"chunk", chunk_json}};
  if (task.settings.is_object()) work.params["settings"] = task.settings;
  PIER_TRY(work.params["begin_with"], begin_with(context, task));
  PIER_TRY(work.source, open_master(context, asset));
  for (size_t i = 0; i < rungs.size(); i++) {
    PIER_TRY(auto output, new_output(context, task, "chunk"));
    work.outputs.push_back(std::move(output));
  }
  return work;
}

/// Of each rung's first encode; empty: the ladder's.
Result<std::vector<double>> first_qualities(const json::object& params) {
  std::vector<double> qualities;
  const json::value* packed = params.if_contains("begin_with");
  if (packed == nullptr || packed->is_null()) return qualities;
  PIER_TRY(const json::array list, get_array(params, "begin_with"));
  for (const json::value& quality : list) {
    if (!quality.is_number()) return fail(ErrorCode::kInvalidArgument, "a quality to begin with is no number");
    qualities.push_back(quality.to_number<double>());
  }
  return qualities;
}

/// The chunk is decoded anew for each rung: one encoder at a time, the same bytes.
Result<transcode::ChunkResult> encode_one_by_one(const ChildFiles& files, const transcode::ChunkSpec& chunk,
                                                 std::span<const double> qualities, const Progress& progress) {
  transcode::ChunkResult all;
  const auto count = static_cast<double>(chunk.rungs.size());
  for (size_t i = 0; i < chunk.rungs.size(); i++) {
    transcode::ChunkSpec part = chunk;
    part.rungs = {chunk.rungs[i]};
    const auto done = static_cast<double>(i);
    PIER_TRY(const transcode::ChunkResult one,
             transcode::encode_chunk(
                 files.source, part, std::span(files.outputs).subspan(i, 1),
                 [&](double fraction, int64_t frames) { return progress((done + fraction) / count, frames); },
                 qualities.empty() ? qualities : qualities.subspan(i, 1)));
    all.rungs.push_back(one.rungs.front());
    for (const auto& stage : one.seconds) {
      const std::string name(stage.key());
      all.seconds[name] = double_or(all.seconds, name, 0) + double_or(one.seconds, name, 0);
    }
  }
  return all;
}

json::object thrifty() {
  return {{"threads", 1}, {"rungs_at_once", 1}};
}

Result<json::object> run(const json::object& params, ChildFiles& files, const Progress& progress) {
  PIER_TRY(transcode::ChunkSpec chunk, transcode::chunk_from_json(params.at("chunk")));
  const json::object settings = get_object(params, "settings").value_or(json::object());
  chunk.threads = static_cast<int>(int_or(settings, "threads", chunk.threads));
  PIER_TRY(const std::vector<double> qualities, first_qualities(params));
  if (!qualities.empty() && qualities.size() != chunk.rungs.size())
    return fail(ErrorCode::kInvalidArgument, "one quality a rung is needed to begin with");
  const bool one_by_one = int_or(settings, "rungs_at_once", 0) == 1;
  PIER_TRY(const transcode::ChunkResult result,
           one_by_one ? encode_one_by_one(files, chunk, qualities, progress)
                      : transcode::encode_chunk(files.source, chunk, files.outputs, progress, qualities));
  json::array rungs;
  for (const auto& rung : result.rungs) rungs.push_back(transcode::to_json(rung));
  return json::object{{"rungs", std::move(rungs)}, {"seconds", result.seconds}, {"encoder", media::encoder_build()}};
}

Result<json::object> commit(Context&, Transaction& tx, const TaskRow& task, const json::object& result,
                            std::span<const ObjectInfo> outputs) {
  PIER_CHECK(check_encoder(tx, task, result));
  return with_objects(result, outputs);
}

}  // namespace

const TaskKind kEncodeTask{"encode", 8, false, prepare, run, commit, thrifty};

}  // namespace pier::workflows::impl
