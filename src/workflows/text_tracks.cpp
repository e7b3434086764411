#include "text_tracks.hpp"

#include <algorithm>
#include <functional>
#include <tuple>

#include <pier/core/file.hpp>
#include <pier/packaging/cmaf_reader.hpp>
#include <pier/packaging/cmaf_writer.hpp>
#include <pier/packaging/text_track.hpp>
#include <pier/subtitles/retiming.hpp>
#include <pier/subtitles/segments.hpp>
#include <pier/subtitles/writing.hpp>

namespace pier::workflows::impl {
namespace {

using packaging::TrackIndexView;
using subtitles::Document;
using subtitles::Format;

Rational seconds(int64_t ticks, const TextSpec& spec) {
  return Rational(ticks, spec.timescale);
}

std::vector<Rational> boundaries(const TextSpec& spec) {
  std::vector<Rational> times;
  for (const int64_t time : spec.segment_times) times.push_back(seconds(time, spec));
  times.push_back(seconds(spec.duration, spec));
  return times;
}

int64_t end_of(size_t segment, const TextSpec& spec) {
  return segment + 1 < spec.segment_times.size() ? spec.segment_times[segment + 1] : spec.duration;
}

packaging::TrackDescription describe(const Document& document, const TextSpec& spec, media::Codec codec) {
  packaging::TrackDescription track;
  const bool imsc = codec == media::Codec::kTtml;
  track.track_id = spec.track_id + (imsc ? 1 : 0);
  track.kind = packaging::TrackKind::kText;
  track.codec = codec;
  if (imsc) {
    const ByteView profile = as_bytes(std::string_view(subtitles::has_ruby(document) ? "im2t" : "im1t"));
    track.configuration.assign(profile.begin(), profile.end());
  }
  track.timescale = spec.timescale;
  track.duration = spec.duration;
  track.language = document.language;
  track.text = {spec.name, spec.forced, spec.is_default};
  return track;
}

/// Writes both tracks of a document.
class Writer {
 public:
  Writer(const Document& document, const TextSpec& spec, const TextFiles& files, uint64_t most_bytes)
      : x_document(document), x_spec(spec), x_files(files), x_most_bytes(most_bytes) {}

  Result<void> webvtt() const {
    PIER_TRY(const subtitles::Written whole, subtitles::write(x_document, Format::kWebVtt));
    PIER_TRY(auto writer, packaging::WebVttTrackWriter::create(
                              x_files.webvtt, describe(x_document, x_spec, media::Codec::kWebVtt), whole.text));
    PIER_CHECK(segments(Format::kWebVtt, [&](size_t number, std::string_view text) {
      return writer.add_segment(text, end_of(number, x_spec));
    }));
    PIER_TRY(const packaging::TrackIndex index, writer.finish());
    return write_all(x_files.webvtt_index, index.serialize());
  }

  Result<void> imsc() const {
    PIER_TRY(auto writer,
             packaging::CmafWriter::create(x_files.imsc, describe(x_document, x_spec, media::Codec::kTtml)));
    PIER_CHECK(segments(Format::kTtml, [&](size_t number, std::string_view text) -> Result<void> {
      media::Sample sample;
      sample.pts = x_spec.segment_times[number];
      sample.key = true;
      const ByteView bytes = as_bytes(text);
      sample.data.assign(bytes.begin(), bytes.end());
      PIER_CHECK(writer.begin_segment());
      return writer.add_fragment(std::span(&sample, 1));
    }));
    PIER_TRY(const packaging::TrackIndex index, writer.finish());
    return write_all(x_files.imsc_index, index.serialize());
  }

 private:
  /// Gives `take` the text of each segment.
  Result<void> segments(Format format,
                        const std::function<Result<void>(size_t number, std::string_view text)>& take) const {
    uint64_t bytes = 0;
    const auto write_one = [&](size_t number, const Document& part) -> Result<void> {
      PIER_TRY(const subtitles::Written written,
               subtitles::write(part, format, {.hls_segment = format == Format::kWebVtt}));
      bytes += written.text.size();
      if (bytes <= x_most_bytes) return take(number, written.text);
      return fail(ErrorCode::kTooLarge, "the subtitles would make a track of more than " +
                                            std::to_string(x_most_bytes >> 20U) + " MiB: too many cues last too long");
    };
    return subtitles::for_each_segment(x_document, boundaries(x_spec), write_one);
  }

