#pragma once
// Lines that are too long, broken where the text allows it.

#include <vector>

#include <pier/overlay/text.hpp>

namespace pier::overlay::impl {

/// `line` as lines that are no longer than style.longest; a single word that is longer is broken inside.
Result<std::vector<TextLine>> broken(const TextLine& line, const TextStyle& style, const Fonts& fonts);

}  // namespace pier::overlay::impl
