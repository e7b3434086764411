// Any bytes as an index object: refused, or every accessor and manifest stays inside them.

#include <cstdint>
#include <cstring>

#include <pier/packaging/dash.hpp>
#include <pier/packaging/hls.hpp>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace pier::packaging;
  pier::Bytes bytes(size);
  if (size > 0) std::memcpy(bytes.data(), data, size);
  auto index = MappedIndex::from_bytes(std::move(bytes));
  if (!index) return 0;
  const TrackIndexView& view = index->view();
  auto description = view.description();
  if (!description) return 0;
  PackageTrack track;
  track.name = "t";
  track.description = std::move(*description);
  track.index = view;
  (void)hls_media_playlist(track);
  (void)hls_iframe_playlist(track);
  (void)hls_image_playlist(track);
  Package package;
  package.tracks.push_back(std::move(track));
  (void)hls_multivariant(package);
  (void)dash_manifest(package);
  return 0;
}
