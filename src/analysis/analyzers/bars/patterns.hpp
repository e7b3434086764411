#pragma once
// What one picture shows: bars, one colour, a page of text. On views of one eighth; pure.

#include <cstdint>
#include <optional>

#include <pier/core/picture.hpp>

#include "signal.hpp"

namespace pier::analysis::impl {

struct ColourBars {
  int bars = 0;  // 7, or 8 with a black one at the end
  int white_percent = 0;
  int colour_percent = 0;
};
std::optional<ColourBars> find_bars(const PictureView& view, const Signal& signal);

/// All planes are one colour, and not black.
bool is_field(const PictureView& view, const Signal& signal);
bool is_black(const PictureView& view, const Signal& signal);
/// Lines of text on a plain ground.
bool is_page(const PictureView& view, const Signal& signal);
/// The first planes are alike but for noise.
bool is_still(const PictureView& view, const PictureView& before, const Signal& signal);

}  // namespace pier::analysis::impl
