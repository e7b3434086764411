#pragma once
// Characters and codes of ETS 300 706.

#include <cstdint>
#include <optional>

namespace pier::subtitles::impl {

/// The byte with its bits in the other order: teletext is sent from the lowest bit on.
uint8_t reversed(uint8_t byte);
/// Hamming 8/4, clause 8.2: four bits; nothing when more than one bit is wrong.
std::optional<uint8_t> hamming(uint8_t byte);
/// Clause 15.2 and 15.6.2: G0 Latin with the national options of a page's C12 to C14 (C12 the lowest bit), as of the
/// first group of table 32. `code` 20h to 7Fh.
char32_t teletext_character(uint8_t code, int national_option);

}  // namespace pier::subtitles::impl
