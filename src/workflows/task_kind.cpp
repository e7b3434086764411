#include "task_kind.hpp"

#include <array>
#include <charconv>
#include <cmath>

#include <pier/core/bytes.hpp>
#include <pier/media/facts.hpp>

namespace pier::workflows::impl {
namespace {

constexpr std::array<const TaskKind*, 33> kKinds = {
    &kProbeTask,   &kCopyTask,       &kAnalyseTask,   &kJudgeTask,       &kPlanTask,         &kEncodeTask,
    &kSoundTask,   &kAssembleTask,   &kVerifyTask,    &kVerifySoundTask, &kPublishFirstTask, &kPublishTask,
    &kCheckTask,   &kFixityTask,     &kVerifiedTask,  &kStillsTask,      &kBundleTask,       &kFeedTask,
    &kDiffTask,    &kScanTask,       &kSplitTask,     &kPartTask,        &kSubtitlesTask,    &kCompareTask,
    &kTextTask,    &kVerifyTextTask, &kCalibrateTask, &kSteerTask,       &kTrialTask,        &kImfTask,
    &kDeliverTask, &kEditTask,       &kHdr10PlusTask};

}  // namespace

const TaskKind* find_kind(std::string_view name) {
  for (const TaskKind* kind : kKinds) {
    if (kind->name == name) return kind;
  }
  return nullptr;
}

std::vector<std::string> known_kinds() {
  std::vector<std::string> names;
  for (const TaskKind* kind : kKinds) names.emplace_back(kind->name);
  return names;
}

std::string task_name(const TaskRow& like, const TaskKind& kind, const json::value& inputs) {
  const json::array all{like.organisation, kind.name, kind.version, inputs};
  return to_hex(sha256(as_bytes(json::serialize(all))));
}

jobs::NewTask plain_task(const TaskKind& kind, const json::object& params) {
  jobs::NewTask task;
  task.kind = kind.name;
  task.params = params;
  return task;
}

jobs::NewTask pure_task(const TaskRow& like, const TaskKind& kind, const json::object& params,
                        const json::value& inputs) {
  jobs::NewTask task = plain_task(kind, params);
  task.name = task_name(like, kind, inputs);
  task.usable = [job = like.job_id](Transaction& tx, const json::value& result) {
    const auto keys = objects_of(result);
    if (!keys) return false;
    for (const ObjectKey& key : *keys) {
      if (!catalogue::find_object(tx, key)) return false;
    }
    for (const ObjectKey& key : *keys) {
      if (!catalogue::add_reference(tx, key, {"job", job})) return false;
    }
    return true;
  };
  return task;
}

json::object with_objects(json::object result, std::span<const ObjectInfo> outputs) {
  json::array keys;
  for (const ObjectInfo& output : outputs) keys.emplace_back(storage::to_string(output.key));
  result["objects"] = std::move(keys);
  return result;
}

Result<std::vector<ObjectKey>> objects_of(const json::value& task_result) {
  if (!task_result.is_object()) return fail(ErrorCode::kInternal, "a task result is no object");
  PIER_TRY(const json::array texts, get_array(task_result.as_object(), "objects"));
  std::vector<ObjectKey> keys;
  for (const json::value& text : texts) {
    if (!text.is_string()) return fail(ErrorCode::kInternal, "an object key is no text");
    PIER_TRY(ObjectKey key, storage::parse_key(std::string_view(text.as_string())));
    keys.push_back(std::move(key));
  }
  return keys;
}

Result<std::unique_ptr<storage::ObjectWriter>> new_output(Context& context, const TaskRow& task,
                                                          std::string_view kind) {
  PIER_TRY(const ObjectKey key, storage::new_key(task.organisation, kind, task.attempt));
  return context.store.create(key);
}

Result<std::unique_ptr<storage::ObjectReader>> open_object(Context& context, const ObjectKey& key) {
  auto reader = context.store.open(key);
  if (!reader) return fail_in("object " + storage::to_string(key), reader.error());
  return reader;
}

Result<UniqueFd> open_input(Context& context, const ObjectKey& key) {
  PIER_TRY(const auto reader, open_object(context, key));
  return context.copies.file_of(*reader);
}

Result<catalogue::AssetRow> asset_of(Context& context, const TaskRow& task) {
  if (!task.params.is_object()) return fail(ErrorCode::kInternal, "a task without parameters");
  PIER_TRY(const std::string id, get_string(task.params.as_object(), "asset"));
  PIER_TRY(database::Snapshot snapshot, context.database.read());
  return catalogue::show_asset(snapshot, task.organisation, id);
}

Result<media::Source> open_master(Context& context, const catalogue::AssetRow& asset) {
  PIER_TRY(database::Snapshot snapshot, context.database.read());
  PIER_TRY(const catalogue::MasterRow master, catalogue::find_master(snapshot, asset.organisation, asset.master_id));
  if (!master.kept) {
    PIER_TRY(const media::SourceReference reference, media::reference_from_json(master.reference));
    return media::reopen(reference);
  }
  media::Source source;
  source.path = master.path;
  PIER_TRY(UniqueFd fd, open_input(context, *master.kept));
  PIER_TRY(const FileState state, file_state(fd.get()));
  source.files.push_back({master.path.substr(master.path.rfind('/') + 1), std::move(fd), state});
  return source;
}

Result<jobs::JobRow> job_of(Context& context, const TaskRow& task) {
  PIER_TRY(database::Snapshot snapshot, context.database.read());
  return jobs::show_job(snapshot, task.organisation, task.job_id);
}

Result<PublishRequest> request_of(Context& context, const TaskRow& task) {
  PIER_TRY(const jobs::JobRow job, job_of(context, task));
  return publish_request_from_json(job.request);
}

Result<std::vector<TaskRow>> dependency_rows(Context& context, const TaskRow& task) {
  PIER_TRY(database::Snapshot snapshot, context.database.read());
  return jobs::dependencies(snapshot, task.id);
}

Result<std::optional<Rational>> parse_point(const std::string& text, const json::object& facts_json) {
  if (text.empty()) return std::optional<Rational>();
  if (text.find(':') == std::string::npos && text.find(';') == std::string::npos) {
    double seconds = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (error != std::errc() || end != text.data() + text.size() || !(seconds >= 0) || seconds > 1e7) {
      return fail(ErrorCode::kInvalidArgument, "\"" + text + "\" is neither a time code HH:MM:SS:FF nor seconds");
    }
    return std::optional(Rational(std::llround(seconds * 1000), 1000));
  }
  PIER_TRY(const media::Facts facts, media::facts_from_json(facts_json));
  const Rational rate =
      facts.main_video >= 0 ? facts.video[static_cast<size_t>(facts.main_video)].frame_rate : Rational(0);
  if (rate.num <= 0)
    return fail(ErrorCode::kInvalidArgument, "a time code needs a constant frame rate; give seconds instead");
  PIER_TRY(const Timecode point, parse_timecode(text, rate));
  Timecode start;
  if (!facts.timecode.empty()) {
    PIER_TRY(start, parse_timecode(facts.timecode, rate));
  }
  if (point.frame < start.frame) {
    return fail(ErrorCode::kInvalidArgument, text + " lies before the master's first picture at " + start.to_string());
  }
  return std::optional(Rational(point.frame - start.frame) / rate);
}

Result<Points> programme_points(const std::string& in, const std::string& out, const json::object& facts_json) {
  Points points;
  if (in.empty() && out.empty()) {
    PIER_TRY(const media::Facts facts, media::facts_from_json(facts_json));
    if (facts.programme) points = {facts.programme->in, facts.programme->out};
    return points;
  }
  PIER_TRY(points.in, parse_point(in, facts_json));
  PIER_TRY(points.out, parse_point(out, facts_json));
  return points;
}

}  // namespace pier::workflows::impl
