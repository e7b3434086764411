// publish: when everything is verified, the tracks become the asset's publication, in one transaction.

#include <pier/packaging/track_index.hpp>
#include <pier/transcode/verify.hpp>

#include "publish_parts.hpp"
#include "task_kind.hpp"

namespace pier::workflows::impl {
namespace {

/// What the index object of a track says, as the catalogue keeps it.
Result<json::object> read_track(Context& context, const TaskRow& made, const std::string& rung) {
  PIER_TRY(const std::vector<ObjectKey> keys, objects_of(made.result));
  if (keys.size() != 2) return fail(ErrorCode::kInternal, "a track is a media and an index object");
  PIER_TRY(const UniqueFd file, open_input(context, keys[1]));
  PIER_TRY(const packaging::MappedIndex mapped, packaging::MappedIndex::open(file.get()));
  const packaging::TrackIndexView& index = mapped.view();
  PIER_TRY(const packaging::TrackDescription description, index.description());
  PIER_TRY(const auto media_object, open_object(context, keys[0]));
  const Rational duration = description.seconds(description.duration);
  return json::object{{"rung", rung},
                      {"kind", packaging::to_string(description.kind)},
                      {"codec", index.codec_string()},
                      {"width", description.kind == packaging::TrackKind::kImage ? description.image.tile_width
                                                                                 : description.video.width},
                      {"height", description.kind == packaging::TrackKind::kImage ? description.image.tile_height
                                                                                  : description.video.height},
                      {"frames", int_or(made.result.as_object(), "samples", 0)},
                      {"bytes", static_cast<int64_t>(media_object->size())},
                      {"bitrate", static_cast<int64_t>(packaging::average_bitrate(index))},
                      {"duration", json::array{duration.num, duration.den}},
                      {"media", storage::to_string(keys[0])},
                      {"index", storage::to_string(keys[1])},
                      {"details", packaging::to_json(description)}};
}

/// Figures of all chunks, rung by rung.
std::vector<transcode::QualityFigures> combined_quality(const std::vector<TaskRow>& rows) {
  std::vector<transcode::QualityFigures> sums;
  for (const TaskRow& row : rows) {
    if (row.kind != kVerifyTask.name || !row.result.is_object()) continue;
    const auto figures = get_array(row.result.as_object(), "quality");
    for (size_t i = 0; figures && i < figures->size(); i++) {
      if (sums.size() <= i) sums.resize(i + 1);
      if ((*figures)[i].is_object()) sums[i].combine(transcode::quality_from_json((*figures)[i].as_object()));
    }
  }
  return sums;
}

Result<Work> prepare(Context& context, const TaskRow& task) {
  PIER_TRY(const std::vector<TaskRow> rows, dependency_rows(context, task));
  const std::vector<transcode::QualityFigures> quality = combined_quality(rows);
  PIER_TRY(const json::array names, get_array(task.params.as_object(), "rungs"));
  json::array tracks;
  for (const TaskRow& row : rows) {
    if (row.kind != kAssembleTask.name && row.kind != kSoundTask.name) continue;
    const size_t number = tracks.size();
    if (number >= names.size()) return fail(ErrorCode::kInternal, "more tracks than the plan names");
    PIER_TRY(json::object track, read_track(context, row, std::string(names[number].as_string())));
    if (row.kind == kAssembleTask.name && number < quality.size() && quality[number].frames > 0) {
      json::object figures = transcode::to_json(quality[number]);
      if (const auto bucket = get_object(row.result.as_object(), "bucket")) figures["bucket"] = *bucket;
      track["quality"] = std::move(figures);
    }
    tracks.emplace_back(std::move(track));
  }
  Work work;
  work.params = {{"tracks", std::move(tracks)}};
  return work;
}

Result<catalogue::TrackRow> track_row(const json::object& packed, int64_t ordinal) {
  catalogue::TrackRow row;
  PIER_TRY(const std::string kind, get_string(packed, "kind"));
  PIER_TRY(row.kind, catalogue::track_kind_from(kind));
  row.ordinal = ordinal;
  row.rung = string_or(packed, "rung", "");
  row.codec = string_or(packed, "codec", "");
  row.width = int_or(packed, "width", 0);
  row.height = int_or(packed, "height", 0);
  row.frames = int_or(packed, "frames", 0);
  row.bytes = int_or(packed, "bytes", 0);
  row.bitrate = int_or(packed, "bitrate", 0);
  PIER_TRY(const json::array duration, get_array(packed, "duration"));
  row.duration = Rational(duration.at(0).as_int64(), duration.at(1).as_int64());
  PIER_TRY(row.media, storage::parse_key(string_or(packed, "media", "")));
  PIER_TRY(row.index, storage::parse_key(string_or(packed, "index", "")));
  row.details = packed.at("details");
  if (const json::value* quality = packed.if_contains("quality")) row.quality = *quality;
  return row;
}

Result<json::object> commit(Context&, Transaction& tx, const TaskRow& task, const json::object& result,
                            std::span<const ObjectInfo>) {
  PIER_TRY(const std::string asset_id, get_string(task.params.as_object(), "asset"));
  PIER_TRY(const json::array packed, get_array(result, "tracks"));
  catalogue::Publication publication;
  publication.grid = task.params.at("grid");
  publication.audio_map = task.params.at("audio_map");
  for (const json::value& track : packed) {
    PIER_TRY(catalogue::TrackRow row, track_row(track.as_object(), static_cast<int64_t>(publication.tracks.size())));
    publication.tracks.push_back(std::move(row));
  }
  PIER_CHECK(catalogue::publish_asset(tx, task.organisation, asset_id, std::move(publication)));
  return json::object{{"asset", asset_id}};
}

}  // namespace

const TaskKind kPublishTask{"publish", 1, true, prepare, nullptr, commit};

}  // namespace pier::workflows::impl
