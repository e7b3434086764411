#pragma once
// Where the objects of a data directory lie: DATA/objects, or once and for all where the first server was told to keep
// them. The place is remembered (DATA/store.json) and carries a mark of its owner, so that neither a forgotten option,
// a missing mount nor another data directory can make objects look lost or unowned.

#include <string>

#include <pier/core/result.hpp>
#include <pier/storage/object_store.hpp>

namespace pier::workflows::impl {

/// Name of the mark inside a store that does not lie in the data directory; it holds the id of its owner.
inline constexpr const char* kStoreMark = storage::kOwnerMark;

/// The directory or URL to open; the caller holds the lock of `data`. `asked` may be empty: as before.
/// kInvalidArgument: the objects lie elsewhere, or `asked` holds something else; kIo: the mark is missing, most
/// likely because a mount is.
Result<std::string> place_of_objects(const std::string& data, const std::string& asked);

/// For a store that is no directory, once it is open: puts the mark on it, or finds ours there. kInvalidArgument: it
/// belongs to another data directory, or held objects before it was ours.
Result<void> claim_place(const std::string& data, storage::ObjectStore& store);

}  // namespace pier::workflows::impl
