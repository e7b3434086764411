#pragma once
// Headers of the AV1 bitstream (AV1 Bitstream & Decoding Process Specification, clause 5; metadata of clause 6.7).

#include <functional>
#include <optional>

#include <pier/core/bytes.hpp>

#include "bitstream/headers.hpp"

namespace pier::media::impl {

enum ObuType : int { kObuSequenceHeader = 1, kObuTemporalDelimiter = 2, kObuMetadata = 5 };

struct Obu {
  int type = 0;
  ByteView payload;
};

/// Low-overhead format (also that of a container sample). False when a size runs past the end; the units before it
/// were given.
bool split_obus(ByteView bytes, const std::function<void(const Obu&)>& unit);

/// Payload of a sequence header OBU; nullopt when it breaks the syntax.
std::optional<SequenceHeader> parse_av1_sequence_header(ByteView payload);
/// Payload of a metadata OBU; nullopt when it carries nothing of interest or is damaged.
std::optional<MetadataMessage> parse_av1_metadata(ByteView payload);
/// The OBUs inside an av1C record (ISO/IEC binding of AV1, 2.3); empty when it is none.
ByteView av1c_obus(ByteView record);

}  // namespace pier::media::impl
