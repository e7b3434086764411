#pragma once
// Writers of SRT, WebVTT, IMSC 1 Text and EBU-STL. Pure functions; the same document gives the same bytes.

#include <string>
#include <vector>

#include <pier/core/result.hpp>
#include <pier/subtitles/cue.hpp>
#include <pier/subtitles/reading.hpp>

namespace pier::subtitles {

struct WriteOptions {
  /// WebVTT for HLS (RFC 8216bis section 3.1.4): its times are those of media whose first picture has the time 0.
  bool hls_segment = false;
};

struct Written {
  std::string text;         // UTF-8, lines end with LF; of EBU-STL its bytes
  std::vector<Note> notes;  // what the format cannot say
};

/// Times are rounded to milliseconds; IMSC keeps microseconds where a time has them. A document with ruby is IMSC 1.1
/// Text, any other IMSC 1.0.1 Text. EBU-STL has times in frames of 1/25 s and the first of its code tables 00 to 04
/// that has all characters: kInputUnsupported when none has (Chinese), kTooLarge beyond 65,536 cues.
Result<Written> write(const Document& document, Format format, const WriteOptions& options = {});

}  // namespace pier::subtitles
