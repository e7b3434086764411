#pragma once
// Tests: one analyzer over frames in one piece, and over the same frames in parts that are saved as text, loaded and
// merged.

#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <pier/analysis/analyzer.hpp>

#include "test_clip.hpp"

namespace pier::analysis::test {

/// What an analyzer measured, frame by frame; null is a damaged frame.
struct MeasuredClip {
  std::vector<FrameTime> times;
  std::vector<std::unique_ptr<Measured>> frames;
};

using Make = std::unique_ptr<Analyzer> (*)(const AnalyzerContext&);

/// Measures `count` frames that `picture` makes (a false picture is damaged); one tick a frame.
MeasuredClip measure_clip(const Analyzer& analyzer, int count, const std::function<Picture(int)>& picture);

/// Findings, totals and measures as one text.
std::string text_of(Outcome outcome);
std::string run_whole(Make make, const AnalyzerContext& context, const MeasuredClip& clip);
/// Parts of random length.
std::string run_split(Make make, const AnalyzerContext& context, const MeasuredClip& clip, std::mt19937& random);

/// Frames `from` to before `to` of a clip through one analyzer that is told of the frame before, as a pass does it.
std::unique_ptr<Analyzer> run_frames(Make make, const ClipSpec& spec, const Plant& plant, int from, int to);
/// The whole clip; and the same in parts cut at `cuts` (first and last frame included).
Outcome run_clip(Make make, const ClipSpec& spec, const Plant& plant);
Outcome run_cut(Make make, const ClipSpec& spec, const Plant& plant, const std::vector<int>& cuts);

}  // namespace pier::analysis::test
