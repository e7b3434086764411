#pragma once
// Characters of text: UTF-8 and what of UAX #11 and #14 laying out subtitles needs.

#include <string>
#include <string_view>

#include <pier/core/result.hpp>

namespace pier::overlay::impl {

/// kInvalidArgument when it is not well-formed (RFC 3629) or has control characters.
Result<std::u32string> characters_of(std::string_view utf8);
std::string utf8_of(std::u32string_view text);

/// Fills a square: Chinese, Japanese, Korean and their punctuation.
bool is_wide(char32_t character);
/// Of wide characters all but brackets, dashes, ellipses and the mark of long vowels, which are turned in columns.
bool stands_upright(char32_t character);
/// May a line be broken between these two?
bool may_break(char32_t before, char32_t after);

}  // namespace pier::overlay::impl
