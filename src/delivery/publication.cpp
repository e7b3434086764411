#include "publication.hpp"

#include <pier/packaging/dash.hpp>
#include <pier/packaging/hls.hpp>

namespace pier::delivery::impl {

Publication::Publication(const catalogue::AssetRow& asset, std::vector<std::shared_ptr<const OpenTrack>> tracks)
    : x_asset_id(asset.id), x_number(asset.publication), x_tracks(std::move(tracks)) {
  x_package.title = asset.title;
  for (const auto& track : x_tracks) x_package.tracks.push_back(track->package_track());
}

std::shared_ptr<const OpenTrack> Publication::find_track(std::string_view id) const {
  for (size_t i = 0; i < x_tracks.size(); i++) {
    if (x_package.tracks[i].name == id) return x_tracks[i];
  }
  return nullptr;
}

Result<std::string> Publication::write(const packaging::MediaName& name) const {
  if (name.kind == packaging::NameKind::kHls) return packaging::hls_multivariant(x_package);
  if (name.kind == packaging::NameKind::kDash) return packaging::dash_manifest(x_package);
  for (const packaging::PackageTrack& track : x_package.tracks) {
    if (track.name != name.track) continue;
    const packaging::TrackKind kind = track.description.kind;
    const bool images = kind == packaging::TrackKind::kImage;
    if (name.kind == packaging::NameKind::kMediaPlaylist && !images) return packaging::hls_media_playlist(track);
    if (name.kind == packaging::NameKind::kImagePlaylist && images) return packaging::hls_image_playlist(track);
    if (name.kind == packaging::NameKind::kIframePlaylist && kind == packaging::TrackKind::kVideo) {
      return packaging::hls_iframe_playlist(track);
    }
  }
  return fail(ErrorCode::kNotFound, "this publication has no " + packaging::make_name(name));
}

std::optional<Manifest> Publication::made_manifest(const packaging::MediaName& name) const {
  return x_manifests.with([&](const auto& manifests) -> std::optional<Manifest> {
    const auto found = manifests.find(packaging::make_name(name));
    return found == manifests.end() ? std::nullopt : std::optional(found->second);
  });
}

Result<Manifest> Publication::manifest(const packaging::MediaName& name) {
  if (auto made = made_manifest(name)) return *made;
  PIER_TRY(std::string text, write(name));
  Manifest manifest{nullptr, '"' + std::to_string(x_number) + '-' + to_hex(sha256(as_bytes(text))) + '"'};
  manifest.text = std::make_shared<const std::string>(std::move(text));
  x_manifests.with([&](auto& manifests) { manifests.insert_or_assign(packaging::make_name(name), manifest); });
  return manifest;
}

}  // namespace pier::delivery::impl
