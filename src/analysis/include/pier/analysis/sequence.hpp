#pragma once
// What a scan of an image sequence found, as a result that can be judged: no picture was decoded.

#include <pier/analysis/analyse.hpp>
#include <pier/media/sequence.hpp>

namespace pier::analysis {

/// Findings "sequence.gap" (one a gap, frames are numbers of the files counted from the first) and "sequence.size"
/// (pictures that are cut off, no pictures, or unlike most of the others; runs of equal ones are one finding);
/// measures["sequence"]. Times are at `facts`' frame rate, or at 25 a second where none is known.
AnalysisResult sequence_result(const media::SequenceReport& report, const media::Facts& facts);

}  // namespace pier::analysis
