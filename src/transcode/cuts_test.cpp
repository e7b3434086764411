#include "cuts.hpp"

#include <algorithm>
#include <numeric>
#include <random>

#include <gtest/gtest.h>

namespace pier::transcode::impl {
namespace {

constexpr int64_t kTick = 1000;  // of 50000 a second: 50 pictures a second, segments of 192

std::vector<int64_t> times_of(int64_t frames) {
  std::vector<int64_t> times(static_cast<size_t>(frames));
  for (size_t i = 0; i < times.size(); i++) times[i] = static_cast<int64_t>(i) * kTick;
  return times;
}

packaging::SegmentGrid grid_of(const std::vector<int64_t>& times) {
  return *packaging::plan_grid(times, Rational(1, 50000), {Rational(50), false});
}

Shot cut(int64_t first, int64_t end) {
  return {first * kTick, end * kTick, true};
}

TEST(Cuts, AShortProgrammeIsCutAtEveryPointOfTheGrid) {
  const auto times = times_of(192 * static_cast<int64_t>(kFewSegments));
  const std::vector<int64_t> boundaries{100 * kTick, 1000 * kTick};
  const auto starts = chunk_starts(grid_of(times), boundaries);
  ASSERT_EQ(starts.size(), kFewSegments);
  for (size_t i = 0; i < starts.size(); i++) EXPECT_EQ(starts[i], i);
}

TEST(Cuts, ChunksBeginAtTheGridPointNearestToAShot) {
  const size_t segments = kFewSegments + 2;
  const auto times = times_of(192 * static_cast<int64_t>(segments));
  const auto grid = grid_of(times);
  std::vector<size_t> even;
  for (size_t start = 0; start < segments; start += kUsualSegments) even.push_back(start);
  EXPECT_EQ(chunk_starts(grid, {}), even);
  // A shot begins 40 frames after point 5 and 90 before point 9; one lies at point 12 itself, beside another at 13.
  const std::vector<int64_t> boundaries{(5 * 192 + 40) * kTick, (9 * 192 - 90) * kTick, 12 * 192 * kTick,
                                        (13 * 192 - 1) * kTick};
  std::vector<size_t> moved = even;
  moved[2] = 5;
  moved[4] = 9;
  EXPECT_EQ(chunk_starts(grid, boundaries), moved);
}

TEST(Cuts, AShotThatMovesTakesNoOtherBoundaryWithIt) {
  constexpr int64_t kSegments = 2 * kFewSegments;
  const auto times = times_of(192 * kSegments);
  const auto grid = grid_of(times);
  std::mt19937 random(4);
  std::vector<int64_t> boundaries;
  for (int64_t at = 0; at < 192 * kSegments;)
    boundaries.push_back((at += 20 + static_cast<int64_t>(random() % 400)) * kTick);
  const auto before = chunk_starts(grid, boundaries);
  auto moved = boundaries;
  moved[moved.size() / 2] += 60 * kTick;
  const auto after = chunk_starts(grid, moved);
  ASSERT_EQ(before.size(), after.size());
  int differ = 0;
  for (size_t i = 0; i < before.size(); i++) differ += before[i] != after[i];
  EXPECT_LE(differ, 2);
}

TEST(Cuts, ChunksStayBoundedInNumberAndLength) {
  std::mt19937 random(7);
  for (const int64_t segments : {1, 2, 101, 399, 801, 1999}) {
    std::vector<int64_t> times(static_cast<size_t>(segments * 4));  // one picture a second: four a segment
    std::iota(times.begin(), times.end(), 0);
    const auto grid = *packaging::plan_grid(times, Rational(1), {Rational(1), false});
    std::vector<int64_t> boundaries;
    for (int64_t at = 0; at < segments * 4;) boundaries.push_back(at += 1 + static_cast<int64_t>(random() % 9));
    const auto starts = chunk_starts(grid, boundaries);
    EXPECT_LE(starts.size(), kMostChunks);
    const size_t step = std::max<size_t>(kUsualSegments, (grid.segments.size() + kMostChunks - 1) / kMostChunks);
    for (size_t i = 0; i < starts.size(); i++) {
      const size_t end = i + 1 < starts.size() ? starts[i + 1] : grid.segments.size();
      ASSERT_GT(end, starts[i]);
      EXPECT_LE(end - starts[i], 2 * step - 1 + step / 2);
    }
  }
}

TEST(Cuts, HardCutsBecomeKeyPictures) {
  const auto times = times_of(192 * 4);
  const auto grid = grid_of(times);  // key pictures every 48
  const std::vector<Shot> shots{cut(72, 300), cut(300, 500), {500 * kTick, 700 * kTick, false}, cut(700, 768)};
  EXPECT_EQ(cut_keys(grid, times, shots), (std::vector<size_t>{72, 300, 700}));
}

TEST(Cuts, FlashesAndCutsBesideAKeyPictureBecomeNone) {
  const auto times = times_of(192 * 4);
  const auto grid = grid_of(times);
  const std::vector<Shot> shots{
      cut(20, 39),    // 0.38 s
      cut(39, 57),    // too near to 48
      cut(57, 90),    // the same
      cut(96, 120),   // on a key picture of the grid
      cut(120, 140),  // 0.4 s: just long enough
      cut(140, 192),  // too near to 144
  };
  EXPECT_EQ(cut_keys(grid, times, shots), std::vector<size_t>{120});
}

analysis::AnalysisResult analysed(const char* measures) {
  analysis::AnalysisResult result;
  result.frames.time_base = Rational(1, 90000);
  result.measures = parse_json(measures)->as_object();
  return result;
}

TEST(Cuts, ShotsAreReadFromTheAnalysis) {
  const auto shots = shots_of(analysed(
      R"({"shots": {"columns": ["first_frame", "start_seconds", "end_seconds", "keyframe", "begins_with", "max_nits_99_99"],
          "list": [[0, 0.2, 0.6, 4, "start", 90], [10, 0.6, 1.0, 14, "cut", 812.5], [20, 1.0, 1.8, 30, "dissolve", 3]]}})"));
  ASSERT_EQ(shots.size(), 3U);
  EXPECT_TRUE(shots[0].first);
  EXPECT_FALSE(shots[0].cut);
  EXPECT_EQ(shots[1].pts, 54000);
  EXPECT_EQ(shots[1].end_pts, 90000);
  EXPECT_TRUE(shots[1].cut);
  EXPECT_EQ(shots[1].nits, 812.5);
  EXPECT_FALSE(shots[2].cut);
  EXPECT_TRUE(shots_of(analysed("{}")).empty());
  EXPECT_TRUE(shots_of(analysed(R"({"shots": {"columns": ["start_seconds"], "list": [[1], "x"]}})")).empty());
}

TEST(Cuts, ComplexityIsTheMastersOwnRate) {
  const auto result = analysed(
      R"({"bitrate": {"streams": [{"stream": 1, "average_kbps": 9.0, "timeline_step_seconds": 1.0, "timeline_kbps": [9.0]},
          {"stream": 0, "average_kbps": 100.0, "timeline_step_seconds": 1.0,
           "timeline_kbps": [50.0, 70.0, 120.0, 900.0]}]}})");
  EXPECT_DOUBLE_EQ(complexity(result, 0, Rational(0), Rational(19, 10)), 0.6);
  EXPECT_DOUBLE_EQ(complexity(result, 0, Rational(2), Rational(29, 10)), 1.2);
  EXPECT_DOUBLE_EQ(complexity(result, 0, Rational(3), Rational(8)), 2.0);  // no more than twice
  EXPECT_DOUBLE_EQ(complexity(result, 2, Rational(0), Rational(1)), 1.0);  // not measured
  EXPECT_DOUBLE_EQ(complexity(analysed("{}"), 0, Rational(0), Rational(1)), 1.0);
}

}  // namespace
}  // namespace pier::transcode::impl
