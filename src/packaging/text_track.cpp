#include <pier/core/file.hpp>
#include <pier/packaging/codec_string.hpp>
#include <pier/packaging/text_track.hpp>

#include "cmaf/index_builder.hpp"

namespace pier::packaging {
namespace {

constexpr std::string_view kSignature = "WEBVTT";

Failure bad(std::string message) {
  return fail(ErrorCode::kInvalidArgument, std::move(message));
}

Result<std::string> read_text(int fd, uint64_t offset, uint64_t length, const std::string& what) {
  constexpr uint64_t kMost = uint64_t{1} << 30U;
  if (length > kMost) return fail(ErrorCode::kTooLarge, what + " is larger than this reader takes");
  std::string text(static_cast<size_t>(length), '\0');
  PIER_TRY(const size_t count, read_at(fd, offset, std::as_writable_bytes(std::span(text))));
  if (count != text.size()) return fail(ErrorCode::kTruncated, "the track's file ends inside " + what);
  if (!text.starts_with(kSignature)) return fail(ErrorCode::kVerifyFailed, what + " is not WebVTT");
  return text;
}

}  // namespace

Result<WebVttTrackWriter> WebVttTrackWriter::create(int fd, const TrackDescription& description,
                                                    std::string_view whole) {
  PIER_CHECK(check(description));
  if (description.codec != media::Codec::kWebVtt) return bad("the track is not one of WebVTT");
  if (!whole.starts_with(kSignature)) return bad("the document is not WebVTT");
  WebVttTrackWriter writer;
  writer.x_fd = fd;
  writer.x_index.description = description;
  PIER_TRY(writer.x_index.codec_string, codec_string(description));
  PIER_CHECK(write_all(fd, as_bytes(whole)));
  writer.x_index.init_length = writer.x_index.file_size = whole.size();
  return writer;
}

Result<void> WebVttTrackWriter::add_segment(std::string_view document, int64_t end) {
  const int64_t time = x_index.segments.empty() ? 0 : x_index.segments.back().time + x_index.segments.back().duration;
  if (!document.starts_with(kSignature)) return bad("a segment is not WebVTT");
  if (end <= time || end > x_index.description.duration)
    return bad("a segment of text ends before it begins, or beyond the programme");
  PIER_CHECK(write_all(x_fd, as_bytes(document)));
  impl::IndexBuilder builder(x_index);
  builder.start_segment(x_index.file_size, time);
  builder.add_fragment({x_index.file_size, document.size(), time, x_index.file_size + document.size()});
  builder.feed(as_bytes(document));
  builder.end_segment(end);
  x_index.file_size += document.size();
  return {};
}

Result<TrackIndex> WebVttTrackWriter::finish() {
  const int64_t end = x_index.segments.empty() ? 0 : x_index.segments.back().time + x_index.segments.back().duration;
  if (end != x_index.description.duration) return bad("the text ends before the programme does");
  return std::move(x_index);
}

Result<std::string> read_whole_text(int fd, const TrackIndexView& index) {
  return read_text(fd, index.init_offset(), index.init_length(), "the whole document");
}

Result<std::string> read_text_segment(int fd, const TrackIndexView& index, size_t number) {
  if (number >= index.segments().size()) return fail(ErrorCode::kNotFound, "the track has no such segment");
  const SegmentRecord& segment = index.segments()[number];
  const std::string what = "segment " + std::to_string(number + 1);
  PIER_TRY(std::string text, read_text(fd, segment.offset, segment.length, what));
  if (sha256(as_bytes(text)) != segment.sha256)
    return fail(ErrorCode::kVerifyFailed, what + " does not have the bytes it was stored with");
  return text;
}

}  // namespace pier::packaging
