#pragma once
// One stored track, ready to be served.

#include <memory>
#include <string>

#include <pier/catalogue/asset.hpp>
#include <pier/net/message.hpp>
#include <pier/packaging/names.hpp>
#include <pier/packaging/package.hpp>
#include <pier/storage/object_store.hpp>

namespace pier::delivery::impl {

/// Immutable once open; any number of threads.
class OpenTrack {
 public:
  /// Opens object and index and checks one against the other. kNotFound, kVerifyFailed, kInputDamaged.
  static Result<std::shared_ptr<const OpenTrack>> open(storage::ObjectStore& store, const catalogue::TrackRow& row);

  const std::string& asset_id() const { return x_asset_id; }
  /// As manifests want it; borrows from this.
  packaging::PackageTrack package_track() const;
  /// Can pieces be served from a descriptor, without reading them here?
  bool is_file() const { return x_reader->fd() >= 0; }
  packaging::TrackKind kind() const { return x_mapped.view().kind(); }

  struct Piece {
    net::Body body;
    std::string etag;  // quoted
  };
  /// Segment, image, text or init; `self` is this, kept alive by the body. kNotFound: the track has no such piece.
  static Result<Piece> piece(const std::shared_ptr<const OpenTrack>& self, const packaging::MediaName& name);

 private:
  bool is_webvtt() const { return x_description.codec == media::Codec::kWebVtt; }
  /// What its segments are called.
  packaging::NameKind pieces_kind() const;
  static Result<Piece> range(const std::shared_ptr<const OpenTrack>& self, uint64_t offset, uint64_t length,
                             std::string etag);

  std::string x_id, x_asset_id;
  std::unique_ptr<storage::ObjectReader> x_reader;
  packaging::MappedIndex x_mapped;
  packaging::TrackDescription x_description;
  std::shared_ptr<const std::string> x_init;  // none of WebVTT
  std::string x_init_etag;
};

}  // namespace pier::delivery::impl
