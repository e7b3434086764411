#pragma once
// Character sets of text files: as told, by byte order mark, or detected with a stated confidence. Pure functions.

#include <string>
#include <string_view>
#include <vector>

#include <pier/core/bytes.hpp>
#include <pier/core/result.hpp>

namespace pier::subtitles {

enum class EncodingSource : uint8_t { kTold, kMark, kContent, kGuessed };
std::string_view to_string(EncodingSource source);  // "told", "byte order mark", "content", "guessed"

struct DecodedText {
  std::string text;  // UTF-8, no byte order mark
  std::string encoding;
  EncodingSource source = EncodingSource::kTold;
  double confidence = 1;  // below 1 only when guessed
};

/// Names that decode_text() takes, for messages: "utf-8", "gb18030", ...
std::vector<std::string_view> known_encodings();

/// `encoding` empty: a byte order mark counts, then UTF-8 where it is well-formed, UTF-16 by its zero bytes, then the
/// set among GB18030, Big5, Shift-JIS, EUC-KR and Windows-1252 whose frequent characters make up most of the text.
/// kInvalidArgument: no such encoding, or ambiguous and not told (the message names --encoding and what it may be);
/// kInputDamaged: bytes that the encoding has not, with the line.
Result<DecodedText> decode_text(ByteView bytes, std::string_view encoding = {});

}  // namespace pier::subtitles
