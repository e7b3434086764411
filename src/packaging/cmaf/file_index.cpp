// The index as the file's own boxes tell it, and its comparison with the stored one.

#include <algorithm>
#include <optional>

#include <pier/core/file.hpp>
#include <pier/packaging/cmaf_reader.hpp>
#include <pier/packaging/codec_string.hpp>
#include <pier/packaging/text_track.hpp>

#include "cmaf/fragment.hpp"
#include "cmaf/index_builder.hpp"
#include "cmaf/init_segment.hpp"

namespace pier::packaging {
namespace {

using impl::fourcc;

constexpr uint64_t kMaxHeaderBox = uint64_t{64} << 20U;

Failure damaged(std::string_view what, uint64_t offset) {
  return fail(ErrorCode::kInputDamaged,
              "the track's file is damaged at byte " + std::to_string(offset) + ": " + std::string(what));
}

Failure differs(std::string_view what) {
  return fail(ErrorCode::kVerifyFailed, "the index does not agree with the track's file: " + std::string(what));
}

// Walks the file box by box.
class FileScan {
 public:
  FileScan(int fd, uint64_t size) : x_fd(fd), x_size(size) {}
  Result<TrackIndex> run();

 private:
  struct TopBox {
    uint32_t type = 0;
    uint64_t offset = 0, header = 0, size = 0;
  };
  Result<TopBox> next_box();
  Result<Bytes> read(uint64_t offset, uint64_t length) const;
  Result<void> take_init();
  Result<void> take_moof(const TopBox& box);
  Result<void> take_mdat(const TopBox& box);
  Result<void> feed(uint64_t offset, uint64_t length);
  int64_t presentation(int64_t media_time) const {
    return std::max<int64_t>(0, media_time - x_index.description.audio.priming_samples);
  }

