#include "markup.hpp"

#include <array>
#include <cmath>
#include <cstdio>

#include <pier/core/bytes.hpp>

namespace pier::reports {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

/// U+0080...9F, U+061C, U+200E/F, U+2028...202E, U+2066...2069, U+FEFF and noncharacters of a well-formed sequence.
bool is_unwanted(std::string_view character) {
  if (character.size() == 2) {
    return (character[0] == '\xC2' && static_cast<unsigned char>(character[1]) < 0xA0) || character == "\xD8\x9C";
  }
  if (character.size() != 3) return false;
  const auto second = static_cast<unsigned char>(character[1]);
  const auto third = static_cast<unsigned char>(character[2]);
  if (character[0] == '\xE2' && second == 0x80)
    return third == 0x8E || third == 0x8F || (third >= 0xA8 && third <= 0xAE);
  if (character[0] == '\xE2' && second == 0x81) return third >= 0xA6 && third <= 0xA9;
  return character[0] == '\xEF' && ((second == 0xBB && third == 0xBF) || (second == 0xBF && third >= 0xBE));
}

size_t length_of(char lead) {
  const auto value = static_cast<unsigned char>(lead);
  return value < 0x80 ? 1 : value < 0xE0 ? 2 : value < 0xF0 ? 3 : 4;
}

std::string_view entity(char character) {
  switch (character) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\'':
      return "&#39;";
    default:
      return {};
  }
}

std::string cleaned(std::string_view bytes, bool markup) {
  const std::string text = display_text(bytes);
  std::string out;
  out.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    const size_t length = std::min(length_of(text[at]), text.size() - at);
    const std::string_view character(text.data() + at, length);
    at += length;
    const char first = character[0];
    if (first == '\t' || first == '\n' || first == '\r') {
      out += ' ';
    } else if (static_cast<unsigned char>(first) < 0x20 || first == 0x7F || is_unwanted(character)) {
      out += kReplacement;
    } else if (const std::string_view name = markup ? entity(first) : std::string_view(); !name.empty()) {
      out += name;
    } else {
      out += character;
    }
  }
  return out;
}

}  // namespace

std::string escape(std::string_view text) {
  return cleaned(text, true);
}

std::string clean(std::string_view text) {
  return cleaned(text, false);
}

std::string short_number(double value, int decimals) {
  if (!std::isfinite(value)) return "0";
  std::array<char, 400> text{};
  std::snprintf(text.data(), text.size(), "%.*f", decimals, value);
  std::string out(text.data());
  if (out.find('.') != std::string::npos) {
    out.erase(out.find_last_not_of('0') + 1);
    if (out.back() == '.') out.pop_back();
  }
  return out == "-0" ? "0" : out;
}

}  // namespace pier::reports
