#pragma once
// The tenant: everything belongs to exactly one.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <pier/core/clock.hpp>
#include <pier/core/result.hpp>
#include <pier/database/database.hpp>
#include <pier/storage/object_store.hpp>

namespace pier::catalogue {

using database::Database;
using database::Session;
using database::Transaction;
using storage::ObjectStore;

/// The one that exists from the first day.
inline constexpr std::string_view kDefaultOrganisation = "default";

struct OrganisationRow {
  std::string id;  // also the first part of its object keys
  std::string title;
  WallTime created = 0;
  double weight = 1;  // its share of the workers while others want them too
};

/// Makes it when missing. kInvalidArgument when the id cannot be part of an object key.
Result<void> ensure_organisation(Transaction& tx, std::string_view id, std::string_view title);
/// Counts from the next claim on. kInvalidArgument unless 0 < weight <= 1,000,000; kNotFound.
Result<void> set_weight(Transaction& tx, std::string_view id, double weight);
Result<std::vector<OrganisationRow>> list_organisations(Session& session);

struct Billing {
  uint64_t bytes = 0;  // of all objects that still lie in the store, marked for removal or not
  int64_t objects = 0;
  std::map<std::string, uint64_t> bytes_by_kind;
};
Result<Billing> billing(Session& session, std::string_view organisation);

/// Erases every row (of every module), every object and the name itself; afterwards the write-ahead log is emptied,
/// so that no byte of it stays in Pier's files. Cancel its jobs first: a worker that still runs then fails on its next
/// write. The rows go in one transaction; killed before the objects went, sweep_orphans() finishes.
/// kNotFound when there is none.
Result<void> erase_organisation(Database& database, ObjectStore& store, std::string_view id);

}  // namespace pier::catalogue
