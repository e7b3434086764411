#pragma once
// Where the objects of a data directory lie: DATA/objects, or once and for all where the first server was told to keep
// them. The place is remembered (DATA/store.json) and carries a mark of its owner, so that neither a forgotten option,
// a missing mount nor another data directory can make objects look lost or unowned.

#include <string>

#include <pier/core/result.hpp>

namespace pier::workflows::impl {

/// Name of the mark inside a store that does not lie in the data directory; it holds the id of its owner.
inline constexpr const char* kStoreMark = ".pier-store";

/// The directory to open; the caller holds the lock of `data`. `asked` may be empty: as before.
/// kInvalidArgument: the objects lie elsewhere, or `asked` holds something else; kIo: the mark is missing, most
/// likely because a mount is.
Result<std::string> place_of_objects(const std::string& data, const std::string& asked);

}  // namespace pier::workflows::impl
