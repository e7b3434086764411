#pragma once
// Which objects exist, whose they are, and who still needs them. An object counts only once its row is committed.
//
// References, not owners: an object lives as long as any row refers to it (a track, a report, a master, a task). What
// nothing refers to is removed after a delay by collect_garbage(). A new row without reference is in that state from
// the start, so add the reference in the same transaction.

#include <cstdint>
#include <optional>
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
using storage::ObjectInfo;
using storage::ObjectKey;
using storage::ObjectStore;

struct ObjectRow {
  ObjectInfo object;  // key, size, SHA-256 as commit() gave them
  WallTime created = 0;
  int64_t references = 0;
  WallTime unreferenced = 0;  // since when nothing refers to it; 0 while something does
  WallTime deleted = 0;       // marked for removal; 0 = alive
};

/// Who needs an object: the table and the row, e.g. {"task", "tsk_..."}; tracks, reports and masters refer by
/// themselves.
struct Reference {
  std::string_view owner_kind;
  std::string_view owner_id;
};

/// kAlreadyExists when the key has a row; kNotFound when the organisation has none.
Result<void> add_object(Transaction& tx, const ObjectInfo& object, const std::optional<Reference>& reference = {});

/// Idempotent. kNotFound when the object has no row or is marked for removal: then it must be made again.
Result<void> add_reference(Transaction& tx, const ObjectKey& key, const Reference& reference);
/// All references of one owner; what nothing else needs counts as unreferenced from now.
Result<void> drop_references(Transaction& tx, const Reference& reference);

/// Of all objects this owner refers to, or of those of one kind.
Result<uint64_t> bytes_held(Session& session, const Reference& owner, std::string_view kind = {});

/// kNotFound also when marked for removal.
Result<ObjectRow> find_object(Session& session, const ObjectKey& key);
/// The oldest living object of that kind with the same bytes, inside one organisation.
Result<std::optional<ObjectRow>> find_object_by_digest(Session& session, std::string_view organisation,
                                                       std::string_view kind, const Sha256& sha256);
/// Every living object of an organisation in key order, for fixity checks.
Result<std::vector<ObjectRow>> list_objects(Session& session, std::string_view organisation);

/// Living objects of all organisations whose keys come after `after` ("": all), the first `limit` by key: for going
/// through them in pages.
Result<std::vector<ObjectInfo>> list_objects_after(Session& session, std::string_view after, int64_t limit);

struct GarbageCounts {
  int64_t assets = 0;
  int64_t objects = 0;
  uint64_t bytes = 0;
};
/// Objects of one kind that are kept longer than others: results that may be of use again.
struct KeptLonger {
  std::vector<std::string_view> kinds;
  int64_t delay_us = 0;
};
/// Purges assets deleted, tracks retired, and objects unreferenced, longer than `delay_us` ago. Rows are marked first,
/// then the files go, then the rows: killed anywhere, the next run finishes. Never holds a transaction while it
/// removes.
Result<GarbageCounts> collect_garbage(Database& database, ObjectStore& store, int64_t delay_us,
                                      const KeptLonger& kept = {});

/// Removes objects without a row whose last write is at least `older_than_us` ago, and unfinished uploads that began
/// as long ago: leftovers of killed writers. 0 is right only while nobody writes (at start, under the
/// DataDirectoryLock, where the store is ours alone); else longer than any task runs.
Result<GarbageCounts> sweep_orphans(Database& database, ObjectStore& store, int64_t older_than_us);

}  // namespace pier::catalogue
