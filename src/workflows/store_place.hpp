#pragma once
// Where records and objects of an installation lie. Records: DATA/pier.db, or a server that was named once and is
// remembered in DATA/database.json. Objects: DATA/objects, or where the first server was told to keep them; the records
// remember that place, and it carries a mark of its owner, so that neither a forgotten option, a missing mount nor
// another installation can make objects look lost or unowned.

#include <optional>
#include <string>

#include <pier/core/json.hpp>
#include <pier/core/result.hpp>
#include <pier/database/database.hpp>
#include <pier/storage/object_store.hpp>

namespace pier::workflows::impl {

/// Name of the mark inside a store that does not lie in the data directory; it holds the id of its owner.
inline constexpr const char* kStoreMark = storage::kOwnerMark;

/// In the data directory: {"url"} of records that lie on a server.
inline constexpr const char* kRecordsFile = "database.json";

/// A JSON object of ours in a file; nullopt when there is none.
Result<std::optional<json::object>> remembered(const std::string& file);

/// The URL or absolute directory that --store names, in one form; empty stays empty. kInvalidArgument: no kind of ours.
Result<std::string> store_named(const std::string& given);

/// The URL of the records to open. `asked` may be empty: as before. kInvalidArgument: they lie elsewhere.
Result<std::string> place_of_records(const std::string& data, const std::string& asked);
/// Once they are open: later calls need not be told any more. Passwords are not written down.
Result<void> remember_records(const std::string& data, const std::string& url);

/// The directory or URL to open. `asked` may be empty: as before. A directory that carries our mark is where the
/// objects were moved to. kInvalidArgument: the objects lie elsewhere, `asked` holds something else, or records that
/// several machines share were given no place; kIo: the mark is missing, most likely because a mount is; kConflict: the
/// records are the goal of a `pier migrate` that has not ended.
Result<std::string> place_of_objects(database::Database& records, const std::string& data, const std::string& asked);

/// For a store that is no directory, once it is open: puts the mark on it, or finds ours there. kInvalidArgument: it
/// belongs to another installation, or held objects before it was ours.
Result<void> claim_place(database::Database& records, storage::ObjectStore& store);

}  // namespace pier::workflows::impl
