#pragma once
// Colours as TTML 2 (section 10.3.8) and CSS write them.

#include <optional>
#include <string>
#include <string_view>

#include <pier/subtitles/cue.hpp>

namespace pier::subtitles::impl {

/// "#rgb", "#rrggbb", "#rrggbbaa", "rgb(1,2,3)", "rgba(1,2,3,4)" (alpha 0..255, or 0..1 with a point), or a name.
std::optional<Colour> parse_colour(std::string_view text);
/// "#RRGGBB", with alpha where it is not opaque.
std::string colour_text(const Colour& colour);
/// The name that WebVTT has a default class for (white, lime, cyan, red, yellow, magenta, blue, black); empty: none.
std::string_view webvtt_class(const Colour& colour);

}  // namespace pier::subtitles::impl
