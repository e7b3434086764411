#include <array>

#include <pier/catalogue/asset.hpp>
#include <pier/core/id.hpp>

#include "asset_rows.hpp"
#include "stored.hpp"

namespace pier::catalogue {
namespace {

struct StateName {
  AssetState state;
  std::string_view name;
};
constexpr std::array kStates{
    StateName{AssetState::kNew, "new"},
    StateName{AssetState::kPublishing, "publishing"},
    StateName{AssetState::kPublished, "published"},
    StateName{AssetState::kFailed, "failed"},
    StateName{AssetState::kDeleted, "deleted"},
};

constexpr std::string_view kColumns =
    "id, organisation, title, state, master_id, facts, grid, audio_map, in_point, out_point, ladder, profile, error, "
    "revision, publication, created, updated, published, deleted";

Result<AssetRow> asset_from(const database::Row& row) {
  AssetRow asset;
  asset.id = row.text(0);
  asset.organisation = row.text(1);
  asset.title = row.text(2);
  PIER_TRY(asset.state, impl::asset_state_from(row.text(3)));
  asset.master_id = row.text(4);
  PIER_TRY(asset.facts, impl::json_at(row, 5));
  PIER_TRY(asset.grid, impl::json_at(row, 6));
  PIER_TRY(asset.audio_map, impl::json_at(row, 7));
  asset.in_point = row.text_if(8);
  asset.out_point = row.text_if(9);
  asset.ladder = row.text(10);
  asset.profile = row.text(11);
  PIER_TRY(asset.error, impl::error_at(row, 12));
  asset.revision = row.integer(13);
  asset.publication = row.integer(14);
  asset.created = row.integer(15);
  asset.updated = row.integer(16);
  asset.published = row.integer(17);
  asset.deleted = row.integer(18);
  return asset;
}

Failure no_asset(std::string_view id) {
  return fail(ErrorCode::kNotFound, "there is no asset " + display_text(id));
}

Result<AssetRow> any_asset(Session& session, std::string_view organisation, std::string_view id,
                           std::string_view locking = {}) {
  static const std::string kSql = impl::select(kColumns, "assets WHERE id = $1 AND organisation = $2");
  PIER_TRY(const auto row, session.one(kSql + std::string(locking), {id, organisation}));
  if (!row) return no_asset(id);
  return asset_from(*row);
}

Result<AssetRow> hold_any_asset(Transaction& tx, std::string_view organisation, std::string_view id) {
  return any_asset(tx, organisation, id, tx.locking(database::RowLock::kNoKeyUpdate));
}

Failure wrong_state(const AssetRow& asset, std::string_view wanted) {
  return fail(ErrorCode::kConflict,
              "asset " + asset.id + " is " + std::string(to_string(asset.state)) + ", not " + std::string(wanted));
}

/// The text as part of a LIKE pattern with '\' as escape.
std::string containing(std::string_view text) {
  std::string pattern = "%";
  for (const char c : text) {
    if (c == '%' || c == '_' || c == '\\') pattern += '\\';
    pattern += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return pattern + "%";
}

}  // namespace

std::string_view to_string(AssetState state) {
  for (const auto& entry : kStates) {
    if (entry.state == state) return entry.name;
  }
  return "";
}

Result<AssetState> impl::asset_state_from(std::string_view name) {
  for (const auto& entry : kStates) {
    if (entry.name == name) return entry.state;
  }
  return fail(ErrorCode::kInvalidArgument, "there is no asset state \"" + display_text(name) + "\"");
}

Result<AssetRow> impl::living_asset(Session& session, std::string_view organisation, std::string_view id) {
  PIER_TRY(AssetRow asset, any_asset(session, organisation, id));
  if (asset.state == AssetState::kDeleted) return no_asset(id);
  return asset;
}

Result<AssetRow> impl::hold_asset(Transaction& tx, std::string_view organisation, std::string_view id) {
  PIER_TRY(AssetRow asset, hold_any_asset(tx, organisation, id));
  if (asset.state == AssetState::kDeleted) return no_asset(id);
  return asset;
}

Result<AssetRow> create_asset(Transaction& tx, const NewAsset& asset) {
  PIER_TRY(const auto known, tx.one("SELECT 1 FROM organisations WHERE id = $1", {asset.organisation}));
  if (!known) return fail(ErrorCode::kNotFound, "there is no organisation " + display_text(asset.organisation));
  std::optional<std::string> master;
  if (!asset.master_id.empty()) {
    PIER_CHECK(impl::hold_master(tx, asset.organisation, asset.master_id));
    master = asset.master_id;
  }
  const std::string id = new_id("ast");
  PIER_CHECK(tx.run(
      "INSERT INTO assets (id, organisation, title, state, master_id, facts, audio_map, in_point,"
      " out_point, ladder, profile, created, updated)"
      " VALUES ($1, $2, $3, 'new', $4, $5, $6, $7, $8, $9, $10, $11, $11)",
      {id, asset.organisation, asset.title, master, impl::stored_json(asset.facts), impl::stored_json(asset.audio_map),
       asset.in_point, asset.out_point, asset.ladder, asset.profile, tx.now()}));
  return any_asset(tx, asset.organisation, id);
}

Result<AssetRow> update_asset(Transaction& tx, std::string_view organisation, std::string_view id,
                              const AssetChange& change) {
  PIER_TRY(AssetRow asset, impl::hold_asset(tx, organisation, id));
  if (change.revision && *change.revision != asset.revision) {
    return fail(ErrorCode::kConflict, "asset " + asset.id + " was changed meanwhile (revision " +
                                          std::to_string(asset.revision) + "); read it again");
  }
  if (change.title) asset.title = *change.title;
  if (change.ladder) asset.ladder = *change.ladder;
  if (change.profile) asset.profile = *change.profile;
  if (change.facts) asset.facts = *change.facts;
  if (change.audio_map) asset.audio_map = *change.audio_map;
  PIER_CHECK(
      tx.run("UPDATE assets SET title = $2, ladder = $3, profile = $4, facts = $5, audio_map = $6,"
             " revision = revision + 1, updated = $7 WHERE id = $1",
             {id, asset.title, asset.ladder, asset.profile, impl::stored_json(asset.facts),
              impl::stored_json(asset.audio_map), tx.now()}));
  return any_asset(tx, organisation, id);
}

Result<void> begin_publication(Transaction& tx, std::string_view organisation, std::string_view id) {
  PIER_TRY(const AssetRow asset, impl::hold_asset(tx, organisation, id));
  if (asset.state == AssetState::kPublishing) return wrong_state(asset, "new, failed or published");
  PIER_CHECK(
      tx.run("UPDATE assets SET state = 'publishing', error = NULL, revision = revision + 1, updated = $2"
             " WHERE id = $1",
             {id, tx.now()}));
  return {};
}

Result<void> fail_publication(Transaction& tx, std::string_view organisation, std::string_view id, const Error& error) {
  PIER_TRY(const AssetRow asset, impl::hold_asset(tx, organisation, id));
  if (asset.state != AssetState::kPublishing) return wrong_state(asset, "publishing");
  const AssetState state = asset.publication > 0 ? AssetState::kPublished : AssetState::kFailed;
  PIER_CHECK(tx.run("UPDATE assets SET state = $2, error = $3, revision = revision + 1, updated = $4 WHERE id = $1",
                    {id, to_string(state), impl::stored_error(error), tx.now()}));
  return {};
}

Result<AssetRow> publish_asset(Transaction& tx, std::string_view organisation, std::string_view id,
                               Publication publication) {
  PIER_TRY(AssetRow asset, impl::hold_asset(tx, organisation, id));
  if (asset.state != AssetState::kPublishing) return wrong_state(asset, "publishing");
  if (publication.tracks.empty()) {
    return fail(ErrorCode::kInvalidArgument, "asset " + asset.id + " cannot be published without a track");
  }
  ++asset.publication;
  PIER_CHECK(impl::replace_tracks(tx, asset, publication.tracks));
  const AssetState state = publication.more_follows ? AssetState::kPublishing : AssetState::kPublished;
  PIER_CHECK(
      tx.run("UPDATE assets SET state = $7, publication = $2, facts = coalesce($3, facts), grid = $4,"
             " audio_map = coalesce($5, audio_map), error = NULL, revision = revision + 1, updated = $6,"
             " published = $6 WHERE id = $1",
             {id, asset.publication, impl::stored_json(publication.facts), impl::stored_json(publication.grid),
              impl::stored_json(publication.audio_map), tx.now(), to_string(state)}));
  return any_asset(tx, organisation, id);
}

Result<AssetRow> show_asset(Session& session, std::string_view organisation, std::string_view id) {
  return impl::living_asset(session, organisation, id);
}

Result<AssetPage> list_assets(Session& session, std::string_view organisation, const AssetFilter& filter, size_t limit,
                              std::string_view cursor) {
  PIER_CHECK(impl::check_page(limit));
  if (!cursor.empty() && !is_id("ast", cursor)) return fail(ErrorCode::kInvalidArgument, "this is no cursor of assets");
  static const std::string kSql = impl::select(
      kColumns,
      "assets WHERE organisation = $1 AND ($2 = '' OR id < $2) AND (state = $3 OR ($3 = '' AND deleted = 0))"
      " AND lower(title) LIKE $4 ESCAPE '\\' ORDER BY id DESC LIMIT $5");
  const std::string_view state = filter.state ? to_string(*filter.state) : "";
  PIER_TRY(const auto rows, session.all(kSql, {organisation, cursor, state, containing(filter.title), limit + 1}));
  AssetPage page;
  for (const auto& row : rows) {
    if (page.assets.size() == limit) {
      page.next = page.assets.back().id;
      break;
    }
    PIER_TRY(AssetRow asset, asset_from(row));
    page.assets.push_back(std::move(asset));
  }
  return page;
}

Result<void> delete_asset(Transaction& tx, std::string_view organisation, std::string_view id) {
  PIER_TRY(const AssetRow asset, hold_any_asset(tx, organisation, id));
  if (asset.state == AssetState::kDeleted) return {};
  PIER_CHECK(impl::drop_track_references(tx, id));
  PIER_TRY(const auto reports, tx.all("SELECT id FROM reports WHERE asset_id = $1", {id}));
  for (const auto& report : reports) PIER_CHECK(drop_references(tx, {"report", report.text(0)}));
  PIER_CHECK(
      tx.run("UPDATE assets SET state = 'deleted', deleted = $2, updated = $2, revision = revision + 1"
             " WHERE id = $1",
             {id, tx.now()}));
  return {};
}

json::object to_json(const AssetRow& asset) {
  const auto text_or_null = [](const std::optional<std::string>& text) {
    return text ? json::value(*text) : json::value(nullptr);
  };
  json::object object{{"id", asset.id},
                      {"organisation", asset.organisation},
                      {"title", asset.title},
                      {"state", to_string(asset.state)},
                      {"master", asset.master_id},
                      {"in", text_or_null(asset.in_point)},
                      {"out", text_or_null(asset.out_point)},
                      {"ladder", asset.ladder},
                      {"profile", asset.profile},
                      {"facts", asset.facts},
                      {"grid", asset.grid},
                      {"audio_map", asset.audio_map},
                      {"error", nullptr},
                      {"revision", asset.revision},
                      {"publication", asset.publication},
                      {"created", to_rfc3339(asset.created)},
                      {"updated", to_rfc3339(asset.updated)},
                      {"published", impl::time_or_null(asset.published)}};
  if (asset.error) object["error"] = {{"code", to_string(asset.error->code)}, {"message", asset.error->message}};
  return object;
}

}  // namespace pier::catalogue
