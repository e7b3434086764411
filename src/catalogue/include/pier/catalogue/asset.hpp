#pragma once
// Assets, their masters and tracks. Every lookup takes the organisation: what belongs to another one is kNotFound.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <pier/catalogue/object_rows.hpp>
#include <pier/core/json.hpp>
#include <pier/core/rational.hpp>

namespace pier::catalogue {

/// What was delivered to us; lies where it lies unless `kept` names our copy.
struct MasterRow {
  std::string id;  // mst_..., given by add_master
  std::string organisation;
  std::string path;       // bytes, as the user gave it
  json::value reference;  // media::to_json(SourceReference), or whatever reopens it
  Sha256 sha256{};
  std::optional<ObjectKey> kept;  // --keep copy; must have its row
  WallTime created = 0;
};
/// Gives the id; the same path and digest of one organisation is the same master (its reference is brought up to date).
Result<std::string> add_master(Transaction& tx, const MasterRow& master);
Result<MasterRow> find_master(Session& session, std::string_view organisation, std::string_view id);

enum class AssetState { kNew, kPublishing, kPublished, kFailed, kDeleted };
std::string_view to_string(AssetState state);  // "new" ...

struct AssetRow {
  std::string id;  // ast_...
  std::string organisation;
  std::string title;
  AssetState state = AssetState::kNew;
  std::string master_id;
  json::value facts;                    // what probe saw
  json::value grid;                     // segment grid of this publication
  json::value audio_map;                // how source tracks became programmes
  std::optional<std::string> in_point;  // source timecode, as asked
  std::optional<std::string> out_point;
  std::string ladder;
  std::string profile;
  std::optional<Error> error;  // of the last failed publication
  int64_t revision = 1;        // raised by every change
  int64_t publication = 0;     // how often it was published; 0: nothing to play
  WallTime created = 0;
  WallTime updated = 0;
  WallTime published = 0;
  WallTime deleted = 0;
};

struct NewAsset {
  std::string organisation{};
  std::string title{};
  std::string master_id{};
  std::optional<std::string> in_point{};
  std::optional<std::string> out_point{};
  std::string ladder{};
  std::string profile{};
  json::value facts{};
  json::value audio_map{};
};
Result<AssetRow> create_asset(Transaction& tx, const NewAsset& asset);

/// Members that are set replace what is stored. With `revision` the change only happens on that revision (kConflict).
struct AssetChange {
  std::optional<std::string> title{};
  std::optional<std::string> ladder{};
  std::optional<std::string> profile{};
  std::optional<json::value> facts{};
  std::optional<json::value> audio_map{};
  std::optional<int64_t> revision{};
};
Result<AssetRow> update_asset(Transaction& tx, std::string_view organisation, std::string_view id,
                              const AssetChange& change);

/// new, failed, published -> publishing (what was published before stays playable).
Result<void> begin_publication(Transaction& tx, std::string_view organisation, std::string_view id);
/// publishing -> failed, or back to published when an older publication stands; keeps the error.
Result<void> fail_publication(Transaction& tx, std::string_view organisation, std::string_view id, const Error& error);

enum class TrackKind { kVideo, kAudio, kText, kImage };
std::string_view to_string(TrackKind kind);  // "video" ...
Result<TrackKind> track_kind_from(std::string_view name);

struct TrackRow {
  std::string id;  // trk_..., given by publish_asset
  std::string asset_id;
  int64_t publication = 0;
  TrackKind kind = TrackKind::kVideo;
  int64_t ordinal = 0;  // order within the asset
  std::string rung;     // name in the ladder
  std::string codec;    // RFC 6381
  int64_t width = 0;
  int64_t height = 0;
  int64_t frames = 0;   // audio: access units
  int64_t bytes = 0;    // of the media object
  int64_t bitrate = 0;  // average, bit/s
  Rational duration;    // seconds
  ObjectKey media;
  std::optional<ObjectKey> index;
  std::vector<ObjectKey> others;  // further objects the details name (tile sheets, WebVTT ...)
  json::value details;            // what packaging needs: init range, colour, language, track_ID ...
  json::value quality;            // measured against the source
};

struct Publication {
  json::value facts{};  // null: keep
  json::value grid{};
  json::value audio_map{};         // null: keep
  std::vector<TrackRow> tracks{};  // id, asset_id and publication are filled in here
  bool more_follows = false;       // this is a first rendition: it can be played, the asset stays publishing
};
/// The one moment an asset becomes playable: tracks, references and state in the caller's transaction, all or nothing.
/// Every object must have its row (kNotFound names the key) and belong to the organisation (kPermission). Tracks of the
/// publication before are retired: still readable by id until collect_garbage()'s delay is over. A track with the same
/// rung and objects as one of the publication before is the same track: it keeps its id.
/// kConflict unless the asset is publishing.
Result<AssetRow> publish_asset(Transaction& tx, std::string_view organisation, std::string_view id,
                               Publication publication);

Result<AssetRow> show_asset(Session& session, std::string_view organisation, std::string_view id);
/// Tracks of the current publication by ordinal.
Result<std::vector<TrackRow>> list_tracks(Session& session, std::string_view organisation, std::string_view asset_id);
/// Also a retired one, not one of a deleted asset.
Result<TrackRow> find_track(Session& session, std::string_view organisation, std::string_view track_id);

struct AssetFilter {
  std::optional<AssetState> state{};
  std::string title{};  // part of it, case of ASCII letters ignored; empty: any
};
struct AssetPage {
  std::vector<AssetRow> assets;  // newest first, without deleted ones unless asked for by state
  std::string next;              // cursor of the following page; empty: the last one
};
/// `limit` 1..500; kInvalidArgument for a cursor that is none.
Result<AssetPage> list_assets(Session& session, std::string_view organisation, const AssetFilter& filter, size_t limit,
                              std::string_view cursor = {});

/// Not playable any more at once; objects and rows go with collect_garbage(). Idempotent.
Result<void> delete_asset(Transaction& tx, std::string_view organisation, std::string_view id);

/// For --json and /v1.
json::object to_json(const AssetRow& asset);
json::object to_json(const TrackRow& track);

}  // namespace pier::catalogue