  int x_fd;
  uint64_t x_size;
  uint64_t x_at = 0;
  TrackIndex x_index;
  impl::IndexBuilder x_builder{x_index};
  std::optional<uint64_t> x_segment_type;  // offset of a styp whose first moof has not come
  std::optional<impl::Fragment> x_fragment;
  uint64_t x_fragment_offset = 0;
  int64_t x_media_end = 0;
};

Result<Bytes> FileScan::read(uint64_t offset, uint64_t length) const {
  if (length > kMaxHeaderBox) return damaged("a box is too large", offset);
  Bytes bytes(static_cast<size_t>(length));
  PIER_TRY(const size_t count, read_at(x_fd, offset, bytes));
  if (count != bytes.size()) return fail(ErrorCode::kTruncated, "the track's file ends inside a box");
  return bytes;
}

Result<FileScan::TopBox> FileScan::next_box() {
  TopBox box;
  box.offset = x_at;
  if (x_size - x_at < 8) return fail(ErrorCode::kTruncated, "the track's file ends inside a box");
  PIER_TRY(const Bytes head, read(x_at, std::min<uint64_t>(16, x_size - x_at)));
  ByteReader in(head);
  box.size = in.u32();
  box.type = in.u32();
  box.header = 8;
  if (box.size == 1) {
    box.size = in.u64();
    box.header = 16;
  }
  if (!in.ok() || box.size < box.header) return damaged("a box has no right size", x_at);
  if (box.size > x_size - x_at) return fail(ErrorCode::kTruncated, "the track's file ends inside a box");
  x_at += box.size;
  return box;
}

Result<void> FileScan::take_init() {
  PIER_TRY(const TopBox ftyp, next_box());
  PIER_TRY(const TopBox moov, next_box());
  if (ftyp.type != fourcc("ftyp") || moov.type != fourcc("moov")) return damaged("it is not a track of ours", 0);
  x_index.init_length = x_at;
  PIER_TRY(const Bytes init, read(0, x_at));
  PIER_TRY(x_index.description, impl::parse_init_segment(init));
  return {};
}

Result<void> FileScan::feed(uint64_t offset, uint64_t length) {
  constexpr uint64_t kPiece = uint64_t{1} << 20U;
  while (length > 0) {
    const uint64_t piece = std::min(length, kPiece);
    PIER_TRY(const Bytes bytes, read(offset, piece));
    x_builder.feed(bytes);
    offset += piece;
    length -= piece;
  }
  return {};
}

Result<void> FileScan::take_moof(const TopBox& box) {
  if (x_fragment) return damaged("a moof without mdat", box.offset);
  PIER_TRY(const Bytes bytes, read(box.offset, box.size));
  PIER_TRY(x_fragment, impl::parse_fragment(ByteView(bytes).subspan(box.header), bytes.size()));
  const auto start = static_cast<int64_t>(x_fragment->decode_time);
  if (x_fragment->track_id != x_index.description.track_id) return damaged("a fragment of another track", box.offset);
  if (!x_fragment->samples.front().sync) return damaged("a fragment does not start with a key picture", box.offset);
  if (x_index.fragments.empty() ? start < x_media_end : start != x_media_end) {
    return damaged("a fragment does not start where the one before ends", box.offset);
  }
  if (x_segment_type) {
    if (x_builder.in_segment()) x_builder.end_segment(presentation(start));
    x_builder.start_segment(*x_segment_type, presentation(start));
    PIER_CHECK(feed(*x_segment_type, box.offset - *x_segment_type));
    x_segment_type.reset();
  }
  if (!x_builder.in_segment()) return damaged("a fragment before the first segment", box.offset);
  x_builder.feed(bytes);
  x_fragment_offset = box.offset;
  x_media_end = start;
  for (const impl::FragmentSample& sample : x_fragment->samples) x_media_end += sample.duration;
  return {};
}

Result<void> FileScan::take_mdat(const TopBox& box) {
  if (!x_fragment) return damaged("an mdat without moof", box.offset);
  uint64_t payload = 0;
  for (const impl::FragmentSample& sample : x_fragment->samples) payload += sample.size;
  if (box.header != 8 || payload != box.size - box.header)
    return damaged("samples and mdat differ in size", box.offset);
  PIER_CHECK(feed(box.offset, box.size));
  FragmentRecord record;
  record.offset = x_fragment_offset;
  record.length = box.offset + box.size - x_fragment_offset;
  record.time = presentation(static_cast<int64_t>(x_fragment->decode_time));
  record.first_unit_end = box.offset + box.header + x_fragment->samples.front().size;
  x_builder.add_fragment(record);
  x_fragment.reset();
  return {};
}

Result<TrackIndex> FileScan::run() {
  PIER_CHECK(take_init());
  while (x_at < x_size) {
    PIER_TRY(const TopBox box, next_box());
    if (box.type == fourcc("styp")) {
      if (x_fragment || x_segment_type) return damaged("a segment without fragments", box.offset);
      x_segment_type = box.offset;
    } else if (box.type == fourcc("moof")) {
      PIER_CHECK(take_moof(box));
    } else if (box.type == fourcc("mdat")) {
      PIER_CHECK(take_mdat(box));
    } else {
      return damaged("an unknown box", box.offset);
    }
  }
  if (x_fragment || x_segment_type || !x_builder.in_segment()) return damaged("the last segment is not whole", x_size);
  x_builder.end_segment(presentation(x_media_end));
  x_index.file_size = x_size;
  if (presentation(x_media_end) != x_index.description.duration) {
    return damaged("the samples do not add up to the duration the header tells", x_size);
  }
  if (auto codec = codec_string(x_index.description)) x_index.codec_string = std::move(*codec);
  return std::move(x_index);
}

Result<void> check_description(const TrackDescription& stored, const TrackDescription& boxes) {
  TrackDescription expected = stored;
  // Not in boxes, or only in one form there.
  expected.video.frame_rate = boxes.video.frame_rate;
  expected.video.colour.chroma_site = boxes.video.colour.chroma_site;
  expected.video.colour.range = boxes.video.colour.range;
  expected.audio.channel_mask = boxes.audio.channel_mask;
  expected.audio.frame_samples = boxes.audio.frame_samples;
  expected.text = boxes.text;
  expected.bitrate = std::min<int64_t>(expected.bitrate, UINT32_MAX);
  expected.max_bitrate = std::min<int64_t>(expected.max_bitrate, UINT32_MAX);
  if ((stored.video.colour.range == Range::kFull) != (boxes.video.colour.range == Range::kFull))
    return differs("range");
  if (expected == boxes) return {};
  if (expected.configuration != boxes.configuration) return differs("the decoder configuration");
  if (expected.video.colour != boxes.video.colour) return differs("the colour");
  return differs("the description " + json::serialize(to_json(stored)) + " is not " + json::serialize(to_json(boxes)));
}

bool same(const SegmentRecord& a, const SegmentRecord& b) {
  return a.offset == b.offset && a.length == b.length && a.time == b.time && a.duration == b.duration &&
         a.bitrate == b.bitrate && a.first_fragment == b.first_fragment && a.fragment_count == b.fragment_count &&
         a.access_point_type == b.access_point_type;
}

bool same(const FragmentRecord& a, const FragmentRecord& b) {
  return a.offset == b.offset && a.length == b.length && a.time == b.time && a.first_unit_end == b.first_unit_end;
}

Result<void> check_records(const TrackIndexView& index, const TrackIndex& found) {
  if (index.segments().size() != found.segments.size()) {
    return differs("it has " + std::to_string(index.segments().size()) + " segments, the file " +
                   std::to_string(found.segments.size()));
  }
  for (size_t i = 0; i < found.segments.size(); ++i) {
    const std::string name = "segment " + std::to_string(i + 1);
    if (!same(index.segments()[i], found.segments[i])) return differs("place or time of " + name);
    if (index.segments()[i].sha256 != found.segments[i].sha256) return differs("the digest of " + name);
  }
  if (!std::ranges::equal(index.fragments(), found.fragments,
                          [](const auto& a, const auto& b) { return same(a, b); })) {
    return differs("place or time of a fragment");
  }
  return {};
}

/// The whole document and every segment begin as WebVTT does and have their digests.
Result<void> check_webvtt(const TrackIndexView& index, int fd) {
  PIER_CHECK(read_whole_text(fd, index));
  for (size_t i = 0; i < index.segments().size(); ++i) PIER_CHECK(read_text_segment(fd, index, i));
  return {};
}

Result<void> check_sheets(const TrackIndexView& index, int fd) {
  for (size_t i = 0; i < index.segments().size(); ++i) {
    const SegmentRecord& segment = index.segments()[i];
    const std::string name = "tile sheet " + std::to_string(i + 1);
    if (segment.length > kMaxHeaderBox || segment.length < 4) return differs("the size of " + name);
    Bytes jpeg(static_cast<size_t>(segment.length));
    PIER_TRY(const size_t count, read_at(fd, segment.offset, jpeg));
    if (count != jpeg.size()) return fail(ErrorCode::kTruncated, "the track's file ends inside " + name);
    const auto marker = [&jpeg](size_t at) { return static_cast<int>(jpeg[at]) << 8 | static_cast<int>(jpeg[at + 1]); };
    if (marker(0) != 0xFFD8 || marker(jpeg.size() - 2) != 0xFFD9) return differs(name + " is not a JPEG");
    if (sha256(jpeg) != segment.sha256) return differs("the digest of " + name);
  }
  return {};
}

}  // namespace

Result<TrackIndex> index_of_file(int fd) {
  PIER_TRY(const FileState state, file_state(fd));
  return FileScan(fd, state.size).run();
}

Result<void> check_index_against_file(const TrackIndexView& index, int fd) {
  PIER_TRY(const FileState state, file_state(fd));
  if (state.size < index.file_size())
    return fail(ErrorCode::kTruncated, "the track's file is shorter than its index says");
  if (state.size != index.file_size()) return differs("the size of the file");
  if (index.kind() == TrackKind::kImage) return check_sheets(index, fd);
  PIER_TRY(const TrackDescription stored, index.description());
  if (stored.codec == media::Codec::kWebVtt) return check_webvtt(index, fd);
  PIER_TRY(const TrackIndex found, index_of_file(fd));
  PIER_CHECK(check_description(stored, found.description));
  if (index.init_offset() != found.init_offset || index.init_length() != found.init_length) {
    return differs("the initialisation segment");
  }
  // AV1 colour may come from the description where the boxes leave it open.
  PIER_TRY(const std::string codec, codec_string(stored));
  if (index.codec_string() != codec) return differs("the codec string");
  return check_records(index, found);
}

}  // namespace pier::packaging
