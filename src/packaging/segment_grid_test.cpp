#include <numeric>
#include <random>

#include <gtest/gtest.h>

#include <pier/packaging/segment_grid.hpp>

namespace pier::packaging {
namespace {

std::vector<int64_t> constant(int64_t count, int64_t step = 1, int64_t first = 0) {
  std::vector<int64_t> pts(static_cast<size_t>(count));
  for (size_t i = 0; i < pts.size(); ++i) pts[i] = first + step * static_cast<int64_t>(i);
  return pts;
}

SegmentGrid grid_of(Rational rate, int64_t frames) {
  auto grid = plan_grid(constant(frames), rate.inverse(), {rate, false});
  EXPECT_TRUE(grid);
  return *grid;
}

// What every grid must keep: all pictures once, in order, in fragments inside segments, none empty.
void check_cover(const SegmentGrid& grid, std::span<const int64_t> pts) {
  int64_t frame = 0;
  size_t fragment = 0;
  for (const SegmentGrid::Segment& segment : grid.segments) {
    ASSERT_EQ(segment.first_frame, frame);
    ASSERT_EQ(segment.first_fragment, fragment);
    ASSERT_GT(segment.fragment_count, 0U);
    ASSERT_EQ(segment.first_pts, pts[static_cast<size_t>(frame)]);
    for (; fragment < segment.first_fragment + segment.fragment_count; ++fragment) {
      ASSERT_LT(fragment, grid.fragments.size());
      ASSERT_EQ(grid.fragments[fragment].first_frame, frame);
      ASSERT_GT(grid.fragments[fragment].frame_count, 0);
      frame += grid.fragments[fragment].frame_count;
    }
    ASSERT_EQ(frame, segment.first_frame + segment.frame_count);
  }
  ASSERT_EQ(frame, static_cast<int64_t>(pts.size()));
  ASSERT_EQ(fragment, grid.fragments.size());
}

TEST(SegmentGrid, RulesOfTheRates) {
  struct Rule {
    Rational rate;
    int64_t frames;
    int fragments;
    Rational seconds;
  };
  const Rule rules[] = {{25, 96, 4, {96, 25}},
                        {50, 192, 4, {96, 25}},
                        {100, 384, 4, {96, 25}},
                        {30, 96, 4, {16, 5}},
                        {60, 192, 4, {16, 5}},
                        {120, 384, 4, {16, 5}},
                        {24, 64, 2, {8, 3}},
                        {48, 128, 2, {8, 3}},
                        {{24000, 1001}, 64, 2, {8008, 3000}},
                        {{30000, 1001}, 96, 4, {16016, 5000}},
                        {{60000, 1001}, 192, 4, {16016, 5000}},
                        {{120000, 1001}, 384, 4, {16016, 5000}},
                        {15, 56, 4, {56, 15}},
                        {{25, 2}, 48, 4, {96, 25}},
                        {10, 40, 4, 4},
                        {1, 4, 4, 4},
                        {{1, 10}, 1, 1, 10}};
  for (const Rule& rule : rules) {
    const SegmentGrid grid = grid_of(rule.rate, rule.frames * 3 + 1);
    EXPECT_EQ(grid.frames_per_segment, rule.frames) << rule.rate.to_string();
    EXPECT_EQ(grid.fragments_per_segment, rule.fragments) << rule.rate.to_string();
    EXPECT_EQ(grid.nominal_duration, rule.seconds) << rule.rate.to_string();
    ASSERT_EQ(grid.segments.size(), 4U) << rule.rate.to_string();
    EXPECT_EQ(grid.segments[3].frame_count, 1);
    EXPECT_EQ(grid.start_time(2), rule.seconds * Rational(2));
    check_cover(grid, constant(rule.frames * 3 + 1));
  }
}

TEST(SegmentGrid, ALongerProgrammeKeepsTheShorterOnesSegments) {
  const SegmentGrid shorter = grid_of(50, 1000), longer = grid_of(50, 1234);
  for (size_t i = 0; i + 1 < shorter.segments.size(); ++i) {
    EXPECT_EQ(shorter.segments[i].first_frame, longer.segments[i].first_frame);
    EXPECT_EQ(shorter.segments[i].frame_count, longer.segments[i].frame_count);
  }
}

TEST(SegmentGrid, TwoPicturesMakeOneSegment) {
  const SegmentGrid grid = grid_of(50, 2);
  ASSERT_EQ(grid.segments.size(), 1U);
  EXPECT_EQ(grid.segments[0].frame_count, 2);
}

TEST(SegmentGrid, VariableTimesSnapToTheNextPicture) {
  // Milliseconds; a pause of ten seconds, then dense pictures.
  const std::vector<int64_t> pts{100, 900, 1060, 1061, 2500, 12'500, 12'600, 15'459, 15'460};
  const auto grid = plan_grid(pts, Rational(1, 1000), {Rational(25), true});
  ASSERT_TRUE(grid);
  check_cover(*grid, pts);
  // Points at 100 + k * 960: 1060, 2020 -> 2500, ... 11620 -> 12500 (points 3 to 12), 12580 -> 12600, 15460.
  std::vector<int64_t> starts;
  for (const auto& fragment : grid->fragments) starts.push_back(pts[static_cast<size_t>(fragment.first_frame)]);
  EXPECT_EQ(starts, (std::vector<int64_t>{100, 1060, 2500, 12'500, 12'600, 15'459, 15'460}));
  ASSERT_EQ(grid->segments.size(), 3U);
  EXPECT_EQ(grid->segments[1].first_pts, 12'500);
  EXPECT_EQ(grid->segments[2].first_pts, 15'460);
  EXPECT_EQ(grid->start_time(2), Rational(15'360, 1000));
}

TEST(SegmentGrid, RandomVariableTimesAreCoveredAndNearTheGrid) {
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    std::vector<int64_t> pts{static_cast<int64_t>(random() % 1000)};
    const auto longest = static_cast<int64_t>(1 + random() % 3000);
    for (int i = 0; i < 300; ++i) pts.push_back(pts.back() + 1 + static_cast<int64_t>(random()) % longest);
    const auto grid = plan_grid(pts, Rational(1, 1000), {Rational(0), true});
    ASSERT_TRUE(grid);
    check_cover(*grid, pts);
    // The oracle: a picture starts a fragment when a grid point lies in (its predecessor, itself].
    std::vector<int64_t> expected{0};
    for (size_t i = 1; i < pts.size(); ++i) {
      const auto point = [&](size_t k) { return (pts[k] - pts[0]) / 960; };
      if (point(i) > point(i - 1)) expected.push_back(static_cast<int64_t>(i));
    }
    ASSERT_EQ(grid->fragments.size(), expected.size());
    for (size_t i = 0; i < expected.size(); ++i) ASSERT_EQ(grid->fragments[i].first_frame, expected[i]);
    for (size_t i = 1; i < grid->segments.size(); ++i) {
      const auto first = static_cast<size_t>(grid->segments[i].first_frame);
      ASSERT_LT((pts[first - 1] - pts[0]) / 3840, (pts[first] - pts[0]) / 3840);
    }
  }
}

TEST(SegmentGrid, BadTablesAreRefused) {
  EXPECT_FALSE(plan_grid({}, Rational(1, 50), {Rational(50), false}));
  EXPECT_FALSE(plan_grid(std::vector<int64_t>{0, 1, 1}, Rational(1, 50), {Rational(50), false}));
  EXPECT_FALSE(plan_grid(std::vector<int64_t>{1, 0}, Rational(1, 50), {Rational(50), false}));
  EXPECT_FALSE(plan_grid(std::vector<int64_t>{0, 1}, Rational(0), {Rational(50), false}));
  EXPECT_FALSE(plan_grid(std::vector<int64_t>{0, 1}, Rational(1, 50), {Rational(-50), false}));
}

AudioDetails aac(int64_t programme) {
  return {48000, 2, 3, 1024, 1024, programme};
}
AudioDetails eac3(int64_t programme) {
  return {48000, 6, 0x3F, 1536, 256, programme};
}

std::vector<int64_t> cuts_of(const SegmentGrid& grid, const AudioDetails& audio) {
  const auto points = audio_points(grid, audio);
  EXPECT_TRUE(points);
  return points ? audio_cuts(*points, audio) : std::vector<int64_t>();
}

TEST(AudioCuts, ExactWhereTheGridDivides) {
  // 11.52 s at 50p: three segments of 180 AAC frames, the first one more for the priming.
  EXPECT_EQ(cuts_of(grid_of(50, 576), aac(552'960)), (std::vector<int64_t>{0, 181, 361, 541}));
  EXPECT_EQ(cuts_of(grid_of(60, 576), aac(460'800)), (std::vector<int64_t>{0, 151, 301, 451}));
  EXPECT_EQ(cuts_of(grid_of(24, 192), aac(384'000)), (std::vector<int64_t>{0, 126, 251, 376}));
  EXPECT_EQ(cuts_of(grid_of(50, 576), eac3(552'960)), (std::vector<int64_t>{0, 120, 240, 361}));
}

TEST(AudioCuts, TheErrorIsCarriedAndNeverGrows) {
  const Rational rate(60000, 1001);
  const int64_t frames = 60 * 60 * 60;  // an hour
  const SegmentGrid grid = grid_of(rate, frames);
  const AudioDetails sound = eac3(rescale(frames * 48000, rate.inverse(), Rational(1)));
  const auto cuts = cuts_of(grid, sound);
  ASSERT_EQ(cuts.size(), grid.segments.size() + 1);
  for (size_t i = 1; i < grid.segments.size(); ++i) {
    const Rational starts(cuts[i] * sound.frame_samples - sound.priming_samples, sound.sample_rate);
    const Rational early = grid.start_time(i) - starts;
    ASSERT_GE(early, Rational(0)) << i;
    ASSERT_LT(early, Rational(sound.frame_samples, sound.sample_rate)) << i;
  }
}

TEST(AudioCuts, SoundShorterOrLongerThanThePictures) {
  const SegmentGrid grid = grid_of(50, 576);  // 3 x 3.84 s
  EXPECT_EQ(cuts_of(grid, aac(100)), (std::vector<int64_t>{0, 2}));
  EXPECT_EQ(cuts_of(grid, aac(48'000 * 5)), (std::vector<int64_t>{0, 181, 236}));
  // 1 s over: stays in the last; 4 s over: one segment more.
  EXPECT_EQ(cuts_of(grid, aac(552'960 + 48'000)).size(), 4U);
  EXPECT_EQ(cuts_of(grid, aac(552'960 + 192'000)), (std::vector<int64_t>{0, 181, 361, 541, 729}));
  EXPECT_FALSE(audio_points(grid, aac(0)));
  EXPECT_FALSE(audio_points(SegmentGrid{}, aac(1000)));
}

}  // namespace
}  // namespace pier::packaging
