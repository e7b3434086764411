#pragma once
// Rows of samples through the cube. Integer arithmetic throughout: every instruction set gives the same bytes.

#include <cstdint>

#include "cube.hpp"

namespace pier::colour::impl {

/// Rows may be read and written up to a multiple of this many samples.
constexpr int kRowPadding = 64;

/// `width` samples of Y', Cb, Cr (all at full width) to 15-bit target values (code * 2^(15 - depth)), chroma relative
/// to its centre.
void evaluate_row(const Cube& cube, const CodesToCube& codes, const uint16_t* y, const uint16_t* cb, const uint16_t* cr,
                  int width, int16_t* out_y, int16_t* out_cb, int16_t* out_cr);

/// out = ((4 - weight) a + weight b + 2) / 4, weight in quarters. Touches nothing beyond `width`.
void blend_row(const uint16_t* a, const uint16_t* b, int weight, int width, uint16_t* out);

/// Chroma row of `width` samples to twice the width, linear. `centred`: chroma lies between two luma columns, else on
/// the even ones. `in` is read from in[-1] to in[width], which repeat the ends.
void upsample_row(const uint16_t* in, int width, bool centred, uint16_t* out);

/// Luma row of 2 * `width` samples at the chroma columns: 1 2 1 around even columns, or the mean of two when `centred`.
/// `in` is read from in[-1].
void luma_at_chroma_row(const uint16_t* in, int width, bool centred, uint16_t* out);

/// 15-bit values plus `centre` to codes of `bit_depth`, rounded (`dither` null) or with `dither` (8 offsets of 15 bit,
/// repeated).
void store_row(const int16_t* in, int width, int bit_depth, int centre, const int16_t* dither, void* out);

}  // namespace pier::colour::impl
