// publish: when everything is verified, the tracks become the asset's publication, in one transaction. publish_first:
// before, the first rendition, sound and text become one, of which more follows.

#include <algorithm>
#include <map>

#include <pier/packaging/track_index.hpp>
#include <pier/transcode/verify.hpp>

#include "publish_texts.hpp"

namespace pier::workflows::impl {
namespace {

/// What the index object of a track says, as the catalogue keeps it. `keys`: of its media and index objects.
Result<json::object> read_track(Context& context, const TaskRow& made, std::span<const ObjectKey> keys,
                                const std::string& rung) {
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

/// Figures of all chunks by the names of the rungs.
std::map<std::string, transcode::QualityFigures> combined_quality(const std::vector<TaskRow>& rows) {
  std::map<std::string, transcode::QualityFigures> sums;
  for (const TaskRow& row : rows) {
    if (row.kind != kVerifyTask.name || !row.result.is_object()) continue;
    const auto figures = get_array(row.result.as_object(), "quality");
    const json::array& rungs = row.params.at("chunk").at("rungs").as_array();
    for (size_t i = 0; figures && i < std::min(figures->size(), rungs.size()); i++) {
      const std::string name = string_or(rungs[i].at("rung").as_object(), "name", "");
      if ((*figures)[i].is_object()) sums[name].combine(transcode::quality_from_json((*figures)[i].as_object()));
    }
  }
  return sums;
}

void add_quality(const transcode::QualityFigures& figures, const TaskRow& made, json::object& track) {
  if (figures.psnr_y.frames == 0) return;
  json::object packed = transcode::to_json(figures);
  if (const auto bucket = get_object(made.result.as_object(), "bucket")) packed["bucket"] = *bucket;
  track["quality"] = std::move(packed);
}

Result<Work> prepare(Context& context, const TaskRow& task) {
  PIER_TRY(const std::vector<TaskRow> rows, dependency_rows(context, task));
  std::map<std::string, transcode::QualityFigures> quality = combined_quality(rows);
  PIER_TRY(const json::array names, get_array(task.params.as_object(), "rungs"));
  json::array tracks;
  for (const TaskRow& row : rows) {
    if (row.kind != kAssembleTask.name && row.kind != kSoundTask.name && row.kind != kTextTask.name) continue;
    PIER_TRY(const std::vector<ObjectKey> keys, objects_of(row.result));
    if (keys.empty() || keys.size() % 2 != 0)
      return fail(ErrorCode::kInternal, "a track is a media and an index object");
    for (size_t i = 0; i < keys.size(); i += 2) {
      if (tracks.size() >= names.size()) return fail(ErrorCode::kInternal, "more tracks than the plan names");
      const std::string name(names[tracks.size()].as_string());
      PIER_TRY(json::object track, read_track(context, row, std::span(keys).subspan(i, 2), name));
      if (row.kind == kAssembleTask.name) add_quality(quality[name], row, track);
      tracks.emplace_back(std::move(track));
    }
  }
  Work work;
  work.params = {{"tracks", std::move(tracks)}, {"notes", notes_of_texts(rows)}};
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

Result<catalogue::Publication> publication_of(const TaskRow& task, const json::object& result) {
  PIER_TRY(const json::array packed, get_array(result, "tracks"));
  catalogue::Publication publication;
  publication.grid = task.params.at("grid");
  publication.audio_map = task.params.at("audio_map");
  PIER_TRY(const json::array notes, get_array(result, "notes"));
  for (const json::value& note : notes) publication.grid.as_object()["warnings"].as_array().push_back(note);
  for (const json::value& track : packed) {
    PIER_TRY(catalogue::TrackRow row, track_row(track.as_object(), static_cast<int64_t>(publication.tracks.size())));
    publication.tracks.push_back(std::move(row));
  }
  return publication;
}

Result<json::object> commit(Context&, Transaction& tx, const TaskRow& task, const json::object& result,
                            std::span<const ObjectInfo>) {
  PIER_TRY(const std::string asset_id, get_string(task.params.as_object(), "asset"));
  PIER_TRY(catalogue::Publication publication, publication_of(task, result));
  PIER_CHECK(catalogue::publish_asset(tx, task.organisation, asset_id, std::move(publication)));
  return json::object{{"asset", asset_id}};
}

/// What is published already does not step back to fewer rungs.
Result<json::object> commit_first(Context&, Transaction& tx, const TaskRow& task, const json::object& result,
                                  std::span<const ObjectInfo>) {
  PIER_TRY(const std::string asset_id, get_string(task.params.as_object(), "asset"));
  PIER_TRY(const catalogue::AssetRow asset, catalogue::show_asset(tx, task.organisation, asset_id));
  if (asset.publication == 0) {
    PIER_TRY(catalogue::Publication publication, publication_of(task, result));
    publication.more_follows = true;
    PIER_CHECK(catalogue::publish_asset(tx, task.organisation, asset_id, std::move(publication)));
  }
  return json::object{{"asset", asset_id}, {"published", asset.publication == 0}};
}

}  // namespace

const TaskKind kPublishFirstTask{"publish_first", 1, false, prepare, nullptr, commit_first};
const TaskKind kPublishTask{"publish", 1, true, prepare, nullptr, commit};

}  // namespace pier::workflows::impl
