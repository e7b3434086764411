#pragma once
// Headers of AVS2 (GB/T 33475.2, GY/T 299.1, IEEE 1857.4) and AVS3 (T/AI 109.2, IEEE 1857.10) video. Nothing here
// decodes them; the sequence header tells raster, depth and rate, its extensions tell colour and HDR metadata.

#include <optional>

#include <pier/core/bytes.hpp>

#include "bitstream/headers.hpp"

namespace pier::media::impl {

enum class AvsGeneration : uint8_t { kAvs2, kAvs3 };

enum AvsStartCode : uint8_t {
  kAvsSequence = 0xB0,
  kAvsSequenceEnd = 0xB1,
  kAvsUserData = 0xB2,
  kAvsIntraPicture = 0xB3,
  kAvsExtension = 0xB5,
  kAvsInterPicture = 0xB6,
};

/// `unit` begins with the start code value (0xB0). nullopt when the marker bits, the raster or a code point do not fit
/// this generation.
std::optional<SequenceHeader> parse_avs_sequence_header(AvsGeneration generation, ByteView unit);

/// An extension unit (0xB5) that says something about colour: of a sequence display extension `colour`, `range` and
/// `colour_described` of the header are set, else a message comes back.
struct AvsExtension {
  std::optional<ColourInfo> colour;
  std::optional<MetadataMessage> message;
};
AvsExtension parse_avs_extension(ByteView unit);

/// Which of the two an elementary stream is, by the syntax of its first sequence header and the units after it.
/// nullopt: neither.
std::optional<AvsGeneration> detect_avs(ByteView stream);

}  // namespace pier::media::impl
