#pragma once
// Where the programme begins and ends, proposed from what lies before and after it.

#include <pier/analysis/analyse.hpp>

namespace pier::analysis {

inline constexpr double kMinProgrammeBlackSeconds = 2.0;

/// A proposal, never applied here: {"proposed", "in_frame", "out_frame" (exclusive), "in_pts", "out_pts",
/// "in_seconds", "out_seconds", "reasons": [{"edge", "kind", "finding", "start_seconds", "end_seconds"}]}.
///
/// Head: bars, fields, slates and black up to the first picture that is none of them; tail: bars, fields and black that
/// reach the last frame without a hole. Black alone counts from two seconds on, so that a fade stays whole. Nothing is
/// proposed ("proposed": false, "why") without pictures, when a range was given by hand, when nothing surrounds the
/// programme, or when there is nothing else.
json::object propose_programme(const AnalysisResult& result, bool range_given);

}  // namespace pier::analysis
