#pragma once
// What a `pier migrate` has begun, kept in DATA/migration.json until all is done, and the steps that take effect: the
// marks on the new places, the switch, tidying up. Each bears being done twice.

#include <optional>
#include <string>
#include <vector>

#include <pier/core/result.hpp>
#include <pier/database/database.hpp>
#include <pier/storage/object_store.hpp>

namespace pier::workflows::impl {

struct MovePlan {
  std::string data;      // the directory; not written down
  std::string id;        // of the installation: what its places are marked with
  std::string database;  // URL without password; empty: records stay
  std::string store;     // where the objects will lie
  std::string from;      // where they lie
  bool claimed = false;  // the new places were empty and are ours
};

std::string plan_file(const std::string& data);
/// nullopt: none was begun.
Result<std::optional<MovePlan>> read_plan(const std::string& data);

/// Makes sure that the new places are empty or ours from an earlier call, and marks them. Either may be null: it stays.
/// kInvalidArgument: they belong to somebody or hold things; nothing was changed then.
Result<void> claim_goals(MovePlan plan, database::Database* records, storage::ObjectStore* store);

/// Objects alone: from the commit on they lie at their new place.
Result<void> switch_store(const MovePlan& plan, database::Database& records);
/// Was the step done after which the old places do not count any more?
Result<bool> is_switched(const MovePlan& plan);

/// After the switch: opens the new records to everybody, names the old places for what they are, forgets the plan.
/// `url` may hold the password. Gives the new names of the old places.
Result<std::vector<std::string>> finish_move(const MovePlan& plan, const std::string& url);

}  // namespace pier::workflows::impl
