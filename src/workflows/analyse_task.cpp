// analyse: frame table, findings and measures, and packet table of the programme as objects: by one decode pass, or out
// of the parts that others made of it.

#include "analysis_inputs.hpp"

namespace pier::workflows::impl {
namespace {

/// Of a master in parts: sound and packets first, then its parts; none of them when they did not come out as planned.
Result<std::vector<ObjectKey>> parts_of(Context& context, const TaskRow& task) {
  PIER_TRY(const std::vector<TaskRow> rows, dependency_rows(context, task));
  std::vector<ObjectKey> keys;
  bool parted = false;
  for (const TaskRow& row : rows) {
    if (row.kind == kScanTask.name) {
      PIER_TRY(const std::vector<ObjectKey> scanned, objects_of(row.result));
      keys.insert(keys.begin(), scanned.begin(), scanned.end());
    } else if (row.kind == kPartTask.name) {
      parted = true;
      if (row.state != jobs::TaskState::kDone || !whole_part(row.result)) return std::vector<ObjectKey>();
      PIER_TRY(const std::vector<ObjectKey> part, objects_of(row.result));
      keys.insert(keys.end(), part.begin(), part.end());
    }
  }
  if (!parted) keys.clear();
  return keys;
}

Result<Work> prepare(Context& context, const TaskRow& task) {
  PIER_TRY(const catalogue::AssetRow asset, asset_of(context, task));
  Work work;
  PIER_TRY(work.params, analysis_params(asset, context.options.slots));
  PIER_TRY(work.source, open_master(context, asset));
  PIER_TRY(const std::vector<ObjectKey> parts, parts_of(context, task));
  for (const ObjectKey& key : parts) {
    PIER_TRY(UniqueFd part, open_input(context, key));
    work.inputs.push_back(std::move(part));
  }
  for (const std::string_view kind : {"frames", "analysis", "packets"}) {
    PIER_TRY(auto output, new_output(context, task, kind));
    work.outputs.push_back(std::move(output));
  }
  return work;
}

Result<analysis::AnalysisResult> merged(std::span<const int> inputs) {
  PIER_TRY(analysis::AnalysisPart rest, read_part(inputs[0]));
  PIER_TRY(rest.packets, read_packets(inputs[1]));
  std::vector<analysis::AnalysisPart> parts;
  for (const int input : inputs.subspan(2)) {
    PIER_TRY(analysis::AnalysisPart part, read_part(input));
    parts.push_back(std::move(part));
  }
  return analysis::merge_parts(parts, rest);
}

Result<json::object> run(const json::object& params, ChildFiles& files, const Progress& progress) {
  PIER_TRY(AnalysisInputs inputs, analysis_inputs(params, progress));
  inputs.options.packets = files.outputs.size() > 2;
  PIER_TRY(const analysis::AnalysisResult result,
           files.inputs.empty() ? analysis::analyse(files.source, inputs.facts, inputs.options) : merged(files.inputs));
  PIER_CHECK(write_all(files.outputs[0], analysis::to_bytes(result.frames)));
  PIER_CHECK(write_all(files.outputs[1], as_bytes(json::serialize(analysis::to_json(result)))));
  if (inputs.options.packets) PIER_CHECK(write_all(files.outputs[2], analysis::to_bytes(result.packets)));
  return json::object{{"frames", static_cast<int64_t>(result.frames.frames.size())}};
}

Result<json::object> commit(Context&, Transaction&, const TaskRow&, const json::object& result,
                            std::span<const ObjectInfo> outputs) {
  return with_objects(result, outputs);
}

}  // namespace

const TaskKind kAnalyseTask{"analyse", 3, false, prepare, run, commit};

}  // namespace pier::workflows::impl
