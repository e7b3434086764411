#include <pier/catalogue/object_rows.hpp>

#include "stored.hpp"

namespace pier::catalogue {
namespace {

constexpr std::string_view kColumns =
    "key, size, sha256, created, unreferenced, deleted,"
    " (SELECT count(*) FROM object_refs r WHERE r.object_key = objects.key)";

Result<ObjectRow> object_from(const database::Row& row) {
  ObjectRow object;
  PIER_TRY(object.object.key, storage::parse_key(row.text(0)));
  object.object.size = static_cast<uint64_t>(row.integer(1));
  PIER_TRY(object.object.sha256, impl::sha256_at(row, 2));
  object.created = row.integer(3);
  object.unreferenced = row.integer(4);
  object.deleted = row.integer(5);
  object.references = row.integer(6);
  return object;
}

Failure no_object(const ObjectKey& key) {
  return fail(ErrorCode::kNotFound, "object " + storage::to_string(key) + " is not in the catalogue");
}

}  // namespace

Result<void> add_object(Transaction& tx, const ObjectInfo& object, const std::optional<Reference>& reference) {
  const std::string key = storage::to_string(object.key);
  PIER_TRY(const auto known, tx.one("SELECT 1 FROM organisations WHERE id = $1", {object.key.organisation}));
  if (!known) return fail(ErrorCode::kNotFound, "there is no organisation " + object.key.organisation);
  PIER_TRY(const auto taken, tx.one("SELECT 1 FROM objects WHERE key = $1", {key}));
  if (taken) return fail(ErrorCode::kAlreadyExists, "object " + key + " is in the catalogue already");
  PIER_CHECK(
      tx.run("INSERT INTO objects (key, organisation, kind, size, sha256, created, unreferenced)"
             " VALUES ($1, $2, $3, $4, $5, $6, $6)",
             {key, object.key.organisation, object.key.kind, object.size, object.sha256, tx.now()}));
  if (!reference) return {};
  return add_reference(tx, object.key, *reference);
}

Result<void> add_reference(Transaction& tx, const ObjectKey& key, const Reference& reference) {
  const std::string text = storage::to_string(key);
  PIER_TRY(const int64_t alive, tx.run("UPDATE objects SET unreferenced = 0 WHERE key = $1 AND deleted = 0", {text}));
  if (alive == 0) return no_object(key);
  PIER_CHECK(
      tx.run("INSERT INTO object_refs (owner_kind, owner_id, object_key) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
             {reference.owner_kind, reference.owner_id, text}));
  return {};
}

Result<void> drop_references(Transaction& tx, const Reference& reference) {
  // The objects are held first, in one order: whoever adds or drops another reference is seen, or sees this one gone.
  const std::string held = tx.locking(database::RowLock::kUpdate);
  PIER_CHECK(
      tx.all("SELECT key FROM objects WHERE key IN (SELECT object_key FROM object_refs WHERE owner_kind = $1 AND"
             " owner_id = $2) ORDER BY key" +
                 held,
             {reference.owner_kind, reference.owner_id}));
  PIER_TRY(const auto rows,
           tx.all("DELETE FROM object_refs WHERE owner_kind = $1 AND owner_id = $2 RETURNING object_key",
                  {reference.owner_kind, reference.owner_id}));
  for (const auto& row : rows) {
    PIER_CHECK(
        tx.run("UPDATE objects SET unreferenced = $2 WHERE key = $1 AND NOT EXISTS"
               " (SELECT 1 FROM object_refs WHERE object_key = $1)",
               {row.text(0), tx.now()}));
  }
  return {};
}

Result<uint64_t> bytes_held(Session& session, const Reference& owner, std::string_view kind) {
  PIER_TRY(const auto row,
           session.one("SELECT CAST(coalesce(sum(o.size), 0) AS BIGINT) FROM object_refs r JOIN objects o ON o.key ="
                       " r.object_key WHERE r.owner_kind = $1 AND r.owner_id = $2 AND ($3 = '' OR o.kind = $3)",
                       {owner.owner_kind, owner.owner_id, kind}));
  return row ? static_cast<uint64_t>(row->integer(0)) : 0;
}

Result<ObjectRow> find_object(Session& session, const ObjectKey& key) {
  static const std::string kSql = impl::select(kColumns, "objects WHERE key = $1 AND deleted = 0");
  PIER_TRY(const auto row, session.one(kSql, {storage::to_string(key)}));
  if (!row) return no_object(key);
  return object_from(*row);
}

Result<std::optional<ObjectRow>> find_object_by_digest(Session& session, std::string_view organisation,
                                                       std::string_view kind, const Sha256& sha256) {
  static const std::string kSql = impl::select(
      kColumns, "objects WHERE organisation = $1 AND kind = $2 AND sha256 = $3 AND deleted = 0 ORDER BY key LIMIT 1");
  PIER_TRY(const auto row, session.one(kSql, {organisation, kind, sha256}));
  if (!row) return std::optional<ObjectRow>();
  PIER_TRY(ObjectRow object, object_from(*row));
  return std::optional(std::move(object));
}

Result<std::vector<ObjectRow>> list_objects(Session& session, std::string_view organisation) {
  static const std::string kSql =
      impl::select(kColumns, "objects WHERE organisation = $1 AND deleted = 0 ORDER BY key");
  PIER_TRY(const auto rows, session.all(kSql, {organisation}));
  std::vector<ObjectRow> objects;
  objects.reserve(rows.size());
  for (const auto& row : rows) {
    PIER_TRY(ObjectRow object, object_from(row));
    objects.push_back(std::move(object));
  }
  return objects;
}

Result<std::vector<ObjectInfo>> list_objects_after(Session& session, std::string_view after, int64_t limit) {
  static const std::string kSql =
      impl::select(kColumns, "objects WHERE key > $1 AND deleted = 0 ORDER BY key LIMIT $2");
  PIER_TRY(const auto rows, session.all(kSql, {after, limit}));
  std::vector<ObjectInfo> objects;
  objects.reserve(rows.size());
  for (const auto& row : rows) {
    PIER_TRY(ObjectRow object, object_from(row));
    objects.push_back(std::move(object.object));
  }
  return objects;
}

}  // namespace pier::catalogue
