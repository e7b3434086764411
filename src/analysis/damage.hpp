#pragma once
// What could not be judged, as findings: frames that are damaged or may refer to damaged ones, and pictures that never
// came out.

#include <compare>
#include <cstdint>
#include <vector>

#include <pier/analysis/analyzer.hpp>
#include <pier/analysis/frame_table.hpp>

#include "runs.hpp"

namespace pier::analysis::impl {

/// A picture of the stream that never came out.
struct LostPicture {
  int64_t pts = 0;
  int64_t duration = 0;
  friend auto operator<=>(const LostPicture&, const LostPicture&) = default;
};

/// Takes a copy: runs are closed by reporting.
void report_not_judged(RunCollector runs, int stream, Rational base, Outcome& outcome);

/// `lost` in order of time; those that follow each other are one finding, at the frame that follows them, of the first
/// `count` of `frames`.
void report_lost(const std::vector<LostPicture>& lost, int stream, const FrameTable& frames, int64_t count,
                 Outcome& outcome);

}  // namespace pier::analysis::impl