  const Document& x_document;
  const TextSpec& x_spec;
  const TextFiles& x_files;
  uint64_t x_most_bytes;
};

/// The documents of a stored text track.
class StoredText {
 public:
  static Result<StoredText> open(int media_fd, int index_fd) {
    StoredText text;
    text.x_fd = media_fd;
    PIER_TRY(text.x_mapped, packaging::MappedIndex::open(index_fd));
    PIER_TRY(text.x_description, text.view().description());
    if (text.x_description.kind != packaging::TrackKind::kText)
      return fail(ErrorCode::kVerifyFailed, "the stored track is no text");
    if (text.x_description.codec == media::Codec::kTtml) {
      PIER_TRY(text.x_reader, packaging::CmafReader::open(media_fd, text.view()));
    }
    return text;
  }

  const TrackIndexView& view() const { return x_mapped.view(); }
  const packaging::TrackDescription& description() const { return x_description; }

  Result<Document> segment(size_t number) {
    if (!x_reader) {
      PIER_TRY(const std::string text, packaging::read_text_segment(x_fd, view(), number));
      return parse(as_bytes(text), Format::kWebVtt);
    }
    PIER_CHECK(x_reader->check_digest(number));
    PIER_TRY(const std::vector<media::Sample> samples, x_reader->read_segment(number));
    const packaging::SegmentRecord& record = view().segments()[number];
    if (samples.size() != 1 || samples.front().pts != record.time || samples.front().duration != record.duration)
      return fail(ErrorCode::kVerifyFailed, "it is not one document that lasts as long as the segment");
    return parse(samples.front().data, Format::kTtml);
  }

  Result<Document> whole() const {
    PIER_TRY(const std::string text, packaging::read_whole_text(x_fd, view()));
    return parse(as_bytes(text), Format::kWebVtt);
  }

 private:
  static Result<Document> parse(ByteView bytes, Format format) {
    subtitles::ReadOptions options;
    options.format = format;
    options.encoding = "utf-8";
    options.as_written = true;
    PIER_TRY(subtitles::Reading reading, subtitles::read(bytes, options));
    return std::move(reading.document);
  }

