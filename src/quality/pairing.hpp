#pragma once
// Which picture of the test belongs to which of the reference.

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include <pier/core/rational.hpp>
#include <pier/media/decode.hpp>
#include <pier/media/facts.hpp>
#include <pier/quality/compare.hpp>

namespace pier::quality::impl {

/// Luma as 32 x 18 means, 0 nominal black, 1 nominal peak: alike for all rasters, depths and ranges.
struct Thumbnail {
  static constexpr int kWide = 32, kHigh = 18;
  std::array<float, size_t{kWide} * kHigh> cells{};
};
Thumbnail thumbnail_of(const PictureView& picture, Range range);
/// Mean absolute difference.
double distance(const Thumbnail& a, const Thumbnail& b);

struct TimedPicture {
  int64_t index = 0;
  Rational time;  // seconds from the first picture
  Picture picture;
  Thumbnail thumbnail;
};

/// All pictures of the main video of a file, in presentation order.
class PictureReader {
 public:
  /// `name`: of the side, for messages.
  static Result<PictureReader> open(std::string name, const media::Source& source, const media::Facts& facts,
                                    int threads);
  /// nullopt at the end. kInputUnsupported when raster or format change.
  Result<std::optional<TimedPicture>> next();
  int64_t damaged() const { return x_damaged; }
  const media::VideoFacts& video() const { return *x_video; }

 private:
  PictureReader(std::string name, media::Demuxer demuxer, media::VideoDecoder decoder, const media::VideoFacts& video);
  Result<std::optional<media::Frame>> decode();
  std::string x_name;
  media::Demuxer x_demuxer;
  media::VideoDecoder x_decoder;
  const media::VideoFacts* x_video;
  std::optional<int64_t> x_first;
  PixelFormat x_format;
  int x_width = 0, x_height = 0;
  int64_t x_index = 0, x_damaged = 0;
  bool x_ended = false;
};

/// Thumbnails with their times.
struct Strip {
  struct Cell {
    double time = 0;
    Thumbnail thumbnail;
  };
  std::vector<Cell> cells;
  double step = 0.04;  // seconds between pictures
};
/// Time of the test that is time 0 of the reference, as the beginnings of both tell; 0 unless another is clearly
/// better. A multiple of the shorter step.
double find_offset(const Strip& reference, const Strip& test);

struct Pair {
  TimedPicture reference, test;
};

/// Goes through both in step.
class Pairing {
 public:
  Pairing(PictureReader reference, PictureReader test, Rational offset);
  /// nullopt when the reference is at its end.
  Result<std::optional<Pair>> next();
  /// After the end: what became of all pictures.
  Result<Alignment> finish();
  int64_t damaged_references() const { return x_reference.damaged(); }
  int64_t damaged_tests() const { return x_test.damaged(); }

 private:
  Result<void> advance_to(Rational time);
  void judge_neighbours(const TimedPicture& reference);

  PictureReader x_reference, x_test;
  Alignment x_alignment;
  Rational x_reference_step, x_test_step;
  std::deque<TimedPicture> x_window;  // of the test: at most the one before, the current and the next
  size_t x_current = 0;
  bool x_test_ended = false;
  int64_t x_taken = 0, x_last_taken = -1, x_tests = 0;
  int64_t x_moving = 0, x_nearer_before = 0, x_nearer_after = 0;
};

}  // namespace pier::quality::impl
