#pragma once
// Short-term reference picture sets of H.265 (7.3.7, 7.4.8).

#include <cstdint>
#include <optional>
#include <vector>

#include "bitstream/bit_reader.hpp"

namespace pier::media::impl {

/// A picture that must be kept: its picture order count less that of the picture that names it.
struct ShortTermReference {
  int32_t delta = 0;  // never 0
  bool used = false;  // by the picture itself; else by those that follow
  friend bool operator==(const ShortTermReference&, const ShortTermReference&) = default;
};
/// S0 (deltas below 0, nearest first), then S1. At most 32.
using ShortTermSet = std::vector<ShortTermReference>;

/// The set that follows those of `known`: the next of the SPS, or in a slice header one besides all of the SPS.
/// nullopt when it breaks the syntax.
std::optional<ShortTermSet> read_short_term_set(BitReader& reader, const std::vector<ShortTermSet>& known,
                                                bool in_slice_header);

}  // namespace pier::media::impl
