#include <algorithm>

#include <pier/packaging/segment_grid.hpp>

namespace pier::packaging {
namespace {

constexpr int64_t kFragments = 4;
const Rational kUsualSegment{384, 100};  // seconds
const Rational kHighestRate{100'000};

struct Plan {
  int64_t frames = 0;  // of a whole segment
  int fragments = 0;
};

// 50 for 50 and for 50000/1001; 0 when the rate is of no such family.
int64_t nominal_rate(Rational rate) {
  for (const Rational candidate : {rate, rate * Rational(1001, 1000)}) {
    if (candidate.den == 1) return candidate.num;
  }
  return 0;
}

Plan plan_for(Rational rate) {
  const int64_t nominal = nominal_rate(rate);
  if (nominal > 0 && nominal % 25 == 0) return {nominal / 25 * 96, 4};
  if (nominal > 0 && nominal % 30 == 0) return {nominal / 30 * 96, 4};
  if (nominal > 0 && nominal % 24 == 0) return {nominal / 24 * 64, 2};
  const int64_t quarter = rescale(1, kUsualSegment * rate, Rational(kFragments));
  if (quarter > 0) return {quarter * kFragments, kFragments};
  // Slide shows: too few pictures to divide a segment.
  return {std::max<int64_t>(1, rescale(1, kUsualSegment * rate, Rational(1))), 1};
}

void add_fragment(SegmentGrid& grid, bool new_segment, int64_t first_frame, int64_t frames,
                  std::span<const int64_t> pts) {
  if (new_segment) {
    SegmentGrid::Segment segment;
    segment.first_fragment = grid.fragments.size();
    segment.first_frame = first_frame;
    segment.first_pts = pts[static_cast<size_t>(first_frame)];
    grid.segments.push_back(segment);
  }
  grid.fragments.push_back({first_frame, frames});
  ++grid.segments.back().fragment_count;
  grid.segments.back().frame_count += frames;
}

void cut_by_count(SegmentGrid& grid, std::span<const int64_t> pts) {
  const auto total = static_cast<int64_t>(pts.size());
  const int64_t step = grid.frames_per_segment / grid.fragments_per_segment;
  for (int64_t first = 0; first < total; first += step) {
    add_fragment(grid, first % grid.frames_per_segment == 0, first, std::min(step, total - first), pts);
  }
}

// A grid point snaps to the first picture at or after it; points between two pictures fall together.
void cut_by_time(SegmentGrid& grid, std::span<const int64_t> pts) {
  const Rational step = grid.nominal_duration / Rational(grid.fragments_per_segment) / grid.time_base;
  const auto last_point = [&](size_t i) { return rescale(pts[i] - pts.front(), Rational(1), step, Rounding::kDown); };
  size_t first = 0;
  bool new_segment = true;
  int64_t before = 0;
  for (size_t i = 1; i <= pts.size(); ++i) {
    const int64_t point = i < pts.size() ? last_point(i) : before + 1;
    if (point == before) continue;
    add_fragment(grid, new_segment, static_cast<int64_t>(first), static_cast<int64_t>(i - first), pts);
    new_segment = point / grid.fragments_per_segment > before / grid.fragments_per_segment;
    first = i;
    before = point;
  }
}

}  // namespace

Rational SegmentGrid::start_time(size_t number) const {
  return Rational(segments[number].first_pts - segments.front().first_pts) * time_base;
}

Result<SegmentGrid> plan_grid(std::span<const int64_t> frame_pts, Rational time_base, const GridOptions& options) {
  if (frame_pts.empty()) return fail(ErrorCode::kInvalidArgument, "there are no pictures to plan segments for");
  if (std::ranges::adjacent_find(frame_pts, std::greater_equal<>()) != frame_pts.end()) {
    return fail(ErrorCode::kInvalidArgument, "the presentation times of the pictures do not rise");
  }
  if (time_base <= Rational(0) || options.frame_rate < Rational(0) || options.frame_rate > kHighestRate) {
    return fail(ErrorCode::kInvalidArgument, "the time base or frame rate is out of range");
  }
  SegmentGrid grid;
  grid.time_base = time_base;
  if (options.variable || options.frame_rate == Rational(0)) {
    grid.nominal_duration = kUsualSegment;
    grid.fragments_per_segment = kFragments;
    cut_by_time(grid, frame_pts);
    return grid;
  }
  const Plan plan = plan_for(options.frame_rate);
  grid.frames_per_segment = plan.frames;
  grid.fragments_per_segment = plan.fragments;
  grid.nominal_duration = Rational(plan.frames) / options.frame_rate;
  cut_by_count(grid, frame_pts);
  return grid;
}

Result<std::vector<int64_t>> audio_points(const SegmentGrid& grid, const AudioDetails& audio) {
  if (grid.segments.empty() || audio.sample_rate < 1 || audio.programme_samples < 1)
    return fail(ErrorCode::kInvalidArgument, "sound can be cut only by a grid and with its length known");
  std::vector<int64_t> points;
  const auto add = [&](Rational seconds) {
    points.push_back(rescale(1, seconds * Rational(audio.sample_rate), Rational(1), Rounding::kDown));
  };
  for (size_t i = 1; i < grid.segments.size(); ++i) add(grid.start_time(i));
  const Rational end(audio.programme_samples, audio.sample_rate);
  Rational point = grid.start_time(grid.segments.size() - 1) + grid.nominal_duration;
  for (; end - point >= grid.nominal_duration / Rational(2); point = point + grid.nominal_duration) add(point);
  return points;
}

std::vector<int64_t> audio_cuts(std::span<const int64_t> points, const AudioDetails& audio) {
  const int64_t frame = audio.frame_samples;
  const int64_t total = (audio.priming_samples + audio.programme_samples + frame - 1) / frame;
  std::vector<int64_t> cuts{0};
  for (const int64_t point : points) {
    const int64_t first = (point + audio.priming_samples) / frame;
    if (first > cuts.back() && first < total) cuts.push_back(first);
  }
  cuts.push_back(total);
  return cuts;
}

}  // namespace pier::packaging
