#include "teletext_characters.hpp"

#include <array>
#include <string_view>

namespace pier::subtitles::impl {
namespace {

constexpr std::string_view kNationalCodes = "\x23\x24\x40\x5B\x5C\x5D\x5E\x5F\x60\x7B\x7C\x7D\x7E";

/// Table 36, in the order of kNationalCodes; by C12 + 2 C13 + 4 C14.
constexpr std::array<std::u32string_view, 8> kNational = {
    U"£$@←½→↑#—¼‖¾÷",  // English
    U"éïàëêùî#èâôûç",  // French
    U"#¤ÉÄÖÅÜ_éäöåü",  // Swedish, Finnish, Hungarian
    U"#ůčťžýířéáěúš",  // Czech, Slovak
    U"#$§ÄÖÜ^_°äöüß",  // German
    U"ç$¡áéíóú¿üñèà",  // Portuguese, Spanish
    U"£$é°ç→↑#ùàòèì",  // Italian
    U"#¤ŢÂŞĂÎıţâşăî",  // Rumanian
};

/// Clause 8.2: bits 2, 4, 6 and 8 (from the lowest, 1) are data, the others protect them.
uint8_t hamming_code(unsigned value) {
  const auto bit = [value](unsigned i) { return value >> i & 1U; };
  const unsigned d1 = bit(0), d2 = bit(1), d3 = bit(2), d4 = bit(3);
  const unsigned p1 = 1U ^ d1 ^ d3 ^ d4, p2 = 1U ^ d1 ^ d2 ^ d4, p3 = 1U ^ d1 ^ d2 ^ d3;
  const unsigned p4 = 1U ^ p1 ^ d1 ^ p2 ^ d2 ^ p3 ^ d3 ^ d4;
  return static_cast<uint8_t>(p1 | d1 << 1U | p2 << 2U | d2 << 3U | p3 << 4U | d3 << 5U | p4 << 6U | d4 << 7U);
}

std::array<int8_t, 256> hamming_table() {
  std::array<int8_t, 256> table{};
  table.fill(-1);
  for (unsigned value = 0; value < 16; ++value) {
    const uint8_t code = hamming_code(value);
    table[code] = static_cast<int8_t>(value);
    for (unsigned bit = 0; bit < 8; ++bit) table[code ^ (1U << bit)] = static_cast<int8_t>(value);
  }
  return table;
}

}  // namespace

uint8_t reversed(uint8_t byte) {
  unsigned out = 0;
  for (unsigned i = 0; i < 8; ++i) out |= (byte >> i & 1U) << (7U - i);
  return static_cast<uint8_t>(out);
}

std::optional<uint8_t> hamming(uint8_t byte) {
  static const std::array<int8_t, 256> kTable = hamming_table();
  if (kTable[byte] < 0) return std::nullopt;
  return static_cast<uint8_t>(kTable[byte]);
}

char32_t teletext_character(uint8_t code, int national_option) {
  const size_t place = kNationalCodes.find(static_cast<char>(code));
  if (place != std::string_view::npos) return kNational[static_cast<size_t>(national_option) & 7U][place];
  return code == 0x7F ? U'■' : code;
}

}  // namespace pier::subtitles::impl
