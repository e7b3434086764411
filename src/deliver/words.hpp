#pragma once
// Words of a wish that several files here read.

#include <string>
#include <utility>

#include <pier/core/result.hpp>

namespace pier::deliver {

/// "1920x1080"; sides even, 16 to 16384.
Result<std::pair<int, int>> parse_size(const std::string& text);

}  // namespace pier::deliver
