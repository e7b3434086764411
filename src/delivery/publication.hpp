#pragma once
// The current publication of an asset: its tracks and the manifests made from them.

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <pier/catalogue/asset.hpp>
#include <pier/core/concurrency.hpp>
#include <pier/packaging/names.hpp>

#include "open_track.hpp"

namespace pier::delivery::impl {

struct Manifest {
  std::shared_ptr<const std::string> text;
  std::string etag;  // quoted; begins with the publication's number
};

/// Thread-safe. Manifests are made when first asked for and kept.
class Publication {
 public:
  Publication(const catalogue::AssetRow& asset, std::vector<std::shared_ptr<const OpenTrack>> tracks);

  const std::string& asset_id() const { return x_asset_id; }
  int64_t number() const { return x_number; }
  std::shared_ptr<const OpenTrack> find_track(std::string_view id) const;

  /// kNotFound: this publication has no such playlist. A walk over the indexes, no disk.
  Result<Manifest> manifest(const packaging::MediaName& name);
  /// Only when it was made before.
  std::optional<Manifest> made_manifest(const packaging::MediaName& name) const;

 private:
  Result<std::string> write(const packaging::MediaName& name) const;

  std::string x_asset_id;
  int64_t x_number;
  std::vector<std::shared_ptr<const OpenTrack>> x_tracks;
  packaging::Package x_package;  // borrows from x_tracks
  Guarded<std::map<std::string, Manifest>> x_manifests;
};

}  // namespace pier::delivery::impl
