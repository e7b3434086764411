#pragma once
// Repeated frames and the patterns they make. Pure functions over a stretch of frames.

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace pier::analysis::impl {

enum class Step : uint8_t {
  kUnknown,
  kNew,
  kRepeat,
  kSmall,  // changed too little to say
  kLeap,   // a cut or a flash: too much for motion
};

/// What every frame is against the one before, from Change::largest and Change::mean of each.
std::vector<Step> steps_of(std::span<const int64_t> largest_changes, std::span<const int64_t> mean_changes);

struct Pattern {
  std::string_view name;    // how many frames each picture is shown
  std::string_view frames;  // one period, 'n' new, 'r' repeat
  int least;                // frames that must follow the pattern
  int pictures() const;     // new ones in a period
};
inline constexpr size_t kPatterns = 12;
const std::array<Pattern, kPatterns>& patterns();

/// The pattern that the frames up to `at`, or those from `at` on, follow: no repeat too many or too few, a few cuts
/// or small changes in the place of new pictures.
std::optional<size_t> pattern_at(std::span<const Step> steps, size_t at);

/// A stretch of repeats around `at` with steadily moving pictures on both sides; first and last frame.
struct Stretch {
  size_t first = 0, last = 0;
};
std::optional<Stretch> duplicate_at(std::span<const Step> steps, size_t at);

/// Change::coarse, ::middle and ::contrast of frames in a row.
struct CoarseChanges {
  std::vector<int64_t> mean, median, contrast;
};

/// In percent how much longer the step to frame `at` is than its neighbours in otherwise steady motion; 0 when the
/// motion is not steady or the step is not that of a missing frame. Where a frame is missing cells all over the picture
/// change twice as much; behind a cut they change by more than the contrast of the picture.
int64_t jump_at(std::span<const Step> steps, const CoarseChanges& changes, size_t at);

}  // namespace pier::analysis::impl
