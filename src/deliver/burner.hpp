#pragma once
// Draws subtitles over pictures that come one after the other at a constant rate.

#include <utility>

#include <pier/deliver/burn.hpp>

namespace pier::deliver {

/// Not thread-safe.
class Burner {
 public:
  /// `into`: from the first picture of the master to the first that comes. Errors as SubtitlePictures::make.
  static Result<Burner> make(const Burn& burn, const overlay::Target& target, overlay::ImageSize raster, Rational into,
                             Rational frame_rate);

  /// The next picture, which is shown `times` times: as it looks at first, and how often it looks so. The rest of the
  /// times is asked for again.
  Result<std::pair<Picture, int64_t>> next(const Picture& picture, int64_t times);

  /// Pictures so far that something was drawn over.
  int64_t burned() const { return x_burned; }

 private:
  Burner(overlay::SubtitlePictures subtitles, Rational into, Rational frame_rate)
      : x_subtitles(std::move(subtitles)), x_into(into), x_frame_rate(frame_rate) {}
  Result<std::vector<overlay::Placed>> layers_of(int64_t number);

  overlay::SubtitlePictures x_subtitles;
  Rational x_into, x_frame_rate;
  int64_t x_next = 0, x_burned = 0;
};

}  // namespace pier::deliver
