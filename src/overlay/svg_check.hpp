#pragma once
// Whether a drawing is complete in itself, before the library that draws it sees it.

#include <pier/core/bytes.hpp>
#include <pier/core/result.hpp>

namespace pier::overlay::impl {

/// See read_svg(): kInputDamaged, kInputUnsupported, kTooLarge.
Result<void> check_svg(ByteView bytes);

}  // namespace pier::overlay::impl
