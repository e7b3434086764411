#include "characters.hpp"

#include <pier/core/bytes.hpp>

namespace pier::overlay::impl {
namespace {

/// Closing punctuation and small kana, which no line begins with, and opening ones, which no line ends with
/// (GB/T 15834-2011 clause 5.1.9, JIS X 4051 clause 8.1).
constexpr std::u32string_view kNotFirst =
    U"!%),.:;?]}¢°·’”†‡…‰℃、。〃々〉》」』】〕〗〙〛〜〞〟ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮ・ーヽヾ—"
    U"\uff01\uff05\uff09\uff0c\uff0e\uff1a\uff1b\uff1f\uff3d\uff5d\uff5e";
constexpr std::u32string_view kNotLast = U"([{£¥‘“〈《「『【〔〖〘〚〝$\uff04\uff08\uff3b\uff5b\uffe1\uffe5";

/// Length of the sequence that this byte begins, and the smallest character that needs so many bytes; 0: none.
struct Lead {
  int length = 0;
  char32_t least = 0, bits = 0;
};
Lead lead_of(unsigned char byte) {
  if (byte < 0x80) return {1, 0, byte};
  if (byte >= 0xc2 && byte < 0xe0) return {2, 0x80, byte & 0x1fU};
  if (byte >= 0xe0 && byte < 0xf0) return {3, 0x800, byte & 0x0fU};
  if (byte >= 0xf0 && byte < 0xf5) return {4, 0x10000, byte & 0x07U};
  return {};
}

/// The character at `at`, which is moved on; nothing allowed: 0.
char32_t next_character(std::string_view text, size_t& at) {
  const Lead lead = lead_of(static_cast<unsigned char>(text[at]));
  if (lead.length == 0 || at + static_cast<size_t>(lead.length) > text.size()) return 0;
  char32_t character = lead.bits;
  for (int i = 1; i < lead.length; ++i) {
    const auto byte = static_cast<unsigned char>(text[at + static_cast<size_t>(i)]);
    if ((byte & 0xc0U) != 0x80) return 0;
    character = (character << 6U) | (byte & 0x3fU);
  }
  const bool surrogate = character >= 0xd800 && character < 0xe000;
  if (character < lead.least || character > 0x10ffff || surrogate) return 0;
  at += static_cast<size_t>(lead.length);
  return character;
}

}  // namespace

Result<std::u32string> characters_of(std::string_view utf8) {
  std::u32string text;
  for (size_t at = 0; at < utf8.size();) {
    const size_t begin = at;
    const char32_t character = next_character(utf8, at);
    if (character < 0x20 || (character >= 0x7f && character < 0xa0)) {
      return fail(ErrorCode::kInvalidArgument, "text to be drawn has a control character or is no UTF-8 at byte " +
                                                   std::to_string(begin) + ": " + display_text(utf8.substr(0, 80)));
    }
    text += character;
  }
  return text;
}

std::string utf8_of(std::u32string_view text) {
  std::string out;
  const auto put = [&out](char32_t bits) { out += static_cast<char>(bits); };
  for (const char32_t c : text) {
    if (c < 0x80) {
      put(c);
    } else if (c < 0x800) {
      put(0xc0U | c >> 6U);
      put(0x80U | (c & 0x3fU));
    } else if (c < 0x10000) {
      put(0xe0U | c >> 12U);
      put(0x80U | (c >> 6U & 0x3fU));
      put(0x80U | (c & 0x3fU));
    } else {
      put(0xf0U | c >> 18U);
      put(0x80U | (c >> 12U & 0x3fU));
      put(0x80U | (c >> 6U & 0x3fU));
      put(0x80U | (c & 0x3fU));
    }
  }
  return out;
}

bool is_wide(char32_t c) {
  const auto within = [c](char32_t first, char32_t last) { return c >= first && c <= last; };
  return within(0x1100, 0x115f) || within(0x2e80, 0x303e) || within(0x3041, 0xa4cf) || within(0xac00, 0xd7a3) ||
         within(0xf900, 0xfaff) || within(0xfe30, 0xfe6f) || within(0xff01, 0xff60) || within(0xffe0, 0xffe6) ||
         within(0x1b000, 0x1b2ff) || within(0x20000, 0x3fffd) || c == 0x2014 || c == 0x2026 || c == 0x00b7;
}

bool stands_upright(char32_t character) {
  constexpr std::u32string_view kTurned =
      U"—…·〈〉《》「」『』【】〔〕〖〗〘〙〚〛〜〝〞ー‘’“”\u3030\uff08\uff09\uff3b\uff3d\uff5b\uff5d\uff5e\uff1a\uff1d"
      U"\uff5f\uff60";
  return is_wide(character) && kTurned.find(character) == std::u32string_view::npos;
}

bool may_break(char32_t before, char32_t after) {
  if (after == U' ') return false;
  if (before == U' ' || before == 0x3000) return true;
  if (kNotFirst.find(after) != std::u32string_view::npos || kNotLast.find(before) != std::u32string_view::npos)
    return false;
  return is_wide(before) || is_wide(after);
}

}  // namespace pier::overlay::impl
