#pragma once
// The pictures of a report: timelines over the programme, and the gamut plot. What a plot needs and the analysis did
// not give is said in words instead.

#include <optional>
#include <string>
#include <vector>

#include <pier/reports/document.hpp>

#include "drawing.hpp"

namespace pier::reports {

struct Plot {
  std::string title;
  std::string note;                // what is shown, and in what unit
  std::optional<Drawing> drawing;  // empty: see `missing`
  std::string missing;
};

/// Luminance, loudness, bit rate, shots; all on one time axis.
std::vector<Plot> timelines(const Document& document, bool zh);

/// CIE 1931 xy with BT.709, P3-D65, BT.2020 and the chromaticities of the picture.
Plot gamut_plot(const Document& document, bool zh);

}  // namespace pier::reports
