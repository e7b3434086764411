// What samples are taken, and what chunks begin with by them.

#include <cmath>

#include <gtest/gtest.h>

#include <pier/transcode/calibrate.hpp>

namespace pier::transcode {
namespace {

PublishPlan plan_of(int64_t seconds, int64_t chunk_seconds) {
  PublishPlan plan;
  plan.timescale = 50;
  plan.duration = seconds * 50;
  plan.frames = plan.duration;
  for (int64_t start = 0; start < plan.duration; start += chunk_seconds * 50) {
    ChunkSpec chunk;
    chunk.timescale = 50;
    chunk.end_time = std::min(plan.duration, start + chunk_seconds * 50);
    for (int64_t time = start; time < chunk.end_time; time++)
      chunk.frames.push_back({time, 0, time, (time - start) % 100 == 0});
    plan.chunks.push_back(std::move(chunk));
  }
  plan.chunks.back().last = true;
  return plan;
}

TEST(CalibrationSamples, OneAMinuteInItsMiddle) {
  const PublishPlan plan = plan_of(300, 4);
  const auto samples = calibration_samples(plan);
  ASSERT_EQ(samples.size(), 5U);
  for (size_t i = 0; i < samples.size(); i++) {
    EXPECT_EQ(samples[i].chunk, i * 15 + 7) << "30 s into each minute";
    EXPECT_EQ(samples[i].pictures, 49U) << "about 1.6 % of a minute";
  }
  EXPECT_EQ(nearest_sample(samples, 0), 0U);
  EXPECT_EQ(nearest_sample(samples, 14), 0U);
  EXPECT_EQ(nearest_sample(samples, 15), 1U);
  EXPECT_EQ(nearest_sample(samples, 74), 4U);
}

TEST(CalibrationSamples, AShortProgrammeHasOneAndAVeryShortOneNone) {
  const auto samples = calibration_samples(plan_of(12, 4));
  ASSERT_EQ(samples.size(), 1U);
  EXPECT_EQ(samples[0].chunk, 1U);
  EXPECT_EQ(samples[0].pictures, 33U);
  EXPECT_TRUE(calibration_samples(plan_of(8, 4)).empty());
}

TEST(CalibrationSamples, TheMasterTellsHowHardAChunkIs) {
  PublishPlan plan = plan_of(12, 4);
  analysis::PacketTable packets;
  for (ChunkSpec& chunk : plan.chunks) {
    const size_t number = static_cast<size_t>(&chunk - plan.chunks.data());
    for (PlannedFrame& frame : chunk.frames) {
      frame.source_pts = frame.time;
      const bool key = frame.time % 70 == 0;
      packets.pictures.push_back({frame.time, key, {}, key ? 90'000U : number == 2 ? 4'000U : 2'000U});
    }
    chunk.end_pts = chunk.end_time;
  }
  const auto harder = [&](size_t chunk) { return times_as_hard(packets, plan.chunks[chunk], plan.chunks[1], 17); };
  EXPECT_DOUBLE_EQ(harder(0), 1) << "key pictures of the master lie anywhere";
  EXPECT_NEAR(harder(2), 1.74, 0.01) << "a little less than twice";
  for (analysis::PacketRecord& record : packets.pictures) record.bytes = 0;
  EXPECT_DOUBLE_EQ(harder(2), 1) << "a table without sizes";
  EXPECT_DOUBLE_EQ(times_as_hard({}, plan.chunks[2], plan.chunks[1], 17), 1);
}

/// An encoder whose sizes halve every `half` steps of quality; `bits` a second at crf 20, a fifth of them in the key
/// picture of two seconds.
QualityPoint coded(double crf, double half, double bits) {
  const double share = std::exp2((20 - crf) / half);
  return {crf, 0.4 * bits * share, 1.6 * bits / 99 * share};
}

PlannedRung hevc() {
  PlannedRung rung;
  rung.rung.codec = media::Codec::kHevc;
  rung.rung.crf = 20;
  rung.bucket = {10'000'000, 15'000'000, 7'500'000};
  return rung;
}

TEST(FirstQuality, WithRoomItIsTheLadders) {
  const ChunkSpec chunk = plan_of(12, 4).chunks[1];
  EXPECT_EQ(first_quality(chunk, hevc(), {}, 1), 20);
  EXPECT_EQ(first_quality(chunk, hevc(), {coded(20, 6, 9e6)}, 1), 20);
  EXPECT_GT(first_quality(chunk, hevc(), {coded(20, 6, 9e6)}, 2), 24) << "a chunk twice as hard as the sample";
}

// The second point tells the relation: what comes out fits, and is at most a twelfth below what would.
TEST(FirstQuality, TwoPointsTellWhatFits) {
  const ChunkSpec chunk = plan_of(12, 4).chunks[1];
  for (const double half : {4.0, 6.0, 7.5}) {
    for (const double bits : {12e6, 20e6, 45e6}) {
      QualityPoints points{coded(20, half, bits)};
      points.push_back(coded(first_quality(chunk, hevc(), points, 1), half, bits));
      const double crf = first_quality(chunk, hevc(), points, 1);
      const double rate = bits * std::exp2((20 - crf) / half);
      EXPECT_LE(rate, 10e6) << half << ' ' << bits;
      EXPECT_GE(rate, 10e6 * 11 / 12) << half << ' ' << bits;
    }
  }
}

TEST(FirstQuality, PointsSurviveBeingStored) {
  const QualityPoints points{{20, 4e6, 1.5e5}, {26.5, 2e6, 7.25e4}};
  const auto read = quality_points_from_json(to_json(points));
  ASSERT_TRUE(read);
  ASSERT_EQ(read->size(), 2U);
  EXPECT_EQ((*read)[1].crf, 26.5);
  EXPECT_EQ((*read)[1].other_bits, 7.25e4);
  EXPECT_FALSE(quality_points_from_json(json::array{json::array{20, 1}}));
  EXPECT_FALSE(quality_points_from_json(json::array{json::array{20, 1, "2"}}));
}

}  // namespace
}  // namespace pier::transcode
