// Tasks of a "verify" job: check (a stored track: digests, index against file, every picture decodes), fixity (all
// other objects against their digests), verified (gathers the answers).

#include <pier/packaging/cmaf_reader.hpp>
#include <pier/transcode/verify.hpp>

#include "task_kind.hpp"
#include "text_tracks.hpp"

namespace pier::workflows::impl {
namespace {

json::object answer(const std::string& what, const Result<void>& outcome) {
  json::object object{{"what", what}, {"ok", outcome.has_value()}};
  if (!outcome) object["message"] = outcome.error().message;
  return object;
}

Result<void> digest_holds(Context& context, const ObjectKey& key) {
  PIER_TRY(database::Snapshot snapshot, context.database.read());
  PIER_TRY(const catalogue::ObjectRow row, catalogue::find_object(snapshot, key));
  return storage::verify(context.store, row.object);
}

Result<Work> prepare_check(Context& context, const TaskRow& task) {
  const json::object& params = task.params.as_object();
  PIER_TRY(const std::string id, get_string(params, "track"));
  Work work;
  work.params = params;
  catalogue::TrackRow track;
  {
    PIER_TRY(database::Snapshot snapshot, context.database.read());
    PIER_TRY(track, catalogue::find_track(snapshot, task.organisation, id));
  }
  work.params["what"] = track.rung;
  for (const ObjectKey& key : {track.media, *track.index}) {
    const Result<void> held = digest_holds(context, key);
    if (!held) {
      work.params["broken"] = held.error().message;
      return work;
    }
    PIER_TRY(UniqueFd input, open_input(context, key));
    work.inputs.push_back(std::move(input));
  }
  work.params["kind"] = catalogue::to_string(track.kind);
  work.params["frames"] = track.frames;
  return work;
}

Result<void> check_track(const json::object& params, ChildFiles& files, const Progress& progress) {
  const transcode::TrackFiles track{files.inputs.at(0), files.inputs.at(1)};
  PIER_TRY(const packaging::MappedIndex index, packaging::MappedIndex::open(track.index_fd));
  PIER_CHECK(packaging::check_index_against_file(index.view(), track.media_fd));
  const std::string kind = string_or(params, "kind", "");
  if (kind == "video") {
    PIER_TRY(const int64_t frames, transcode::decode_track(track, 1, progress));
    if (frames != int_or(params, "frames", -1)) {
      return fail(ErrorCode::kVerifyFailed, std::to_string(frames) + " pictures decode where the catalogue says " +
                                                std::to_string(int_or(params, "frames", -1)));
    }
  } else if (kind == "audio") {
    PIER_TRY(const packaging::TrackDescription description, index.view().description());
    PIER_CHECK(transcode::verify_sound(track, description.audio.programme_samples, progress));
  } else if (kind == "text") {
    PIER_CHECK(read_text_track(track.media_fd, track.index_fd));
  }
  return {};
}

Result<json::object> run_check(const json::object& params, ChildFiles& files, const Progress& progress) {
  const std::string what = string_or(params, "what", "");
  if (params.contains("broken")) return answer(what, fail(ErrorCode::kVerifyFailed, string_or(params, "broken", "")));
  return answer(what, check_track(params, files, progress));
}

Result<Work> prepare_fixity(Context& context, const TaskRow& task) {
  PIER_TRY(database::Snapshot snapshot, context.database.read());
  PIER_TRY(const std::vector<catalogue::ObjectRow> rows, catalogue::list_objects(snapshot, task.organisation));
  json::array problems;
  for (const catalogue::ObjectRow& row : rows) {
    if (row.references == 0) continue;
    if (const Result<void> held = storage::verify(context.store, row.object); !held)
      problems.emplace_back(held.error().message);
  }
  Work work;
  work.params = {{"what", "objects"}, {"ok", problems.empty()}, {"objects_checked", static_cast<int64_t>(rows.size())}};
  if (!problems.empty()) work.params["message"] = problems.front();
  work.params["problems"] = std::move(problems);
  return work;
}

Result<Work> prepare_verified(Context& context, const TaskRow& task) {
  PIER_TRY(const std::vector<TaskRow> rows, dependency_rows(context, task));
  Work work;
  json::array checked;
  bool ok = true;
  for (const TaskRow& row : rows) {
    if (!row.result.is_object()) continue;
    ok = ok && bool_or(row.result.as_object(), "ok", false);
    checked.push_back(row.result);
  }
  work.params = {{"ok", ok}, {"checked", std::move(checked)}};
  return work;
}

Result<json::object> commit(Context&, Transaction&, const TaskRow&, const json::object& result,
                            std::span<const ObjectInfo>) {
  return result;
}

}  // namespace

const TaskKind kCheckTask{"check", 1, false, prepare_check, run_check, commit};
const TaskKind kFixityTask{"fixity", 1, false, prepare_fixity, nullptr, commit};
const TaskKind kVerifiedTask{"verified", 1, true, prepare_verified, nullptr, commit};

}  // namespace pier::workflows::impl
