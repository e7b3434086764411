#include "characters.hpp"

#include <algorithm>
#include <array>

namespace pier::subtitles::impl {
namespace {

struct Range {
  char32_t first, last;
};
// Scripts of bidi classes R and AL (UAX #9), in blocks.
constexpr std::array kRightToLeft = {Range{0x0590, 0x08FF}, Range{0x200F, 0x200F},   Range{0xFB1D, 0xFDFF},
                                     Range{0xFE70, 0xFEFC}, Range{0x10800, 0x10FFF}, Range{0x1E800, 0x1EFFF}};
// What in those blocks, and beside the letters elsewhere, has no strong direction.
constexpr std::array kNeutral = {
    Range{0x0600, 0x0605}, Range{0x060C, 0x060C}, Range{0x0610, 0x061A}, Range{0x064B, 0x065F},  Range{0x0660, 0x066C},
    Range{0x06F0, 0x06F9}, Range{0x00A0, 0x00A9}, Range{0x00AB, 0x00B4}, Range{0x00B6, 0x00B9},  Range{0x00BB, 0x00BF},
    Range{0x00D7, 0x00D7}, Range{0x00F7, 0x00F7}, Range{0x2000, 0x200D}, Range{0x2010, 0x2070},  Range{0x2080, 0x20CF},
    Range{0x2190, 0x2BFF}, Range{0x3000, 0x3004}, Range{0x3008, 0x3020}, Range{0xFE00, 0xFE6F},  Range{0xFF01, 0xFF20},
    Range{0xFF3B, 0xFF40}, Range{0xFF5B, 0xFF65}, Range{0xFFF9, 0xFFFF}, Range{0x1F000, 0x1FAFF}};

template <size_t N>
bool within(const std::array<Range, N>& ranges, char32_t c) {
  return std::ranges::any_of(ranges, [c](const Range& range) { return c >= range.first && c <= range.last; });
}

}  // namespace

char32_t next_character(std::string_view text, size_t& position) {
  const auto byte = [&](size_t at) { return static_cast<uint8_t>(text[at]); };
  const uint8_t first = byte(position++);
  if (first < 0x80) return first;
  const int more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : first >= 0xC0 ? 1 : 0;
  if (more == 0) return 0xFFFD;
  char32_t value = first & (0x3FU >> more);
  for (int i = 0; i < more; ++i) {
    if (position >= text.size() || (byte(position) & 0xC0U) != 0x80) return 0xFFFD;
    value = value << 6U | (byte(position++) & 0x3FU);
  }
  return value;
}

void append(std::string& out, char32_t c) {
  const auto put = [&out](char32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF)) c = 0xFFFD;
  if (c < 0x80) return put(c);
  if (c < 0x800) {
    put(0xC0U | c >> 6U);
  } else if (c < 0x10000) {
    put(0xE0U | c >> 12U);
    put(0x80U | (c >> 6U & 0x3FU));
  } else {
    put(0xF0U | c >> 18U);
    put(0x80U | (c >> 12U & 0x3FU));
    put(0x80U | (c >> 6U & 0x3FU));
  }
  put(0x80U | (c & 0x3FU));
}

int direction(char32_t c) {
  if (c < 0xA0) return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ? -1 : 0;
  if (within(kNeutral, c)) return 0;
  return within(kRightToLeft, c) ? 1 : -1;
}

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

std::string lower_case(std::string_view ascii) {
  std::string lower(ascii);
  std::ranges::transform(lower, lower.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return lower;
}

int64_t digits(std::string_view text) {
  if (text.empty() || text.size() > 9) return -1;
  int64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return -1;
    value = value * 10 + (c - '0');
  }
  return value;
}

}  // namespace pier::subtitles::impl
