#pragma once
// Readers of subtitle files. The bytes are hostile; readers hold no state and may run on any thread.

#include <string>
#include <string_view>
#include <vector>

#include <pier/core/bytes.hpp>
#include <pier/core/result.hpp>
#include <pier/subtitles/cue.hpp>
#include <pier/subtitles/text_encoding.hpp>

namespace pier::subtitles {

enum class Format : uint8_t { kSrt, kWebVtt, kTtml, kEbuStl };
std::string_view to_string(Format format);  // "srt", "webvtt", "imsc", "ebu-stl"
/// Also "vtt", "ttml", "dfxp", "xml", "stl". kInvalidArgument with the names there are.
Result<Format> format_from(std::string_view name);
/// By the end of a file's name; nothing when it says nothing.
std::optional<Format> format_of_name(std::string_view path);

inline constexpr size_t kMaxInput = 32U << 20U;  // bytes
inline constexpr size_t kMaxCues = 100'000;
inline constexpr size_t kMaxCueText = 16'384;  // bytes of text in one cue

struct ReadOptions {
  std::optional<Format> format = {};  // nothing: by content
  std::string encoding = {};          // as decode_text(); EBU-STL says its own
  std::string language = {};          // put in place of what the file says; empty: as it says
  bool as_written = false;            // reads back what write() wrote: nothing is mended, no cue at all is an answer
};

struct Reading {
  Document document;
  Format format = Format::kSrt;
  std::string encoding;  // as it was taken
  EncodingSource encoding_source = EncodingSource::kTold;
  double encoding_confidence = 1;
  std::vector<Note> notes;  // what was mended; at most 500, then one that says how many more
};

/// SRT (SubRip as players take it), WebVTT (W3C CR 2019-04-04), IMSC 1.1 Text and what TTML 2 has beyond it as far as
/// cue.hpp can hold it, EBU-STL (EBU Tech 3264). Overlaps, reversed, negative and nonsense times, empty cues and
/// unknown tags are mended with a note. Errors: kInputUnsupported (no such format, an IMSC image document),
/// kInputDamaged with line, kTooLarge, and those of decode_text().
Result<Reading> read(ByteView bytes, const ReadOptions& options = {});

}  // namespace pier::subtitles
