#pragma once
// Where the light of one frame is, and whether its edges are those of bars.

#include <cstdint>
#include <optional>

#include <pier/analysis/analyzer.hpp>

#include "signal.hpp"

namespace pier::analysis::impl {

/// Samples of the coded picture; right and bottom exclusive.
struct Box {
  int64_t left = 0, top = 0, right = 0, bottom = 0;
  friend bool operator==(const Box&, const Box&) = default;
};
Box united(const Box& a, const Box& b);
std::optional<Box> united(const std::optional<Box>& a, const std::optional<Box>& b);
/// No edge of `inner` lies outside `outer` by more than `tolerance`.
bool inside(const Box& inner, const Box& outer, int64_t tolerance);

struct LitBox {
  static constexpr double kLitNits = 0.02;
  std::optional<Box> lit;     // rows and columns that belong to a picture; none when next to nothing is lit
  std::optional<Box> active;  // only with bars of evidence, edges to the sample
};

/// `quarter`: FrameViews::luma_quarter().
LitBox find_lit_box(const PictureView& picture, const PictureView& quarter, const Signal& signal);

}  // namespace pier::analysis::impl
