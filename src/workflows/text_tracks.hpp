#pragma once
// A subtitle file as tracks of a publication: one of WebVTT, one of IMSC, on the segments of the pictures.

#include <cstdint>
#include <string>
#include <vector>

#include <pier/core/json.hpp>
#include <pier/subtitles/captions.hpp>
#include <pier/subtitles/reading.hpp>

namespace pier::workflows::impl {

struct TextSpec {
  std::string encoding, language, name;  // as SubtitleWish
  bool forced = false, is_default = false;
  Rational offset = {};                // seconds added to the times of the file
  uint32_t track_id = 1;               // of WebVTT; IMSC has the next
  uint32_t timescale = 1;              // of the picture tracks
  int64_t duration = 0;                // of the programme, ticks
  std::vector<int64_t> segment_times;  // ticks; the first is 0
};
json::object to_json(const TextSpec& spec);
Result<TextSpec> text_spec_from_json(const json::value& value);

/// All of a subtitle file; kTooLarge beyond subtitles::kMaxInput.
Result<Bytes> read_subtitle_file(int fd);

/// The file as it is published: read, moved, cut at the end of the programme. kInputDamaged when no cue is left.
Result<subtitles::Reading> read_text(int fd, const TextSpec& spec);

/// The same of captions, which were read `from` a system of them.
Result<subtitles::Reading> text_of(subtitles::Captions captions, const std::string& from, const TextSpec& spec);

/// Descriptors of the objects of both tracks.
struct TextFiles {
  int webvtt = -1, webvtt_index = -1, imsc = -1, imsc_index = -1;
};
inline constexpr uint64_t kMostTextBytes = uint64_t{512} << 20U;  // of one track
/// kTooLarge when the segments of a track would have more than `most_bytes`: cues that last for hours are in all of
/// them.
Result<void> write_text_tracks(const subtitles::Document& document, const TextSpec& spec, const TextFiles& files,
                               uint64_t most_bytes = kMostTextBytes);

/// Reads every stored segment and the whole document back: each must hold just the cues that `document` shows then,
/// their times to the millisecond and their text. kVerifyFailed says where.
Result<void> verify_text_tracks(const subtitles::Document& document, const TextSpec& spec, const TextFiles& files);

/// Of a stored text track alone: every segment is a document that can be read. Gives the count of cues read.
Result<int64_t> read_text_track(int media_fd, int index_fd);

}  // namespace pier::workflows::impl
