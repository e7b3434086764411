#pragma once
// What unspecified colour fields mean, decided in one place for the fast way and the reference.

#include <pier/core/cicp.hpp>
#include <pier/core/result.hpp>

namespace pier::colour::impl {

/// True for every transfer that is shown by a display of gamma 2.4 (BT.1886).
bool shown_by_bt1886(Transfer transfer);
/// Same display light for the same signal.
bool same_transfer(Transfer a, Transfer b);

/// SDR BT.709 where nothing is said; BT.2020 for PQ and HLG. `rgb` says what the planes are.
ColourInfo resolve_source(const ColourInfo& colour, bool rgb);
/// Transfer, primaries and site not said are the source's; the matrix is that of the primaries, the range narrow.
ColourInfo resolve_target(const ColourInfo& colour, const ColourInfo& resolved_source, bool rgb);

/// Is there a right way from one resolved colour to the other?
Result<void> check_supported(const ColourInfo& from, const ColourInfo& to);

}  // namespace pier::colour::impl
