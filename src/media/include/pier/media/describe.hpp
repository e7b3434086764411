#pragma once
// The human text of facts, as `pier probe` prints it.

#include <string>

#include <pier/media/facts.hpp>

namespace pier::media {

/// Lines ending in '\n': the container, each stream as an aligned table with what its carriers say side by side, then
/// disagreements and warnings. UTF-8, no terminal control codes.
std::string describe(const Facts& facts);

}  // namespace pier::media
