#pragma once
// How much of a text is made of the characters that its language uses most: tells encodings apart.

#include <cstddef>
#include <string_view>

namespace pier::subtitles::impl {

struct Frequency {
  bool possible = true;  // false: characters in it that no text of the encoding has
  size_t letters = 0;    // characters beyond ASCII that are no punctuation
  size_t frequent = 0;   // of these
};

/// Of UTF-8 text that was read as `encoding` ("gb18030", "big5", "shift-jis", "euc-kr").
Frequency frequent_characters(std::string_view text, std::string_view encoding);
/// Of bytes read as Windows-1252: letters of Western Europe that stand alone between ASCII ones.
Frequency frequent_western(std::string_view bytes);

}  // namespace pier::subtitles::impl
