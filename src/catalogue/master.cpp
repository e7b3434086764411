#include <pier/catalogue/asset.hpp>
#include <pier/core/id.hpp>

#include "asset_rows.hpp"
#include "stored.hpp"

namespace pier::catalogue {

Result<std::string> add_master(Transaction& tx, const MasterRow& master) {
  const ByteView path = as_bytes(master.path);
  const std::string reference = json::serialize(master.reference);
  PIER_CHECK(
      tx.run("INSERT INTO masters (id, organisation, path, reference, sha256, created) VALUES ($1, $2, $3, $4, $5, $6)"
             " ON CONFLICT (organisation, path, sha256) DO NOTHING",
             {new_id("mst"), master.organisation, path, reference, master.sha256, tx.now()}));
  // Held: collect_garbage() may be about to remove a master that no asset needs.
  PIER_TRY(const auto row, tx.one("SELECT id FROM masters WHERE organisation = $1 AND path = $2 AND sha256 = $3" +
                                      tx.locking(database::RowLock::kNoKeyUpdate),
                                  {master.organisation, path, master.sha256}));
  if (!row) return fail(ErrorCode::kOverloaded, "this master is just being removed; try again");
  const std::string id = row->text(0);
  if (master.kept) PIER_CHECK(add_reference(tx, *master.kept, {"master", id}));
  PIER_CHECK(tx.run("UPDATE masters SET reference = $2, kept = coalesce($3, kept) WHERE id = $1",
                    {id, reference, impl::stored_key(master.kept)}));
  return id;
}

Result<void> impl::hold_master(Transaction& tx, std::string_view organisation, std::string_view id) {
  PIER_TRY(const auto row, tx.one("SELECT 1 FROM masters WHERE id = $1 AND organisation = $2" +
                                      tx.locking(database::RowLock::kKeyShare),
                                  {id, organisation}));
  if (!row) return fail(ErrorCode::kNotFound, "there is no master " + display_text(id));
  return {};
}

Result<MasterRow> find_master(Session& session, std::string_view organisation, std::string_view id) {
  PIER_TRY(const auto row, session.one("SELECT id, organisation, path, reference, sha256, kept, created FROM masters"
                                       " WHERE id = $1 AND organisation = $2",
                                       {id, organisation}));
  if (!row) return fail(ErrorCode::kNotFound, "there is no master " + display_text(id));
  MasterRow master;
  master.id = row->text(0);
  master.organisation = row->text(1);
  master.path = as_text(row->bytes(2));
  PIER_TRY(master.reference, impl::json_at(*row, 3));
  PIER_TRY(master.sha256, impl::sha256_at(*row, 4));
  PIER_TRY(master.kept, impl::key_at(*row, 5));
  master.created = row->integer(6);
  return master;
}

}  // namespace pier::catalogue
