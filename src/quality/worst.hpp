#pragma once
// The pictures that came off worst, as JPEG side by side.

#include <vector>

#include <pier/core/picture.hpp>
#include <pier/core/result.hpp>
#include <pier/quality/compare.hpp>

namespace pier::quality::impl {

class WorstPictures {
 public:
  explicit WorstPictures(size_t count) : x_count(count) {}
  /// In order. Of pictures less than kApart from each other only the worst is kept. An error of a picture that cannot
  /// be shown is none: it is left out.
  Result<void> offer(size_t number, double value, const Series& series, const Picture& reference, const Picture& test);
  /// From the worst on.
  std::vector<WorstPicture> finish();

 private:
  struct Kept {
    double badness = 0;
    WorstPicture shown;
  };
  size_t x_count;
  std::vector<Kept> x_kept;
};

}  // namespace pier::quality::impl
