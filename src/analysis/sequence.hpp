#pragma once
// What a scan of an image sequence found, as findings beside those of its pictures.

#include <pier/analysis/analyse.hpp>
#include <pier/media/sequence.hpp>

namespace pier::analysis {

/// Adds findings "sequence.gap" (one a gap) and "sequence.size" (pictures that are cut off, no pictures, or unlike most
/// of the others; runs of equal ones are one finding) and measures["sequence"]. In all findings of a sequence frames
/// are numbers of the files counted from the first, so that gaps count; times are at `facts`' frame rate, or at 25 a
/// second where none is known.
void add_sequence(const media::SequenceReport& report, const media::Facts& facts, AnalysisResult& result);

/// A result that rests on names, sizes and headers only: no picture was decoded.
AnalysisResult sequence_result(const media::SequenceReport& report, const media::Facts& facts);

}  // namespace pier::analysis