  int x_fd = -1;
  packaging::MappedIndex x_mapped;
  packaging::TrackDescription x_description;
  std::optional<packaging::CmafReader> x_reader;  // of IMSC
};

/// What of a cue must come back: times in milliseconds, and its text without spaces, which formats fold.
using Mark = std::tuple<int64_t, int64_t, std::string>;

std::vector<Mark> marks_of(const Document& document) {
  std::vector<Mark> marks;
  const Rational millisecond(1, 1000);
  for (const subtitles::Cue& cue : document.cues) {
    std::string text = subtitles::plain_text(cue);
    std::erase_if(text, [](char c) { return static_cast<unsigned char>(c) <= ' '; });
    marks.emplace_back(rescale(1, cue.start, millisecond), rescale(1, cue.end, millisecond), std::move(text));
  }
  std::ranges::sort(marks);
  return marks;
}

Result<void> compare(const Document& wanted, const Result<Document>& stored, const std::string& where) {
  if (!stored) return fail_in(where, stored.error());
  const std::vector<Mark> want = marks_of(wanted), have = marks_of(*stored);
  if (want == have) return {};
  std::string what = std::to_string(have.size()) + " cues where there must be " + std::to_string(want.size());
  for (size_t i = 0; want.size() == have.size() && i < want.size(); ++i) {
    if (want[i] == have[i]) continue;
    what = "the cue at " + std::to_string(std::get<0>(want[i])) + " ms is not as in the file";
    break;
  }
  return fail(ErrorCode::kVerifyFailed, where + ": " + what);
}

Result<void> verify_track(const Document& document, const TextSpec& spec, int media_fd, int index_fd) {
  PIER_TRY(StoredText stored, StoredText::open(media_fd, index_fd));
  const std::string name = stored.view().codec_string() == "wvtt" ? "WebVTT" : "IMSC";
  if (stored.view().segments().size() != spec.segment_times.size() || stored.view().end_time() != spec.duration)
    return fail(ErrorCode::kVerifyFailed, name + ": the segments are not those of the pictures");
  if (stored.description().codec == media::Codec::kWebVtt)
    PIER_CHECK(compare(document, stored.whole(), name + " document"));
  return subtitles::for_each_segment(
      document, boundaries(spec), [&](size_t number, const Document& part) -> Result<void> {
        const std::string where = name + " segment " + std::to_string(number + 1);
        if (stored.view().segments()[number].time != spec.segment_times[number])
          return fail(ErrorCode::kVerifyFailed, where + " does not begin where that of the pictures does");
        return compare(part, stored.segment(number), where);
      });
}

Result<subtitles::Reading> in_programme(subtitles::Reading reading, const TextSpec& spec) {
  for (subtitles::Note& note : subtitles::retime(reading.document, {1, spec.offset}))
    reading.notes.push_back(std::move(note));
  for (subtitles::Note& note : subtitles::cut_at(reading.document, seconds(spec.duration, spec)))
    reading.notes.push_back(std::move(note));
  if (reading.document.cues.empty())
    return fail(ErrorCode::kInputDamaged, "no cue of the subtitles lies within the programme");
  return reading;
}

}  // namespace

json::object to_json(const TextSpec& spec) {
  return {{"encoding", spec.encoding},
          {"language", spec.language},
          {"name", spec.name},
          {"forced", spec.forced},
          {"default", spec.is_default},
          {"offset", json::array{spec.offset.num, spec.offset.den}},
          {"track_id", spec.track_id},
          {"timescale", spec.timescale},
          {"duration", spec.duration},
          {"segment_times", json::array(spec.segment_times.begin(), spec.segment_times.end())}};
}

Result<TextSpec> text_spec_from_json(const json::value& value) {
  const auto bad = [] { return fail(ErrorCode::kInternal, "a text task has no right parameters"); };
  if (!value.is_object()) return bad();
  const json::object& object = value.as_object();
  TextSpec spec;
  spec.encoding = string_or(object, "encoding", "");
  spec.language = string_or(object, "language", "");
  spec.name = string_or(object, "name", "");
  spec.forced = bool_or(object, "forced", false);
  spec.is_default = bool_or(object, "default", false);
  PIER_TRY(const json::array offset, get_array(object, "offset"));
  spec.offset = Rational(offset.at(0).to_number<int64_t>(), offset.at(1).to_number<int64_t>());
  spec.track_id = static_cast<uint32_t>(int_or(object, "track_id", 0));
  spec.timescale = static_cast<uint32_t>(int_or(object, "timescale", 0));
  spec.duration = int_or(object, "duration", 0);
  PIER_TRY(const json::array times, get_array(object, "segment_times"));
  for (const json::value& time : times) spec.segment_times.push_back(time.to_number<int64_t>());
  if (spec.timescale == 0 || spec.segment_times.empty()) return bad();
  return spec;
}

Result<Bytes> read_subtitle_file(int fd) {
  PIER_TRY(const FileState state, file_state(fd));
  if (state.size > subtitles::kMaxInput)
    return fail(ErrorCode::kTooLarge,
                "a subtitle file of more than " + std::to_string(subtitles::kMaxInput >> 20U) + " MiB");
  Bytes bytes(state.size);
  PIER_TRY(const size_t count, read_at(fd, 0, bytes));
  bytes.resize(count);
  return bytes;
}

Result<subtitles::Reading> read_text(int fd, const TextSpec& spec) {
  PIER_TRY(const Bytes bytes, read_subtitle_file(fd));
  subtitles::ReadOptions options;
  options.encoding = spec.encoding;
  options.language = spec.language;
  PIER_TRY(subtitles::Reading reading, subtitles::read(bytes, options));
  return in_programme(std::move(reading), spec);
}

Result<subtitles::Reading> text_of(subtitles::Captions captions, const std::string& from, const TextSpec& spec) {
  subtitles::Reading reading;
  reading.document = std::move(captions.document);
  reading.notes = std::move(captions.notes);
  reading.encoding = from;
  reading.encoding_source = subtitles::EncodingSource::kContent;
  if (!spec.language.empty()) reading.document.language = spec.language;
  return in_programme(std::move(reading), spec);
}

Result<void> write_text_tracks(const Document& document, const TextSpec& spec, const TextFiles& files,
                               uint64_t most_bytes) {
  const Writer writer(document, spec, files, most_bytes);
  PIER_CHECK(writer.webvtt());
  return writer.imsc();
}

Result<void> verify_text_tracks(const Document& document, const TextSpec& spec, const TextFiles& files) {
  PIER_CHECK(verify_track(document, spec, files.webvtt, files.webvtt_index));
  return verify_track(document, spec, files.imsc, files.imsc_index);
}

Result<int64_t> read_text_track(int media_fd, int index_fd) {
  PIER_TRY(StoredText stored, StoredText::open(media_fd, index_fd));
  int64_t cues = 0;
  for (size_t number = 0; number < stored.view().segments().size(); ++number) {
    Result<Document> document = stored.segment(number);
    if (!document) return fail_in("segment " + std::to_string(number + 1), document.error());
    cues += static_cast<int64_t>(document->cues.size());
  }
  return cues;
}

}  // namespace pier::workflows::impl
