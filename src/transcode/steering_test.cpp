// Which raster and setting a steered rung gets, from planted trials.

#include <cmath>

#include <gtest/gtest.h>

#include <pier/transcode/steering.hpp>

namespace pier::transcode {
namespace {

Rung hevc(const std::string& name, int height, double crf, double quality) {
  Rung rung;
  rung.name = name;
  rung.codec = media::Codec::kHevc;
  rung.height = height;
  rung.preset = "medium";
  rung.crf = crf;
  rung.quality = quality;
  rung.bitrate = 1'000'000;
  rung.max_bitrate = 40'000'000;
  return rung;
}

Ladder ladder_of(std::vector<Rung> rungs) {
  Ladder ladder;
  ladder.name = "test";
  ladder.rasters = {2160, 1080, 540};
  ladder.rungs = std::move(rungs);
  return ladder;
}

/// A plan whose picture rungs are the candidates, `chunks` of 4 s at 50 Hz.
PublishPlan plan_of(const Ladder& ladder, size_t chunks) {
  PublishPlan plan;
  for (const Rung& rung : steering_candidates(ladder, {}).rungs) {
    PlannedRung planned;
    planned.rung = rung;
    planned.picture.width = rung.height * 16 / 9;
    planned.picture.height = rung.height;
    planned.bucket.rate = rung.max_bitrate;
    plan.ladder.rungs.push_back(planned);
  }
  for (size_t i = 0; i < chunks; i++) {
    ChunkSpec chunk;
    chunk.index = static_cast<int>(i);
    chunk.frame_rate = Rational(50);
    chunk.gop_frames = 48;
    chunk.frames.resize(200);
    plan.chunks.push_back(std::move(chunk));
    plan.frames += 200;
  }
  return plan;
}

/// A title: each halving of the raster's side takes a third of the bits at the same setting; quality falls half a dB a
/// step, and is never above what `detail` lets a smaller raster hold.
struct Title {
  double rate_at_20 = 20e6;
  double half = 6;  // steps of crf for half of the bits
  std::vector<double> ceiling{100, 42, 36};
};

std::vector<TrialPoints> trials_of(const Title& title, const PublishPlan& plan) {
  std::vector<TrialPoints> all;
  for (size_t i = 0; i < plan.ladder.rungs.size(); i++) {
    TrialPoints points;
    const double first = plan.ladder.rungs[i].rung.crf;
    for (const double crf : {first, first + 8, first + 16}) {
      const double bits =
          title.rate_at_20 / 50 / std::pow(3, static_cast<double>(i)) * std::exp2((20 - crf) / title.half);
      const double error = std::pow(10, -(46 - 0.5 * (crf - 20)) / 10) + std::pow(10, -title.ceiling[i] / 10);
      points.push_back({crf, bits, bits, -10 * std::log10(error)});
    }
    all.push_back(std::move(points));
  }
  return all;
}

Result<SteeredLadder> steered(const Ladder& ladder, const Title& title) {
  const PublishPlan plan = plan_of(ladder, 1);
  const std::vector<TrialSample> samples{{0, 25, 200}};
  const std::vector<std::vector<TrialPoints>> trials{trials_of(title, plan)};
  return steer(ladder, plan, samples, trials);
}

TEST(SteeringCandidates, ARasterEachWithTheBestSettingOfTheFamily) {
  Rung small = hevc("small", 1080, 18, 34);
  Rung other = hevc("sdr", 1080, 21, 36);
  other.keep_hdr = false;
  const Ladder ladder = ladder_of({hevc("top", 2160, 20, 0), hevc("big", 2160, 22, 40), small, other});
  const Ladder candidates = steering_candidates(ladder, {});
  ASSERT_EQ(candidates.rungs.size(), 5U);
  EXPECT_EQ(candidates.rungs[0].height, 2160);
  EXPECT_EQ(candidates.rungs[2].height, 540);
  EXPECT_EQ(candidates.rungs[0].crf, 18);
  EXPECT_EQ(candidates.rungs[3].height, 1080) << "no SDR rung is larger";
  EXPECT_EQ(candidates.rungs[3].crf, 21);
  EXPECT_TRUE(steering_candidates(ladder_of({hevc("top", 2160, 20, 0)}), {}).rungs.empty());
  const std::vector<std::string> only{"sdr"};
  EXPECT_EQ(steering_candidates(ladder, only).rungs.size(), 2U);
}

TEST(TrialSamples, ATenthOfThePicturesSpreadOverAllChunks) {
  const Ladder ladder = ladder_of({hevc("big", 2160, 20, 40)});
  const auto samples = trial_samples(plan_of(ladder, 30));
  ASSERT_EQ(samples.size(), 24U);
  int64_t all = 0;
  for (const TrialSample& sample : samples) all += sample.stands_for;
  EXPECT_EQ(all, 6000);
  EXPECT_EQ(trial_samples(plan_of(ladder, 1)).size(), 1U);
  PublishPlan rest = plan_of(ladder, 2);
  rest.chunks[1].frames.resize(4);
  rest.frames = 204;
  ASSERT_EQ(trial_samples(rest).size(), 1U);
  EXPECT_EQ(trial_samples(rest)[0].chunk, 0U) << "not the few pictures that are left at the end";
  EXPECT_EQ(trial_samples(rest)[0].pictures, 25U);
  EXPECT_EQ(trial_samples(plan_of(ladder, 400)).size(), 200U);
  PublishPlan brief = plan_of(ladder, 1);
  for (const auto& [frames, tried] : {std::pair{200, 25}, {100, 12}, {60, 10}, {8, 8}}) {
    brief.frames = frames;
    brief.chunks[0].frames.resize(static_cast<size_t>(frames));
    EXPECT_EQ(trial_samples(brief)[0].pictures, static_cast<size_t>(tried)) << frames;
  }
}

TEST(Steering, TheLeastBitsThatReachTheQuality) {
  const Ladder ladder = ladder_of({hevc("high", 2160, 20, 43), hevc("low", 2160, 20, 35)});
  const auto result = steered(ladder, {});
  ASSERT_TRUE(result) << result.error().message;
  ASSERT_EQ(result->rungs.size(), 2U);
  EXPECT_EQ(result->rungs[0].height, 2160) << "no smaller raster holds 43 dB";
  EXPECT_NEAR(result->rungs[0].crf, 26, 0.5);
  EXPECT_NEAR(result->rungs[0].expected, 43, 0.3);
  EXPECT_LT(result->rungs[1].height, 2160) << "a third of the bits";
  EXPECT_GE(result->rungs[1].expected, 34.95);
  EXPECT_EQ(result->ladder.rungs[1].height, result->rungs[1].height);
  EXPECT_EQ(result->ladder.rungs[1].crf, result->rungs[1].crf);
}

TEST(Steering, DetailDecidesTheRaster) {
  const Ladder ladder = ladder_of({hevc("low", 2160, 20, 35)});
  Title detailed, soft;
  detailed.ceiling = {100, 33, 28};
  soft.ceiling = {100, 60, 55};
  const auto large = steered(ladder, detailed), small = steered(ladder, soft);
  ASSERT_TRUE(large && small);
  EXPECT_EQ(large->rungs[0].height, 2160);
  EXPECT_EQ(small->rungs[0].height, 540);
}

TEST(Steering, WhatReachesNoQualityIsTheBestThereIsAndWhatNobodyNeedsIsLeftOut) {
  const Ladder ladder = ladder_of({hevc("top", 2160, 20, 0), hevc("high", 2160, 20, 50), hevc("low", 2160, 20, 36)});
  const auto result = steered(ladder, {});
  ASSERT_TRUE(result);
  ASSERT_EQ(result->left_out.size(), 1U);
  EXPECT_EQ(result->left_out[0].rung, "high") << "50 dB is more than the best setting gives: as the top rung";
  EXPECT_NE(result->left_out[0].reason.find("100 % of the bits of top"), std::string::npos)
      << result->left_out[0].reason;
  ASSERT_EQ(result->ladder.rungs.size(), 2U);
  EXPECT_EQ(result->ladder.rungs[0].crf, 20) << "the top rung is as the ladder says";
}

TEST(Steering, TheCapIsKept) {
  Ladder ladder = ladder_of({hevc("low", 2160, 20, 44)});
  ladder.rungs[0].max_bitrate = 3'000'000;
  const auto result = steered(ladder, {});
  ASSERT_TRUE(result);
  EXPECT_LE(result->rungs[0].expected_rate, 3e6);
  EXPECT_LT(result->rungs[0].expected, 44);
}

TEST(Steering, SamplesCountByWhatTheyStandFor) {
  const Ladder ladder = ladder_of({hevc("low", 2160, 20, 35)});
  const PublishPlan plan = plan_of(ladder, 2);
  Title detailed, soft;
  detailed.ceiling = {100, 33, 28};
  soft.ceiling = {100, 60, 55};
  const std::vector<std::vector<TrialPoints>> trials{trials_of(detailed, plan), trials_of(soft, plan)};
  const std::vector<TrialSample> mostly_detailed{{0, 25, 5000}, {1, 25, 100}}, mostly_soft{{0, 25, 100}, {1, 25, 5000}};
  EXPECT_EQ(steer(ladder, plan, mostly_detailed, trials)->rungs[0].height, 2160);
  EXPECT_EQ(steer(ladder, plan, mostly_soft, trials)->rungs[0].height, 540);
  EXPECT_FALSE(steer(ladder, plan, mostly_soft, std::span(trials).first(1))) << "a sample without a trial";
}

TEST(TrialPoints, SurviveJsonAndRefuseOthers) {
  const TrialPoints points{{20, 1e6, 2e5, 44.25}, {28, 4e5, 7e4, 40}};
  const auto read = trial_points_from_json(to_json(points));
  ASSERT_TRUE(read);
  ASSERT_EQ(read->size(), 2U);
  EXPECT_EQ((*read)[0].quality, 44.25);
  EXPECT_FALSE(trial_points_from_json(json::array{json::array{1, 2, 3}}));
  EXPECT_FALSE(trial_points_from_json(json::array{json::array{1, 2, 3, "x"}}));
  EXPECT_FALSE(trial_points_from_json(json::object()));
}

}  // namespace
}  // namespace pier::transcode
