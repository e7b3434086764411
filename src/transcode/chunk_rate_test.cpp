#include "chunk_rate.hpp"

#include <cmath>

#include <gtest/gtest.h>

namespace pier::transcode::impl {
namespace {

constexpr BucketSpec kBucket{10'000'000, 15'000'000, 7'500'000};

ChunkSpec chunk_of(int64_t frames) {
  ChunkSpec chunk;
  chunk.timescale = 50;
  chunk.end_time = frames;
  return chunk;
}

/// An encoder whose sizes halve every `half` steps: 192 pictures, a large one every 48, sums to `bits` at crf 20.
std::vector<UnitSize> encode(double crf, double half, double bits) {
  std::vector<UnitSize> units;
  const double unit = bits * std::exp2((20 - crf) / half) / (4 * 20 + 188);
  for (int64_t i = 0; i < 192; i++) units.push_back({i, std::llround(i % 48 == 0 ? unit * 20 : unit)});
  return units;
}

int64_t sum(const std::vector<UnitSize>& units) {
  int64_t bits = 0;
  for (const UnitSize& unit : units) bits += unit.bits;
  return bits;
}

TEST(ChunkRate, TheEncoderIsGivenNoCap) {
  ChunkSpec chunk = chunk_of(192);
  PlannedRung rung;
  rung.rung.crf = 20;
  rung.bucket = kBucket;
  const auto config = encoder_config(chunk, rung);
  EXPECT_FALSE(config.limits_rate);
  EXPECT_EQ(config.max_bitrate, kBucket.rate);  // for the level
  EXPECT_EQ(config.crf, 20);
}

// Whatever the true relation of size and quality is, a few tries find a quality that fits and is not far too low.
TEST(ChunkRate, AFewTriesFindTheBestQualityThatFits) {
  const ChunkSpec chunk = chunk_of(192);
  for (const auto codec : {media::Codec::kHevc, media::Codec::kAv1}) {
    const double usual = codec == media::Codec::kAv1 ? 9 : 6;
    for (const double half : {usual * 0.8, usual, usual * 1.5}) {
      for (const double bits : {40e6, 60e6, 100e6}) {
        std::vector<Tried> tried;
        double crf = 20;
        std::vector<UnitSize> units = encode(crf, half, bits);
        while (!fits(chunk, kBucket, simulate(kBucket, 50, units, 192)) && tried.size() < kMostTries) {
          tried.push_back({crf, sum(units)});
          const auto next = lower_quality(codec, chunk, kBucket, units, tried);
          ASSERT_TRUE(next);
          EXPECT_GT(*next, crf);
          crf = *next;
          units = encode(crf, half, bits);
        }
        EXPECT_LE(tried.size(), 4U) << half << ' ' << bits;
        // 38.4 Mbit come in while the chunk lasts: what goes out is at least two thirds of that.
        EXPECT_LE(sum(units), 38'400'000);
        EXPECT_GT(sum(units), 38'400'000 * 2 / 3) << half << ' ' << bits << ' ' << crf;
      }
    }
  }
}

// What fits may be too low by far, by a wrong beginning or a relation that is not a line; one more encode makes up for
// it, and is not made for less.
TEST(ChunkRate, WhatIsFarTooLowIsRaised) {
  const ChunkSpec chunk = chunk_of(192);
  PlannedRung rung;
  rung.rung.codec = media::Codec::kHevc;
  rung.rung.crf = 20;
  rung.bucket = kBucket;
  const auto better = [&](std::vector<double> crfs, double bits) {
    std::vector<Tried> tried;
    for (const double crf : crfs) tried.push_back({crf, sum(encode(crf, 4, bits))});
    return better_quality(chunk, rung, encode(crfs.back(), 4, bits), tried);
  };
  const auto raised = better({30}, 60e6);
  ASSERT_TRUE(raised);
  EXPECT_LT(*raised, 28);
  const auto measured = better({20, 30}, 60e6);
  ASSERT_TRUE(measured);
  EXPECT_TRUE(fits(chunk, kBucket, simulate(kBucket, 50, encode(*measured, 4, 60e6), 192)));
  EXPECT_LT(*measured, 24);
  EXPECT_FALSE(better({25}, 60e6)) << "not worth an encode";
  EXPECT_FALSE(better({20, 25, 30}, 60e6)) << "enough encodes";
  EXPECT_FALSE(better({20}, 10e6)) << "the ladder's own";
  EXPECT_EQ(better({24}, 10e6), 20) << "never better than the ladder's";
}

TEST(ChunkRate, TheScaleHasAnEnd) {
  const ChunkSpec chunk = chunk_of(192);
  const auto units = encode(20, 6, 1e10);
  const std::vector<Tried> first{{20, sum(units)}}, last{{51, sum(units)}};
  EXPECT_EQ(lower_quality(media::Codec::kHevc, chunk, kBucket, units, first), 51);
  EXPECT_FALSE(lower_quality(media::Codec::kHevc, chunk, kBucket, units, last));
}

TEST(ChunkRate, NothingFollowsTheLastChunk) {
  ChunkSpec chunk;
  BucketFigures figures;
  figures.end = kBucket.start - 1;
  EXPECT_FALSE(fits(chunk, kBucket, figures));
  chunk.last = true;
  EXPECT_TRUE(fits(chunk, kBucket, figures));
  figures.underflows = 1;
  EXPECT_FALSE(fits(chunk, kBucket, figures));
}

}  // namespace
}  // namespace pier::transcode::impl
