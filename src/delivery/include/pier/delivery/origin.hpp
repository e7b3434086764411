#pragma once
// The origin: GET and HEAD of /media/<asset>/<name>, names as packaging/names.hpp makes them.
//
//   segments, init, tile sheets   byte ranges of the stored track; immutable for a year; ETag from the stored digest
//   manifests, playlists          a walk over the indexes, made once per publication; max-age=2; ETag of the revision
//                                 (how often the asset was published) and their content
//
// <track> in a URL is the track's id, so a track of other bytes has other URLs and a URL never changes its bytes; what
// a further publication takes over unchanged (the first rendition) keeps its URLs. Nothing in a URL or an answer
// depends on the viewer: everything is cacheable. All answers carry CORS headers for any site.

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <pier/core/clock.hpp>
#include <pier/database/database.hpp>
#include <pier/net/message.hpp>
#include <pier/storage/object_store.hpp>

namespace pier::delivery {

struct OriginOptions {
  std::string organisation = "default";
  size_t open_tracks = 256;       // kept open: one descriptor and one mapped index each
  size_t open_publications = 64;  // whose manifests are kept
  /// How long the records are not asked again whether a track or publication still stands. forget() acts at once.
  int64_t trust_us = 2'000'000;
  const Clock* clock = &Clock::system();
};

/// Thread-safe. The database and the store outlive it, and it every response it gave.
class Origin {
 public:
  Origin(database::Database& database, storage::ObjectStore& store, OriginOptions options = {});
  ~Origin();

  /// Is this one of ours: a path that starts with "media"?
  static bool owns(const net::Request& request);

  /// Any request of ours. May read records and disk. Unknown or deleted: 404; another method: 405.
  net::Response handle(const net::Request& request);

  /// The same answer when everything it needs is open and trusted; else nullopt. Reads memory only.
  std::optional<net::Response> quick(const net::Request& request);

  /// Asks the records again before anything more of this asset is served. For whoever deletes or publishes.
  void forget(std::string_view asset_id);

 private:
  struct State;
  std::unique_ptr<State> x_state;
};

}  // namespace pier::delivery
