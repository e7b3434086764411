#pragma once
// The nominal frame rate and its regularity, out of presentation times.

#include <cstdint>
#include <optional>
#include <vector>

#include <pier/core/rational.hpp>

namespace pier::media::impl {

struct Cadence {
  Rational rate;                      // 0 when unknown
  bool variable = false;              // distances differ by more than one tick
  int64_t shortest = 0, longest = 0;  // distances, ticks
  int64_t repeated = 0;               // times that came twice
};

/// `runs` are stretches of presentation times without a gap left by the reader, each in any order. `declared` are the
/// rates that headers claim, the more trusted first; one of them is taken only where it fits the times: to one tick
/// over all frames, or, of the first, to half a frame (recorders round each time, and errors add up).
Cadence find_cadence(std::vector<std::vector<int64_t>> runs, Rational time_base, const std::vector<Rational>& declared);

/// A rate that can be one: 1/10 ... 1000 per second.
bool is_plausible_rate(Rational rate);

}  // namespace pier::media::impl
