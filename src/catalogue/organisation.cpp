#include <pier/catalogue/organisation.hpp>

namespace pier::catalogue {
namespace {

constexpr double kLargestWeight = 1e6;

}  // namespace

Result<void> ensure_organisation(Transaction& tx, std::string_view id, std::string_view title) {
  if (!storage::is_organisation_id(id)) {
    return fail(ErrorCode::kInvalidArgument, "\"" + display_text(id) +
                                                 "\" cannot name an organisation: write up to 64 of a-z, 0-9, - and _,"
                                                 " a letter or digit first");
  }
  PIER_CHECK(tx.run("INSERT INTO organisations (id, title, created) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
                    {id, title, tx.now()}));
  return {};
}

Result<void> set_weight(Transaction& tx, std::string_view id, double weight) {
  if (!(weight > 0 && weight <= kLargestWeight))
    return fail(ErrorCode::kInvalidArgument, "the weight of an organisation is a number above 0, at most 1000000");
  PIER_TRY(const int64_t known, tx.run("UPDATE organisations SET weight = $2 WHERE id = $1", {id, weight}));
  if (known == 0) return fail(ErrorCode::kNotFound, "there is no organisation " + display_text(id));
  return {};
}

Result<std::vector<OrganisationRow>> list_organisations(Session& session) {
  PIER_TRY(const auto rows, session.all("SELECT id, title, created, weight FROM organisations ORDER BY id"));
  std::vector<OrganisationRow> organisations;
  for (const auto& row : rows) organisations.push_back({row.text(0), row.text(1), row.integer(2), row.real(3)});
  return organisations;
}

Result<Billing> billing(Session& session, std::string_view organisation) {
  PIER_TRY(
      const auto rows,
      session.all("SELECT kind, count(*), CAST(sum(size) AS BIGINT) FROM objects WHERE organisation = $1 GROUP BY kind",
                  {organisation}));
  Billing bill;
  for (const auto& row : rows) {
    const auto bytes = static_cast<uint64_t>(row.integer(2));
    bill.bytes_by_kind[row.text(0)] = bytes;
    bill.objects += row.integer(1);
    bill.bytes += bytes;
  }
  return bill;
}

Result<void> erase_organisation(Database& database, ObjectStore& store, std::string_view id) {
  PIER_CHECK(database.write([&](Transaction& tx) -> Result<void> {
    // Held alone, so that nothing of it can be added any more.
    PIER_TRY(const auto known,
             tx.one("SELECT 1 FROM organisations WHERE id = $1" + tx.locking(database::RowLock::kUpdate), {id}));
    if (!known) return fail(ErrorCode::kNotFound, "there is no organisation " + display_text(id));
    // Rows that refer to objects through their asset go first: PostgreSQL looks for them before it would cascade so
    // far.
    PIER_CHECK(tx.run("DELETE FROM assets WHERE organisation = $1", {id}));
    PIER_CHECK(tx.run("DELETE FROM organisations WHERE id = $1", {id}));
    return {};
  }));
  PIER_CHECK(store.erase(id));
  return database.checkpoint();
}

}  // namespace pier::catalogue
