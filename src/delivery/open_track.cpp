#include "open_track.hpp"

namespace pier::delivery::impl {
namespace {

constexpr uint64_t kInitLimit = 1U << 20U;

std::string quoted(const Sha256& digest) {
  return '"' + to_hex(digest) + '"';
}

Result<std::string> read_text(const storage::ObjectReader& reader, uint64_t offset, uint64_t length) {
  std::string text(length, '\0');
  PIER_TRY(const size_t count, reader.read_at(offset, std::as_writable_bytes(std::span(text))));
  if (count != length) {
    return fail(ErrorCode::kTruncated,
                "object " + storage::to_string(reader.key()) + " is shorter than its index says");
  }
  return text;
}

Result<packaging::MappedIndex> open_index(storage::ObjectStore& store, const storage::ObjectKey& key) {
  PIER_TRY(const auto reader, store.open(key));
  if (reader->fd() >= 0) return packaging::MappedIndex::open(reader->fd());
  PIER_TRY(Bytes bytes, storage::read_all(store, key));
  return packaging::MappedIndex::from_bytes(std::move(bytes));
}

Failure no_piece(const packaging::MediaName& name) {
  return fail(ErrorCode::kNotFound, "the track has no " + packaging::make_local_name(name));
}

}  // namespace

Result<std::shared_ptr<const OpenTrack>> OpenTrack::open(storage::ObjectStore& store, const catalogue::TrackRow& row) {
  if (!row.index) return fail(ErrorCode::kNotFound, "track " + row.id + " has no index and cannot be streamed");
  auto track = std::make_shared<OpenTrack>();
  track->x_id = row.id;
  track->x_asset_id = row.asset_id;
  PIER_TRY(track->x_reader, store.open(row.media));
  PIER_TRY(track->x_mapped, open_index(store, *row.index));
  const packaging::TrackIndexView& index = track->x_mapped.view();
  if (index.file_size() != track->x_reader->size() || index.init_length() > kInitLimit) {
    return fail(ErrorCode::kVerifyFailed,
                "track " + row.id + " and its index do not belong together; run `pier verify`");
  }
  PIER_TRY(track->x_description, index.description());
  PIER_TRY(std::string init, read_text(*track->x_reader, index.init_offset(), index.init_length()));
  track->x_init_etag = quoted(sha256(as_bytes(init)));
  track->x_init = std::make_shared<const std::string>(std::move(init));
  return track;
}

packaging::PackageTrack OpenTrack::package_track() const {
  packaging::PackageTrack track;
  track.name = x_id;
  track.description = x_description;
  track.index = x_mapped.view();
  return track;
}

Result<OpenTrack::Piece> OpenTrack::piece(const std::shared_ptr<const OpenTrack>& self,
                                          const packaging::MediaName& name) {
  const bool images = self->kind() == packaging::TrackKind::kImage;
  if (name.kind == packaging::NameKind::kInit) {
    if (self->x_init->empty()) return no_piece(name);
    return Piece{self->x_init, self->x_init_etag};
  }
  if ((name.kind == packaging::NameKind::kImage) != images) return no_piece(name);
  const auto segments = self->x_mapped.view().segments();
  if (name.number == 0 || name.number > segments.size()) return no_piece(name);
  const packaging::SegmentRecord& segment = segments[name.number - 1];
  const int fd = self->x_reader->fd();
  if (fd >= 0) return Piece{net::FileRange{self, fd, segment.offset, segment.length}, quoted(segment.sha256)};
  PIER_TRY(std::string bytes, read_text(*self->x_reader, segment.offset, segment.length));
  return Piece{std::move(bytes), quoted(segment.sha256)};
}

}  // namespace pier::delivery::impl
