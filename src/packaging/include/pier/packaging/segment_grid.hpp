#pragma once
// The segment grid that all video tracks of an asset share, and where sound is cut to follow it.
//
//   25, 50, 100 (and their kin)     3.84 s    4 fragments of 0.96 s    = 180 AAC frames, 120 E-AC-3 frames at 48 kHz
//   30, 60, 120                     3.2 s     4 fragments of 0.8 s     = 150 AAC frames, 100 E-AC-3 frames
//   24, 48, 96                      8/3 s     2 fragments of 4/3 s     = 125 AAC frames; E-AC-3's error is carried
//   the same / 1.001                the same count of pictures; the sound's error is carried, never reset
//   any other constant rate         the count of pictures nearest to 3.84 s that four divides
//   variable                        points every 3.84 s (fragments 0.96 s) snap to the next picture
//
// A last segment may be short, it is never empty and never joined to the one before: so a longer programme has the
// shorter one's segments, and chunks can be planned before the end is known.

#include <cstdint>
#include <span>
#include <vector>

#include <pier/core/rational.hpp>
#include <pier/packaging/track.hpp>

namespace pier::packaging {

struct GridOptions {
  Rational frame_rate;    // nominal; 0 is taken as variable
  bool variable = false;  // timestamps are irregular: cut by time, not by count
};

struct SegmentGrid {
  struct Fragment {
    int64_t first_frame = 0;  // index into the table of presentation times; a key picture
    int64_t frame_count = 0;
  };
  struct Segment {
    size_t first_fragment = 0;
    size_t fragment_count = 0;
    int64_t first_frame = 0;
    int64_t frame_count = 0;
    int64_t first_pts = 0;  // ticks of time_base, as in the table
  };
  Rational time_base;
  Rational nominal_duration;       // seconds of a whole segment
  int fragments_per_segment = 0;   // of a whole segment
  int64_t frames_per_segment = 0;  // 0 when variable
  std::vector<Segment> segments;
  std::vector<Fragment> fragments;

  /// Seconds from the first picture to the start of segment `number`.
  Rational start_time(size_t number) const;
};

/// `frame_pts`: presentation times of all pictures, strictly rising, ticks of `time_base`. kInvalidArgument when empty
/// or not rising, or when the rate is not positive and finite.
Result<SegmentGrid> plan_grid(std::span<const int64_t> frame_pts, Rational time_base, const GridOptions& options);

/// Where segments of a sound should begin, but for the first, in samples of the programme, whose time 0 is the first
/// picture: the grid points, and after the last picture the nominal distance, where a rest shorter than half a segment
/// stays in the one before. Takes only sample_rate and programme_samples of `audio`.
Result<std::vector<int64_t>> audio_points(const SegmentGrid& grid, const AudioDetails& audio);

/// Index of the first coded frame of each sound segment, then the count of frames: n segments give n + 1 numbers.
/// A segment starts with the frame that holds its point (plus priming): each cut is made from the absolute time, so an
/// error is carried (always less than a frame, sound first) and never grows. Sound that ends early has fewer segments.
/// Takes only frame_samples (at least 1), priming_samples and programme_samples of `audio`.
std::vector<int64_t> audio_cuts(std::span<const int64_t> points, const AudioDetails& audio);

}  // namespace pier::packaging
