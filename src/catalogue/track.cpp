#include <algorithm>
#include <array>

#include <pier/catalogue/asset.hpp>
#include <pier/core/id.hpp>

#include "asset_rows.hpp"
#include "stored.hpp"

namespace pier::catalogue {
namespace {

struct KindName {
  TrackKind kind;
  std::string_view name;
};
constexpr std::array kKinds{KindName{TrackKind::kVideo, "video"}, KindName{TrackKind::kAudio, "audio"},
                            KindName{TrackKind::kText, "text"}, KindName{TrackKind::kImage, "image"}};

constexpr std::string_view kColumns =
    "id, asset_id, publication, kind, ordinal, rung, codec, width, height, frames, bytes, bitrate, duration_num, "
    "duration_den, media, index_object, others, details, quality";

Result<std::vector<ObjectKey>> keys_at(const database::Row& row, size_t column) {
  PIER_TRY(const json::value value, impl::json_at(row, column));
  std::vector<ObjectKey> keys;
  if (!value.is_array()) return keys;
  for (const json::value& entry : value.get_array()) {
    if (!entry.is_string()) return fail(ErrorCode::kIo, "record " + row.text(0) + ": a key is damaged");
    PIER_TRY(ObjectKey key, storage::parse_key(entry.get_string()));
    keys.push_back(std::move(key));
  }
  return keys;
}

Result<TrackRow> track_from(const database::Row& row) {
  TrackRow track;
  track.id = row.text(0);
  track.asset_id = row.text(1);
  track.publication = row.integer(2);
  PIER_TRY(track.kind, track_kind_from(row.text(3)));
  track.ordinal = row.integer(4);
  track.rung = row.text(5);
  track.codec = row.text(6);
  track.width = row.integer(7);
  track.height = row.integer(8);
  track.frames = row.integer(9);
  track.bytes = row.integer(10);
  track.bitrate = row.integer(11);
  track.duration = Rational(row.integer(12), row.integer(13));
  PIER_TRY(track.media, storage::parse_key(row.text(14)));
  PIER_TRY(track.index, impl::key_at(row, 15));
  PIER_TRY(track.others, keys_at(row, 16));
  PIER_TRY(track.details, impl::json_at(row, 17));
  PIER_TRY(track.quality, impl::json_at(row, 18));
  return track;
}

Result<void> refer(Transaction& tx, const AssetRow& asset, const ObjectKey& key, std::string_view track_id) {
  if (key.organisation != asset.organisation) {
    return fail(ErrorCode::kPermission,
                "object " + storage::to_string(key) + " belongs to another organisation than asset " + asset.id);
  }
  return add_reference(tx, key, {"track", track_id});
}

/// Nothing that is served of it changes.
bool is_same(const TrackRow& a, const TrackRow& b) {
  return a.rung == b.rung && a.kind == b.kind && a.media == b.media && a.index == b.index && a.others == b.others;
}

/// A track that was just retired is one of the new publication as well.
Result<void> keep_track(Transaction& tx, const TrackRow& track) {
  PIER_CHECK(
      tx.run("UPDATE tracks SET retired = 0, publication = $2, ordinal = $3, details = $4, quality = $5 WHERE id = $1",
             {track.id, track.publication, track.ordinal, impl::stored_json(track.details),
              impl::stored_json(track.quality)}));
  return {};
}

Result<std::vector<TrackRow>> current_tracks(Session& session, std::string_view asset_id) {
  static const std::string kSql = impl::select(kColumns, "tracks WHERE asset_id = $1 AND retired = 0 ORDER BY ordinal");
  PIER_TRY(const auto rows, session.all(kSql, {asset_id}));
  std::vector<TrackRow> tracks;
  for (const auto& row : rows) {
    PIER_TRY(TrackRow track, track_from(row));
    tracks.push_back(std::move(track));
  }
  return tracks;
}

Result<void> insert_track(Transaction& tx, const AssetRow& asset, const TrackRow& track) {
  PIER_CHECK(refer(tx, asset, track.media, track.id));
  if (track.index) PIER_CHECK(refer(tx, asset, *track.index, track.id));
  json::array others;
  for (const ObjectKey& key : track.others) {
    PIER_CHECK(refer(tx, asset, key, track.id));
    others.emplace_back(storage::to_string(key));
  }
  PIER_CHECK(tx.run(
      "INSERT INTO tracks (id, asset_id, organisation, publication, kind, ordinal, rung, codec, width, height, frames,"
      " bytes, bitrate, duration_num, duration_den, media, index_object, others, details, quality)"
      " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)",
      {track.id,
       asset.id,
       asset.organisation,
       asset.publication,
       to_string(track.kind),
       track.ordinal,
       track.rung,
       track.codec,
       track.width,
       track.height,
       track.frames,
       track.bytes,
       track.bitrate,
       track.duration.num,
       track.duration.den,
       storage::to_string(track.media),
       impl::stored_key(track.index),
       json::serialize(others),
       impl::stored_json(track.details),
       impl::stored_json(track.quality)}));
  return {};
}

}  // namespace

std::string_view to_string(TrackKind kind) {
  for (const auto& entry : kKinds) {
    if (entry.kind == kind) return entry.name;
  }
  return "";
}

Result<TrackKind> track_kind_from(std::string_view name) {
  for (const auto& entry : kKinds) {
    if (entry.name == name) return entry.kind;
  }
  return fail(ErrorCode::kInvalidArgument, "there is no kind of track \"" + display_text(name) + "\"");
}

Result<void> impl::replace_tracks(Transaction& tx, const AssetRow& asset, std::vector<TrackRow>& tracks) {
  PIER_TRY(const std::vector<TrackRow> before, current_tracks(tx, asset.id));
  PIER_CHECK(tx.run("UPDATE tracks SET retired = $2 WHERE asset_id = $1 AND retired = 0", {asset.id, tx.now()}));
  for (TrackRow& track : tracks) {
    track.asset_id = asset.id;
    track.publication = asset.publication;
    const auto same = std::ranges::find_if(before, [&](const TrackRow& old) { return is_same(old, track); });
    if (same != before.end()) {
      track.id = same->id;
      PIER_CHECK(keep_track(tx, track));
      continue;
    }
    track.id = new_id("trk");
    PIER_CHECK(insert_track(tx, asset, track));
  }
  return {};
}

Result<void> impl::drop_track_references(Transaction& tx, std::string_view asset_id) {
  PIER_TRY(const auto tracks, tx.all("SELECT id FROM tracks WHERE asset_id = $1", {asset_id}));
  for (const auto& track : tracks) PIER_CHECK(drop_references(tx, {"track", track.text(0)}));
  return {};
}

Result<std::vector<TrackRow>> list_tracks(Session& session, std::string_view organisation, std::string_view asset_id) {
  PIER_CHECK(impl::living_asset(session, organisation, asset_id));
  return current_tracks(session, asset_id);
}

Result<TrackRow> find_track(Session& session, std::string_view organisation, std::string_view track_id) {
  static const std::string kSql =
      impl::select(kColumns,
                   "tracks WHERE id = $1 AND organisation = $2 AND EXISTS"
                   " (SELECT 1 FROM assets a WHERE a.id = tracks.asset_id AND a.deleted = 0)");
  PIER_TRY(const auto row, session.one(kSql, {track_id, organisation}));
  if (!row) return fail(ErrorCode::kNotFound, "there is no track " + display_text(track_id));
  return track_from(*row);
}

json::object to_json(const TrackRow& track) {
  return {{"id", track.id},
          {"asset", track.asset_id},
          {"kind", to_string(track.kind)},
          {"rung", track.rung},
          {"codec", track.codec},
          {"width", track.width},
          {"height", track.height},
          {"frames", track.frames},
          {"bytes", track.bytes},
          {"bitrate", track.bitrate},
          {"duration", track.duration.to_string()},
          {"details", track.details},
          {"quality", track.quality}};
}

}  // namespace pier::catalogue
