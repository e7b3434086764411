#include "blockiness.hpp"

#include <algorithm>
#include <span>

#include "analyzers/blockiness/steps.hpp"
#include "json_io.hpp"
#include "signal.hpp"

namespace pier::analysis {

namespace {

constexpr int kLineStep = 4;            // every fourth line is looked at
constexpr int64_t kRatioPercent = 160;  // a step on the grid against one beside it
constexpr int kLeastStep = 2000;        // and larger by 1/2000 of black to peak
constexpr int kHardStep = 16;           // a step of more than 1/16 is an edge of the picture
constexpr size_t kLeastLines = 6;       // of a grid, in each half of it
constexpr int kLargestInRegion = 16;    // sides beyond are looked for in the whole picture

struct Blocks final : Measured {
  int64_t ratio_percent = 0;  // of the worst region; 0: no grid
  int side = 0;               // of its blocks
  int64_t regions = 0;
};

/// Mean absolute step at each position along one direction of a region, in 1/64 code; steps of the picture itself
/// left out.
struct Area {
  int left, top, width, height;
};

template <typename Sample>
std::vector<int64_t> steps_across(const Plane& plane, const Area& area, int hard) {
  std::vector<uint32_t> sums(static_cast<size_t>(area.width));
  int rows = 0;
  for (int y = area.top; y < area.top + area.height; y += kLineStep, ++rows) {
    const Sample* row = plane.row<Sample>(y) + area.left;
    impl::add_steps(row + 1, row, area.width - 1, hard, sums.data() + 1);
  }
  std::vector<int64_t> steps(sums.begin(), sums.end());
  for (int64_t& step : steps) step = step * 64 / rows;
  return steps;
}

/// The same downwards, of a part of the columns.
template <typename Sample>
std::vector<int64_t> steps_down(const Plane& plane, const Area& area, int hard) {
  constexpr impl::StepGroups kGroups{};
  const int whole = area.width / kGroups.every;
  const int64_t count = int64_t{whole} * kGroups.size + std::min(area.width % kGroups.every, kGroups.size);
  std::vector<int64_t> steps(static_cast<size_t>(area.height));
  for (int y = 1; y < area.height; ++y) {
    const Sample* above = plane.row<Sample>(area.top + y - 1) + area.left;
    const Sample* row = plane.row<Sample>(area.top + y) + area.left;
    steps[static_cast<size_t>(y)] = int64_t{impl::sum_steps(row, above, area.width, kGroups, hard)} * 64 / count;
  }
  return steps;
}

int64_t median(std::vector<int64_t>& values) {
  const auto middle = values.begin() + static_cast<ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// Median of the positions first, first + period ...; -1 when they are too few.
int64_t median_of(std::span<const int64_t> steps, size_t first, size_t period, std::vector<int64_t>& scratch) {
  scratch.clear();
  for (size_t i = first; i < steps.size(); i += period) {
    if (i > 0) scratch.push_back(steps[i]);
  }
  return scratch.size() < kLeastLines ? -1 : median(scratch);
}

/// Ratio in percent of the steps on the strongest grid of this side to those of all positions; 0 when there is none.
/// Both halves of a grid must stand out: else it is one of twice the side.
int64_t grid_ratio(std::span<const int64_t> steps, int side, int64_t least, std::vector<int64_t>& scratch) {
  std::vector<int64_t> all(steps.begin() + 1, steps.end());
  const int64_t base = median(all);
  int64_t best = -1;
  const auto period = static_cast<size_t>(side);
  for (size_t first = 0; first < period; ++first) {
    const int64_t even = median_of(steps, first, 2 * period, scratch);
    const int64_t odd = median_of(steps, first + period, 2 * period, scratch);
    best = std::max(best, std::min(even, odd));
  }
  return best - base >= least ? best * 100 / std::max<int64_t>(1, base) : 0;
}

/// Smaller of both directions, for the smallest of these sides that shows a grid in both.
void measure_sides(std::span<const int> sides, std::span<const int64_t> across, std::span<const int64_t> down,
                   int64_t least, Blocks& blocks) {
  std::vector<int64_t> scratch;
  for (const int side : sides) {
    int64_t ratio = grid_ratio(across, side, least, scratch);
    if (ratio < kRatioPercent) continue;
    ratio = std::min(ratio, grid_ratio(down, side, least, scratch));
    if (ratio < kRatioPercent) continue;
    ++blocks.regions;
    if (ratio > blocks.ratio_percent) {
      blocks.ratio_percent = ratio;
      blocks.side = side;
    }
    return;
  }
}

/// Mean of the steps of all regions, at their places in the picture.
class Whole {
 public:
  explicit Whole(int size) : x_sums(static_cast<size_t>(size)), x_counts(static_cast<size_t>(size)) {}
  void add(int first, std::span<const int64_t> steps) {
    for (size_t i = 1; i < steps.size(); ++i) {
      x_sums[static_cast<size_t>(first) + i] += steps[i];
      ++x_counts[static_cast<size_t>(first) + i];
    }
  }
  std::vector<int64_t> mean() const {
    std::vector<int64_t> steps(x_sums);
    for (size_t i = 0; i < steps.size(); ++i) steps[i] /= std::max<int64_t>(1, x_counts[i]);
    return steps;
  }

 private:
  std::vector<int64_t> x_sums, x_counts;
};

}  // namespace

BlockinessAnalyzer::BlockinessAnalyzer(const AnalyzerContext& context)
    : x_video(context.video.value_or(VideoContext{})),
      x_runs({.kind = "blockiness", .severity = Severity::kWarn, .max_gap = kEvery - 1}) {}

std::unique_ptr<Analyzer> BlockinessAnalyzer::make(const AnalyzerContext& context) {
  return std::make_unique<BlockinessAnalyzer>(context);
}

std::unique_ptr<Measured> BlockinessAnalyzer::measure(const FrameViews& views) const {
  auto blocks = std::make_unique<Blocks>();
  const PictureView& picture = views.picture();
  const int span = views.signal().peak() - views.signal().black();
  const int columns = std::clamp(picture.width / 320, 1, 4);
  const int rows = std::clamp(picture.height / 240, 1, 3);
  const Plane& plane = picture.planes[0];
  const int64_t least = std::max<int64_t>(1, int64_t{span} * 64 / kLeastStep);
  const int hard = std::max(1, span / kHardStep);
  if (picture.width / columns < 64 || picture.height / rows < 64) return blocks;
  const auto small = std::ranges::count_if(kSides, [](int side) { return side <= kLargestInRegion; });
  const auto sides = std::span(kSides);
  Whole whole_across(picture.width);
  Whole whole_down(picture.height);
  for (int r = 0; r < rows; ++r) {
    for (int c = 0; c < columns; ++c) {
      const Area area{picture.width * c / columns, picture.height * r / rows, picture.width / columns,
                      picture.height / rows};
      const bool bytes = picture.format.bytes_per_sample() == 1;
      const auto across = bytes ? steps_across<uint8_t>(plane, area, hard) : steps_across<uint16_t>(plane, area, hard);
      const auto down = bytes ? steps_down<uint8_t>(plane, area, hard) : steps_down<uint16_t>(plane, area, hard);
      measure_sides(sides.first(static_cast<size_t>(small)), across, down, least, *blocks);
      whole_across.add(area.left, across);
      whole_down.add(area.top, down);
    }
  }
  if (blocks->side == 0) {
    measure_sides(sides.subspan(static_cast<size_t>(small)), whole_across.mean(), whole_down.mean(), least, *blocks);
  }
  return blocks;
}

void BlockinessAnalyzer::observe(const FrameTime& time, const Measured& measured) {
  const auto& blocks = static_cast<const Blocks&>(measured);
  ++x_frames;
  for (size_t i = 0; i < kSides.size(); ++i) x_blocky[i] += blocks.side == kSides[i] ? 1 : 0;
  x_worst = std::max(x_worst, blocks.ratio_percent);
  x_runs.mark(time, blocks.side > 0, blocks.ratio_percent);
}

Outcome BlockinessAnalyzer::finish() {
  Outcome outcome;
  json::object sides;
  for (size_t i = 0; i < kSides.size(); ++i) sides[std::to_string(kSides[i])] = x_blocky[i];
  outcome.measures = {
      {"frames", x_frames}, {"blocky_frames_by_side", std::move(sides)}, {"worst_step_percent", x_worst}};
  impl::report_runs(x_runs, x_video.stream_index, x_video.time_base, true, outcome,
                    [](const impl::Run& run, Finding& finding) {
                      finding.measures = {{"frames_seen", run.hits}, {"step_percent", run.worst}};
                    });
  return outcome;
}

Result<json::value> BlockinessAnalyzer::save() const {
  json::array counts{x_frames, x_worst};
  for (const int64_t count : x_blocky) counts.push_back(count);
  return json::value(json::object{{"runs", x_runs.save()}, {"counts", std::move(counts)}});
}

Result<void> BlockinessAnalyzer::load(const json::value& state) {
  PIER_TRY(const auto counts, impl::integers(impl::member(state, "counts"), 2 + kSides.size()));
  PIER_CHECK(x_runs.load(impl::member(state, "runs")));
  x_frames = counts[0];
  x_worst = counts[1];
  std::copy(counts.begin() + 2, counts.end(), x_blocky.begin());
  return {};
}

Result<void> BlockinessAnalyzer::merge(const json::value& later) {
  PIER_TRY(const auto counts, impl::integers(impl::member(later, "counts"), 2 + kSides.size()));
  PIER_CHECK(x_runs.merge(impl::member(later, "runs")));
  x_frames += counts[0];
  x_worst = std::max(x_worst, counts[1]);
  for (size_t i = 0; i < kSides.size(); ++i) x_blocky[i] += counts[2 + i];
  return {};
}

}  // namespace pier::analysis
