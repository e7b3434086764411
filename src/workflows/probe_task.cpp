// probe: identifies the master (one read, SHA-256) and gathers its facts; then the asset exists and its analysis is
// asked for.

#include <pier/media/facts.hpp>

#include "analysis_inputs.hpp"
#include "broadcast_captions.hpp"
#include "costs.hpp"
#include "steering.hpp"

namespace pier::workflows::impl {
namespace {

Result<Work> prepare(Context& context, const TaskRow& task) {
  PIER_TRY(const PublishRequest request, request_of(context, task));
  Work work;
  PIER_TRY(work.source, media::open_source(request.path));
  return work;
}

/// "identify": false leaves the digest out; "any_file": facts are wanted even of what cannot be published.
Result<json::object> run(const json::object& params, ChildFiles& files, const Progress& progress) {
  json::object result;
  const bool identify = bool_or(params, "identify", true);
  if (identify) {
    const double total = std::max(1.0, static_cast<double>(files.source.total_bytes()));
    PIER_TRY(const media::SourceReference reference, media::identify(files.source, [&](uint64_t done) {
               return progress(0.5 * static_cast<double>(done) / total, 0);
             }));
    result["reference"] = media::to_json(reference);
  }
  media::ProbeOptions options;
  options.quick = bool_or(params, "quick", false);
  options.on_progress = [&](double fraction) { return progress(identify ? 0.5 + fraction / 2 : fraction, 0); };
  PIER_TRY(const media::Facts facts, media::probe(files.source, options));
  if (facts.main_video < 0 && !bool_or(params, "any_file", false)) {
    return fail(ErrorCode::kInputUnsupported, "there is no picture track to publish in " + display_text(facts.path));
  }
  result["facts"] = media::to_json(facts);
  return result;
}

std::string title_of(const PublishRequest& request) {
  if (!request.title.empty()) return request.title;
  std::string name = request.path;
  while (name.size() > 1 && name.back() == '/') name.pop_back();
  name = name.substr(name.rfind('/') + 1);
  const size_t dot = name.rfind('.');
  if (dot != std::string::npos && dot > 0) name.resize(dot);
  return display_text(name);
}

/// What the probe found.
struct Known {
  media::Facts facts;
  json::object facts_json;
  media::SourceReference reference;
  double pictures = 0;   // of the programme
  bool steered = false;  // has the ladder rungs that ask for a quality?
};

/// One task, or, of a long master, those that lead to it. Gives its id.
Result<std::string> add_analysis(Transaction& tx, const TaskRow& task, const json::object& params, const Known& known,
                                 const PublishRequest& request, const std::vector<std::string>& after) {
  const json::object inputs{{"sha256", to_hex(known.reference.sha256)},
                            {"facts", known.facts_json},
                            {"in", request.in},
                            {"out", request.out}};
  const bool in_parts = frames_of_a_part(known.facts) > 0;
  jobs::NewTask analyse = pure_task(task, kAnalyseTask, params, inputs);
  apply(in_parts ? merge_demand(known.facts, known.pictures) : analyse_demand(known.facts, known.pictures), analyse);
  analyse.after = after;
  PIER_TRY(const TaskRow analysed, jobs::add_task(tx, task.job_id, analyse));
  if (jobs::is_ended(analysed.state) || !in_parts) return analysed.id;
  jobs::NewTask scan = pure_task(task, kScanTask, params, inputs);
  apply(scan_demand(known.facts, known.pictures), scan);
  scan.after = after;
  PIER_TRY(const TaskRow scanned, jobs::add_task(tx, task.job_id, scan));
  jobs::NewTask split = plain_task(kSplitTask, {{"asset", params.at("asset")}, {"analysis", analysed.id}});
  apply(small_demand(known.pictures), split);
  split.after = {scanned.id};
  PIER_TRY(const TaskRow splitting, jobs::add_task(tx, task.job_id, split));
  PIER_CHECK(jobs::add_dependency(tx, analysed.id, scanned.id));
  PIER_CHECK(jobs::add_dependency(tx, analysed.id, splitting.id));
  return analysed.id;
}

/// The steps up to the plan, which adds the others.
Result<void> add_first_tasks(Transaction& tx, const TaskRow& task, const PublishRequest& request, const Known& known,
                             const std::string& asset_id) {
  const json::object params{{"asset", asset_id}};
  std::vector<std::string> before;
  if (request.keep_copy) {
    jobs::NewTask copy = plain_task(kCopyTask, params);
    apply(copy_demand(known.facts.bytes), copy);
    PIER_TRY(const TaskRow copied, jobs::add_task(tx, task.job_id, copy));
    before.push_back(copied.id);
  }
  PIER_TRY(const std::string analysed, add_analysis(tx, task, params, known, request, before));
  jobs::NewTask judge = plain_task(kJudgeTask, params);
  apply(small_demand(known.pictures), judge);
  judge.after = {analysed};
  PIER_TRY(const TaskRow judged, jobs::add_task(tx, task.job_id, judge));
  json::object plan_params = params;
  if (const auto texts = get_array(task.params.as_object(), "texts")) plan_params["texts"] = *texts;
  plan_params["hdr10_plus"] = string_or(task.params.as_object(), "hdr10_plus", "");
  jobs::NewTask plan = plain_task(kPlanTask, plan_params);
  apply(small_demand(known.pictures), plan);
  plan.after = {analysed, judged.id};
  PIER_TRY(const TaskRow planned, jobs::add_task(tx, task.job_id, plan));
  if (!known.steered) return {};
  jobs::NewTask steer =
      plain_task(kSteerTask, {{"asset", asset_id}, {"plan", planned.id}, {"hdr10_plus", plan_params.at("hdr10_plus")}});
  apply(small_demand(known.pictures), steer);
  steer.after = {analysed, judged.id};
  PIER_TRY(const TaskRow steering, jobs::add_task(tx, task.job_id, steer));
  return jobs::add_dependency(tx, planned.id, steering.id);
}

/// Captions that are not there are said before anything is encoded.
Result<void> check_captions(const TaskRow& task, const media::Facts& facts) {
  const auto texts = get_array(task.params.as_object(), "texts");
  for (size_t i = 0; texts && i < texts->size(); ++i) {
    const json::object& text = (*texts)[i].as_object();
    if (is_captions(text)) PIER_CHECK(check_master_has(facts, string_or(text, "from", "")));
  }
  return {};
}

/// What was given stays with the asset.
Result<void> keep_given(Transaction& tx, const TaskRow& task, const std::string& asset_id) {
  if (const std::string name = string_or(task.params.as_object(), "hdr10_plus", ""); !name.empty()) {
    PIER_TRY(const ObjectKey key, storage::parse_key(name));
    PIER_CHECK(catalogue::add_reference(tx, key, {"asset", asset_id}));
  }
  const auto texts = get_array(task.params.as_object(), "texts");
  for (size_t i = 0; texts && i < texts->size(); ++i) {
    if (is_captions((*texts)[i].as_object())) continue;
    PIER_TRY(const ObjectKey key, storage::parse_key(string_or((*texts)[i].as_object(), "object", "")));
    PIER_CHECK(catalogue::add_reference(tx, key, {"asset", asset_id}));
  }
  return {};
}

Result<json::object> commit(Context& context, Transaction& tx, const TaskRow& task, const json::object& result,
                            std::span<const ObjectInfo>) {
  PIER_TRY(const jobs::JobRow job, jobs::show_job(tx, task.organisation, task.job_id));
  PIER_TRY(const PublishRequest request, publish_request_from_json(job.request));
  PIER_TRY(const json::object reference_json, get_object(result, "reference"));
  PIER_TRY(const json::object facts, get_object(result, "facts"));
  PIER_TRY(const media::SourceReference reference, media::reference_from_json(reference_json));
  PIER_TRY(const media::Facts read, media::facts_from_json(facts));
  PIER_CHECK(check_captions(task, read));
  catalogue::MasterRow master;
  master.organisation = task.organisation;
  master.path = reference.path;
  master.reference = reference_json;
  master.sha256 = reference.sha256;
  PIER_TRY(const std::string master_id, catalogue::add_master(tx, master));
  catalogue::NewAsset fresh;
  fresh.organisation = task.organisation;
  fresh.title = title_of(request);
  fresh.master_id = master_id;
  if (!request.in.empty()) fresh.in_point = request.in;
  if (!request.out.empty()) fresh.out_point = request.out;
  fresh.ladder = request.ladder;
  fresh.profile = request.profile;
  fresh.facts = facts;
  PIER_TRY(const catalogue::AssetRow asset, catalogue::create_asset(tx, fresh));
  PIER_CHECK(catalogue::begin_publication(tx, task.organisation, asset.id));
  PIER_CHECK(keep_given(tx, task, asset.id));
  PIER_TRY(const Points points, programme_points(request.in, request.out, facts));
  PIER_TRY(const bool steered, is_steered(context.options, request, read));
  PIER_CHECK(add_first_tasks(tx, task, request, {read, facts, reference, programme_pictures(read, points), steered},
                             asset.id));
  return json::object{{"asset", asset.id}};
}

}  // namespace

const TaskKind kProbeTask{"probe", 1, false, prepare, run, commit};

}  // namespace pier::workflows::impl
