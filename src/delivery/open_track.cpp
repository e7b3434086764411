#include "open_track.hpp"

namespace pier::delivery::impl {
namespace {

constexpr uint64_t kInitLimit = 1U << 20U;
constexpr uint64_t kWholeLimit = 1U << 30U;

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
  PIER_TRY(track->x_description, index.description());
  const uint64_t limit = track->is_webvtt() ? kWholeLimit : kInitLimit;
  if (index.file_size() != track->x_reader->size() || index.init_length() > limit) {
    return fail(ErrorCode::kVerifyFailed,
                "track " + row.id + " and its index do not belong together; run `pier verify`");
  }
  if (track->is_webvtt()) {
    // An object never changes, so its key says which bytes these are.
    track->x_init_etag = quoted(sha256(as_bytes(storage::to_string(row.media))));
    return track;
  }
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
  track.label = x_description.text.name;
  track.is_default = x_description.text.is_default;
  return track;
}

Result<OpenTrack::Piece> OpenTrack::piece(const std::shared_ptr<const OpenTrack>& self,
                                          const packaging::MediaName& name) {
  const packaging::TrackIndexView& index = self->x_mapped.view();
  if (name.kind == packaging::NameKind::kWholeText && self->is_webvtt())
    return range(self, index.init_offset(), index.init_length(), self->x_init_etag);
  if (name.kind == packaging::NameKind::kInit) {
    if (self->is_webvtt() || self->x_init->empty()) return no_piece(name);
    return Piece{self->x_init, self->x_init_etag};
  }
  if (name.kind != self->pieces_kind()) return no_piece(name);
  const auto segments = index.segments();
  if (name.number == 0 || name.number > segments.size()) return no_piece(name);
  const packaging::SegmentRecord& segment = segments[name.number - 1];
  return range(self, segment.offset, segment.length, quoted(segment.sha256));
}

packaging::NameKind OpenTrack::pieces_kind() const {
  if (is_webvtt()) return packaging::NameKind::kText;
  return kind() == packaging::TrackKind::kImage ? packaging::NameKind::kImage : packaging::NameKind::kSegment;
}

Result<OpenTrack::Piece> OpenTrack::range(const std::shared_ptr<const OpenTrack>& self, uint64_t offset,
                                          uint64_t length, std::string etag) {
  const int fd = self->x_reader->fd();
  if (fd >= 0) return Piece{net::FileRange{self, fd, offset, length}, std::move(etag)};
  PIER_TRY(std::string bytes, read_text(*self->x_reader, offset, length));
  return Piece{std::move(bytes), std::move(etag)};
}

}  // namespace pier::delivery::impl
