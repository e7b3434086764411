#pragma once
// UTF-8 character by character.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace pier::subtitles::impl {

/// The character at `position` of well-formed UTF-8, which then stands behind it; U+FFFD for a byte that begins none.
char32_t next_character(std::string_view text, size_t& position);
void append(std::string& out, char32_t character);
/// 1 when the character is strongly written from right to left, -1 from left to right, 0 when it is neither.
int direction(char32_t character);

bool is_blank(char c);
std::string_view trimmed(std::string_view text);
std::string lower_case(std::string_view ascii);
/// All digits; -1 when empty, longer than 9 digits or anything else.
int64_t digits(std::string_view text);

}  // namespace pier::subtitles::impl
