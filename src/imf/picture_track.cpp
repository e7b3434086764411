#include <algorithm>

#include <pier/imf/track_file.hpp>

#include "descriptors.hpp"
#include "labels.hpp"
#include "mxf_file.hpp"

namespace pier::imf {

using namespace impl;

namespace {

constexpr int64_t kIndexSeconds = 60;
// An item of a local set has at most 65535 bytes, of 11 an entry.
constexpr int64_t kMostEntries = 5000;

}  // namespace

struct PictureTrackWriter::Impl {
  Impl(int fd, const Uuid& file_id, const TrackIdentity& who, const PictureTrack& what)
      : id(file_id),
        identity(who),
        track(what),
        file(fd, labels::kJpeg2000Container),
        index_ids(UuidSequence(file_id).next()) {}

  /// The same UUIDs each time: only durations differ.
  Result<Bytes> metadata(TrackFile& described);
  Result<void> close_part();

  Uuid id;
  TrackIdentity identity;
  PictureTrack track;
  MxfFile file;
  UuidSequence index_ids;  // from the first of the header's, so that none is given twice
  std::optional<CodestreamHeader> codestream;
  std::vector<IndexEntry> entries;  // of the part being written
  int64_t pictures = 0, indexed = 0;
};

Result<Bytes> PictureTrackWriter::Impl::metadata(TrackFile& described) {
  UuidSequence uuids(id);
  TrackHeader header;
  header.file = id;
  header.material = uuids.next();
  header.created = identity.created;
  header.version = identity.version;
  header.name = "Picture";
  header.data = labels::kPictureData;
  header.container = labels::kJpeg2000Container;
  header.track_number = labels::kJpeg2000Track;
  header.edit_rate = header.picture_rate = track.rate;
  header.duration = header.pictures = pictures;
  const Uuid element = uuids.next();
  PIER_TRY(MetadataSet descriptor, picture_descriptor(track, *codestream, pictures, uuids));
  described = {id.text(), true, track.rate, pictures, element.text(), descriptor.xml(6), 0};
  return header_metadata(header, std::move(descriptor), uuids);
}

Result<void> PictureTrackWriter::Impl::close_part() {
  PIER_CHECK(file.index(variable_index(index_ids.next(), track.rate, indexed, entries)));
  indexed += static_cast<int64_t>(entries.size());
  entries.clear();
  return {};
}

PictureTrackWriter::PictureTrackWriter(std::unique_ptr<Impl> impl) : x_impl(std::move(impl)) {}
PictureTrackWriter::~PictureTrackWriter() = default;
PictureTrackWriter::PictureTrackWriter(PictureTrackWriter&&) noexcept = default;
PictureTrackWriter& PictureTrackWriter::operator=(PictureTrackWriter&&) noexcept = default;

Result<PictureTrackWriter> PictureTrackWriter::open(int fd, const TrackIdentity& identity, const PictureTrack& track) {
  PIER_CHECK(check_track(track));
  PIER_TRY(const Uuid id, Uuid::parse(identity.uuid));
  return PictureTrackWriter(std::make_unique<Impl>(fd, id, identity, track));
}

Result<void> PictureTrackWriter::add(ByteView codestream) {
  Impl& self = *x_impl;
  PIER_TRY(CodestreamHeader header, read_codestream_header(codestream));
  if (!self.codestream) {
    self.codestream = std::move(header);
    TrackFile described;
    PIER_TRY(const Bytes metadata, self.metadata(described));
    PIER_CHECK(self.file.begin(metadata));
  } else if (header != *self.codestream) {
    return fail(ErrorCode::kInputDamaged,
                "picture " + std::to_string(self.pictures) +
                    " has another JPEG 2000 header than the first (ST 422: one sub-descriptor "
                    "stands for all)");
  }
  if (self.entries.empty()) PIER_CHECK(self.file.begin_essence());
  self.entries.push_back({self.file.essence_bytes()});
  ByteWriter key;
  key.bytes(view(labels::kJpeg2000Element));
  constexpr size_t kShortLength = 1U << 24U;
  write_ber(key, codestream.size(), codestream.size() < kShortLength ? 3 : 7);
  PIER_CHECK(self.file.essence(key.view()));
  PIER_CHECK(self.file.essence(codestream));
  ++self.pictures;
  const auto part = std::clamp<int64_t>(self.track.rate.num * kIndexSeconds / self.track.rate.den, 1, kMostEntries);
  if (static_cast<int64_t>(self.entries.size()) >= part) return self.close_part();
  return {};
}

Result<TrackFile> PictureTrackWriter::finish() {
  Impl& self = *x_impl;
  if (!self.codestream) return fail(ErrorCode::kInvalidArgument, "a picture track without a picture cannot be written");
  if (!self.entries.empty()) PIER_CHECK(self.close_part());
  TrackFile described;
  PIER_TRY(const Bytes metadata, self.metadata(described));
  PIER_CHECK(self.file.close(metadata));
  described.bytes = self.file.position();
  return described;
}

}  // namespace pier::imf
