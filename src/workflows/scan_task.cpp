// scan: what of an analysis reads a long master in one piece: its sound and its packets. No picture is decoded.

#include "analysis_inputs.hpp"

namespace pier::workflows::impl {
namespace {

Result<Work> prepare(Context& context, const TaskRow& task) {
  PIER_TRY(const catalogue::AssetRow asset, asset_of(context, task));
  Work work;
  PIER_TRY(work.params, analysis_params(asset, 1));
  PIER_TRY(work.source, open_master(context, asset));
  for (const std::string_view kind : {"part", "packets"}) {
    PIER_TRY(auto output, new_output(context, task, kind));
    work.outputs.push_back(std::move(output));
  }
  return work;
}

Result<json::object> run(const json::object& params, ChildFiles& files, const Progress& progress) {
  PIER_TRY(AnalysisInputs inputs, analysis_inputs(params, progress));
  inputs.options.packets = true;
  PIER_TRY(const analysis::AnalysisPart rest, analysis::analyse_rest(files.source, inputs.facts, inputs.options));
  PIER_CHECK(write_part(files.outputs[0], rest));
  PIER_CHECK(write_all(files.outputs[1], analysis::to_bytes(rest.packets)));
  return json::object{{"frames", static_cast<int64_t>(rest.packets.pictures.size())}};
}

Result<json::object> commit(Context&, Transaction&, const TaskRow&, const json::object& result,
                            std::span<const ObjectInfo> outputs) {
  return with_objects(result, outputs);
}

}  // namespace

const TaskKind kScanTask{"scan", 1, false, prepare, run, commit};

}  // namespace pier::workflows::impl
