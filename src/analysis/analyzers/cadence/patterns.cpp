#include "patterns.hpp"

#include <algorithm>

namespace pier::analysis::impl {

namespace {

constexpr int64_t kStill = 600;     // as in freeze: no block changed by more on average
constexpr int64_t kDrift = 300;     // cells that change by this move
constexpr int64_t kMoving = 1500;   // a block that changed by this moves
constexpr int64_t kNear = 5;        // a near duplicate changes by this factor less than its neighbours
constexpr int64_t kNearest = 2500;  // and by at most this
constexpr int64_t kLeap = 100'000;  // mean change of a picture
constexpr size_t kReach = 5;        // frames on each side that a near duplicate is held against
constexpr size_t kAround = 8;       // frames on each side of a duplicate that must move
constexpr size_t kSteady = 6;       // frames on each side of a jump that must move evenly

/// Largest change among up to kReach frames on one side; -1 when nothing is known.
int64_t largest_of(std::span<const int64_t> changes) {
  return changes.empty() ? -1 : *std::ranges::max_element(changes);
}

/// The value at `at` in percent of those around, 0 unless these are steady and it is 1.5 to 2.7 times as large.
int64_t leap_percent(std::span<const int64_t> changes, size_t at) {
  int64_t smallest = INT64_MAX;
  int64_t largest = 0;
  for (size_t i = at - kSteady; i <= at + kSteady; ++i) {
    if (i == at) continue;
    smallest = std::min(smallest, changes[i]);
    largest = std::max(largest, changes[i]);
  }
  const int64_t here = changes[at];
  const bool steady = smallest >= kDrift && 4 * largest <= 5 * smallest;
  return steady && 2 * here >= 3 * largest && 10 * here <= 27 * smallest ? here * 200 / (smallest + largest) : 0;
}

constexpr std::string_view k24in50 = "nrnrnrnrnrnrnrnrnrnrnrnrr";
constexpr std::string_view k24in25 = "nnnnnnnnnnnnnnnnnnnnnnnnr";

/// Whether all of `steps` follow the pattern in some phase.
bool follows(std::span<const Step> steps, std::string_view frames) {
  const size_t period = frames.size();
  for (size_t phase = 0; phase < period; ++phase) {
    size_t small = 0;
    size_t leaps = 0;
    bool good = true;
    for (size_t i = 0; good && i < steps.size(); ++i) {
      const Step asked = frames[(i + phase) % period] == 'n' ? Step::kNew : Step::kRepeat;
      small += steps[i] == Step::kSmall ? 1 : 0;
      leaps += steps[i] == Step::kLeap ? 1 : 0;
      const bool instead = (steps[i] == Step::kSmall && 4 * small <= steps.size()) ||
                           (steps[i] == Step::kLeap && 10 * leaps <= steps.size());
      good = steps[i] == asked || (asked == Step::kNew && instead);
    }
    if (good) return true;
  }
  return false;
}

bool moves(std::span<const Step> steps) {
  const auto fresh = std::ranges::count(steps, Step::kNew);
  return steps.size() == kAround && fresh + 2 >= static_cast<ptrdiff_t>(kAround) &&
         std::ranges::count(steps, Step::kRepeat) <= 1 && std::ranges::count(steps, Step::kUnknown) == 0;
}

}  // namespace

std::vector<Step> steps_of(std::span<const int64_t> changes, std::span<const int64_t> mean_changes) {
  std::vector<Step> steps(changes.size(), Step::kUnknown);
  for (size_t i = 0; i < changes.size(); ++i) {
    const int64_t change = changes[i];
    if (change < 0) continue;
    const size_t from = i - std::min(i, kReach);
    const size_t to = std::min(changes.size(), i + 1 + kReach);
    const int64_t around =
        std::min(largest_of(changes.subspan(from, i - from)), largest_of(changes.subspan(i + 1, to - i - 1)));
    const bool near = around >= kMoving && kNear * change <= around && change <= kNearest;
    steps[i] = change <= kStill || near   ? Step::kRepeat
               : mean_changes[i] >= kLeap ? Step::kLeap
               : change >= kMoving        ? Step::kNew
                                          : Step::kSmall;
  }
  return steps;
}

int Pattern::pictures() const {
  return static_cast<int>(std::ranges::count(frames, 'n'));
}

const std::array<Pattern, kPatterns>& patterns() {
  // The long ones first: a part of them looks like a short one.
  static constexpr std::array<Pattern, kPatterns> kAll{{{"24 in 50", k24in50, 50},
                                                        {"24 in 25", k24in25, 50},
                                                        {"2:3:2:3:2", "nrnrrnrnrrnr", 24},
                                                        {"2:2", "nr", 30},
                                                        {"3:3", "nrr", 30},
                                                        {"4:4", "nrrr", 32},
                                                        {"5:5", "nrrrr", 30},
                                                        {"2:3", "nrnrr", 25},
                                                        {"1:2", "nnr", 24},
                                                        {"1:2:2", "nnrnr", 25},
                                                        {"1:1:1:2", "nnnnr", 25},
                                                        {"1:1:1:1:2", "nnnnnr", 30}}};
  return kAll;
}

std::optional<size_t> pattern_at(std::span<const Step> steps, size_t at) {
  for (size_t p = 0; p < kPatterns; ++p) {
    const Pattern& pattern = patterns()[p];
    const auto least = static_cast<size_t>(pattern.least);
    if (at + 1 >= least && follows(steps.subspan(at + 1 - least, least), pattern.frames)) return p;
    if (at + least <= steps.size() && follows(steps.subspan(at, least), pattern.frames)) return p;
  }
  return std::nullopt;
}

std::optional<Stretch> duplicate_at(std::span<const Step> steps, size_t at) {
  if (steps[at] != Step::kRepeat) return std::nullopt;
  Stretch stretch{at, at};
  while (stretch.first > 0 && steps[stretch.first - 1] == Step::kRepeat) --stretch.first;
  while (stretch.last + 1 < steps.size() && steps[stretch.last + 1] == Step::kRepeat) ++stretch.last;
  if (stretch.first < kAround || stretch.last + kAround >= steps.size()) return std::nullopt;
  const bool moving =
      moves(steps.subspan(stretch.first - kAround, kAround)) && moves(steps.subspan(stretch.last + 1, kAround));
  return moving ? std::optional(stretch) : std::nullopt;
}

int64_t jump_at(std::span<const Step> steps, const CoarseChanges& changes, size_t at) {
  if (at < kSteady || at + kSteady >= steps.size() || changes.mean[at] > changes.contrast[at]) return 0;
  for (size_t i = at - kSteady; i <= at + kSteady; ++i) {
    if (steps[i] != Step::kNew) return 0;
  }
  return std::min(leap_percent(changes.mean, at), leap_percent(changes.median, at));
}

}  // namespace pier::analysis::impl
