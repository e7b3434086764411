#include <limits>

#include <pier/catalogue/object_rows.hpp>

#include "stored.hpp"

namespace pier::catalogue {
namespace {

constexpr int64_t kBatch = 200;  // rows a transaction: others must get their turn
constexpr WallTime kEverything = std::numeric_limits<WallTime>::max();

/// Tracks of former publications.
Result<void> purge_retired_tracks(Transaction& tx, WallTime before) {
  PIER_TRY(const auto tracks, tx.all("SELECT id FROM tracks WHERE retired > 0 AND retired <= $1", {before}));
  for (const auto& track : tracks) {
    PIER_CHECK(drop_references(tx, {"track", track.text(0)}));
    PIER_CHECK(tx.run("DELETE FROM tracks WHERE id = $1", {track.text(0)}));
  }
  return {};
}

/// Deleted assets (their references went when they were deleted), then masters that no asset needs.
Result<int64_t> purge_assets(Transaction& tx, WallTime before) {
  PIER_TRY(const int64_t assets, tx.run("DELETE FROM assets WHERE deleted > 0 AND deleted <= $1", {before}));
  constexpr std::string_view kUnused = " NOT EXISTS (SELECT 1 FROM assets a WHERE a.master_id = masters.id)";
  PIER_TRY(const auto masters,
           tx.all("SELECT id FROM masters WHERE created <= $1 AND" + std::string(kUnused) + " ORDER BY id" +
                      tx.locking(database::RowLock::kUpdate, "masters", database::IfHeld::kSkip),
                  {before}));
  for (const auto& master : masters) {
    // An asset may have taken it before it was held; none can now.
    PIER_TRY(const int64_t gone,
             tx.run("DELETE FROM masters WHERE id = $1 AND" + std::string(kUnused), {master.text(0)}));
    if (gone > 0) PIER_CHECK(drop_references(tx, {"master", master.text(0)}));
  }
  return assets;
}

Result<int64_t> purge_and_mark(Database& database, int64_t delay_us, const KeptLonger& kept) {
  int64_t assets = 0;
  PIER_CHECK(database.write([&](Transaction& tx) -> Result<void> {
    PIER_CHECK(tx.hold("garbage"));  // one server at a time
    const WallTime before = tx.now() - delay_us;
    PIER_CHECK(purge_retired_tracks(tx, before));
    PIER_TRY(assets, purge_assets(tx, before));
    constexpr std::string_view kMark =
        "UPDATE objects SET deleted = $1 WHERE deleted = 0 AND unreferenced > 0 AND unreferenced <= $2";
    std::string others(kMark);
    std::vector<database::Param> values{tx.now(), before};
    for (const std::string_view kind : kept.kinds) {
      PIER_CHECK(tx.run(std::string(kMark) + " AND kind = $3", {tx.now(), tx.now() - kept.delay_us, kind}));
      values.emplace_back(kind);
      others += " AND kind <> $" + std::to_string(values.size());
    }
    PIER_CHECK(tx.run(others, values));
    return {};
  }));
  return assets;
}

struct Marked {
  ObjectKey key;
  uint64_t size = 0;
};

Result<std::vector<Marked>> next_marked(Database& database) {
  PIER_TRY(auto snapshot, database.read());
  PIER_TRY(const auto rows,
           snapshot.all("SELECT key, size FROM objects WHERE deleted > 0 ORDER BY key LIMIT $1", {kBatch}));
  std::vector<Marked> marked;
  for (const auto& row : rows) {
    PIER_TRY(ObjectKey key, storage::parse_key(row.text(0)));
    marked.push_back({std::move(key), static_cast<uint64_t>(row.integer(1))});
  }
  return marked;
}

}  // namespace

Result<GarbageCounts> collect_garbage(Database& database, ObjectStore& store, int64_t delay_us,
                                      const KeptLonger& kept) {
  GarbageCounts counts;
  PIER_TRY(counts.assets, purge_and_mark(database, delay_us, kept));
  while (true) {
    PIER_TRY(const auto marked, next_marked(database));
    if (marked.empty()) return counts;
    for (const Marked& object : marked) PIER_CHECK(store.remove(object.key));
    // Another server may have removed the same ones: what it counted is not counted again.
    GarbageCounts gone;
    PIER_CHECK(database.write([&](Transaction& tx) -> Result<void> {
      gone = {};
      for (const Marked& object : marked) {
        PIER_TRY(const int64_t rows,
                 tx.run("DELETE FROM objects WHERE key = $1 AND deleted > 0", {storage::to_string(object.key)}));
        gone.objects += rows;
        gone.bytes += rows > 0 ? object.size : 0;
      }
      return {};
    }));
    counts.objects += gone.objects;
    counts.bytes += gone.bytes;
  }
}

Result<GarbageCounts> sweep_orphans(Database& database, ObjectStore& store, int64_t older_than_us) {
  std::vector<storage::ObjectStat> found;
  PIER_CHECK(store.list("", [&](const storage::ObjectStat& object) {
    found.push_back(object);
    return true;
  }));
  // The rows are read after the files were: an object whose row came meanwhile has it now.
  PIER_TRY(auto snapshot, database.read());
  GarbageCounts counts;
  for (const storage::ObjectStat& object : found) {
    if (older_than_us > 0 && object.modified > snapshot.now() - older_than_us) continue;
    PIER_TRY(const auto row, snapshot.one("SELECT 1 FROM objects WHERE key = $1", {storage::to_string(object.key)}));
    if (row) continue;
    PIER_CHECK(store.remove(object.key));
    ++counts.objects;
    counts.bytes += object.size;
  }
  PIER_TRY(const uint64_t unfinished,
           store.remove_unfinished(older_than_us > 0 ? snapshot.now() - older_than_us : kEverything));
  counts.objects += static_cast<int64_t>(unfinished);
  return counts;
}

}  // namespace pier::catalogue
