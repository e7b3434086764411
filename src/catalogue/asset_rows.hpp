#pragma once
// Rows of assets as they lie in the table.

#include <pier/catalogue/asset.hpp>

namespace pier::catalogue::impl {

Result<AssetState> asset_state_from(std::string_view name);

/// kNotFound when there is none, it belongs to another organisation, or it was deleted.
Result<AssetRow> living_asset(Session& session, std::string_view organisation, std::string_view id);

/// The same, held until the transaction ends: for whoever decides upon what it reads.
Result<AssetRow> hold_asset(Transaction& tx, std::string_view organisation, std::string_view id);

/// kNotFound when there is no such master; else it stays until the transaction ends.
Result<void> hold_master(Transaction& tx, std::string_view organisation, std::string_view id);

/// Retires what is published, then inserts the new tracks with their references; one that was published before, with
/// the same rung and objects, goes on under its id.
Result<void> replace_tracks(Transaction& tx, const AssetRow& asset, std::vector<TrackRow>& tracks);

/// Drops what the tracks of an asset refer to, retired ones too.
Result<void> drop_track_references(Transaction& tx, std::string_view asset_id);

}  // namespace pier::catalogue::impl
