#pragma once
// Rows of samples: resampling of chroma by halves and quarters. Integer arithmetic throughout: every
// instruction set gives the same bytes.

#include <cstdint>

namespace pier::colour::impl {

/// Rows may be read and written up to a multiple of this many samples.
constexpr int kRowPadding = 64;

/// Touches nothing beyond `width`.
void widen_row(const uint8_t* in, int width, uint16_t* out);

/// out = (4 - weight) a + weight b: quarters of a code, for up to 14 bits. May read and write up to a multiple of 64.
void sum_row(const uint16_t* a, const uint16_t* b, int weight, int width, uint16_t* out);

/// out = ((4 - weight) a + weight b + 2) / 4, weight in quarters. Touches nothing beyond `width`.
void blend_row(const uint16_t* a, const uint16_t* b, int weight, int width, uint16_t* out);

/// Chroma row of `width` samples to twice the width, linear. `centred`: chroma lies between two luma columns, else on
/// the even ones. `in` is read from in[-1] to in[width], which repeat the ends.
void upsample_row(const uint16_t* in, int width, bool centred, uint16_t* out);

/// Luma row of 2 * `width` samples at the chroma columns: 1 2 1 around even columns, or the mean of two when `centred`.
/// `in` is read from in[-1].
void luma_at_chroma_row(const uint16_t* in, int width, bool centred, uint16_t* out);

}  // namespace pier::colour::impl
