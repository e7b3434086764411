#pragma once
// Language tags in boxes: `mdhd` holds an ISO 639-2/T code of three letters, `elng` the whole BCP 47 tag.

#include <cstdint>
#include <string>
#include <string_view>

namespace pier::packaging::impl {

/// "zh-Hans" -> "zho"; "und" when there is none.
std::string iso639_2(std::string_view bcp47);
/// Three letters in 15 bits, as `mdhd` packs them.
uint16_t pack_language(std::string_view iso639_2);
std::string unpack_language(uint16_t packed);

}  // namespace pier::packaging::impl
