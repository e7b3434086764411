#pragma once
// What records know of themselves: where their objects lie and the id that place is marked with.

#include <optional>
#include <string>

#include <pier/core/result.hpp>
#include <pier/database/database.hpp>

namespace pier::catalogue {

using database::Session;
using database::Transaction;

struct Installation {
  std::string id;
  std::string store;    // a directory (bytes) or URL
  bool marked = false;  // the place carries the id
  bool moving = false;  // these records are the goal of a `pier migrate` that has not ended: nobody works on them yet
};

/// nullopt: nobody chose a place yet.
Result<std::optional<Installation>> find_installation(Session& session);
/// The first one; when another process was quicker, its choice. Gives what stands afterwards.
Result<Installation> begin_installation(Transaction& tx, const Installation& wish);
/// The mark was written, or the objects were moved. kNotFound when there is none of that id.
Result<void> change_installation(Transaction& tx, const Installation& changed);
/// A place that turned out to be another's and was never marked is forgotten.
Result<void> forget_installation(Transaction& tx, const std::string& id);

}  // namespace pier::catalogue
