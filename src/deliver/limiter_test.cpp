#include "limiter.hpp"

#include <cmath>
#include <numbers>

#include <gtest/gtest.h>

namespace pier::deliver {
namespace {

constexpr int kRate = 48000;

media::AudioBlock sine(size_t samples, double hertz, double amplitude, double phase = 0) {
  media::AudioBlock block;
  block.channels.assign(2, std::vector<float>(samples));
  for (size_t i = 0; i < samples; ++i) {
    const double value = amplitude * std::sin(2 * std::numbers::pi * hertz * static_cast<double>(i) / kRate + phase);
    block.channels[0][i] = static_cast<float>(value);
    block.channels[1][i] = static_cast<float>(value / 2);
  }
  return block;
}

media::AudioBlock run(Limiter& limiter, const media::AudioBlock& in, size_t piece) {
  media::AudioBlock out;
  out.channels.resize(in.channels.size());
  const auto append = [&](const media::AudioBlock& block) {
    for (size_t c = 0; c < out.channels.size(); ++c)
      out.channels[c].insert(out.channels[c].end(), block.channels[c].begin(), block.channels[c].end());
  };
  for (size_t at = 0; at < in.samples(); at += piece) {
    media::AudioBlock part;
    for (const auto& channel : in.channels) {
      const size_t end = std::min(at + piece, channel.size());
      part.channels.emplace_back(channel.begin() + static_cast<ptrdiff_t>(at),
                                 channel.begin() + static_cast<ptrdiff_t>(end));
    }
    append(limiter.process(part));
  }
  append(limiter.flush());
  return out;
}

float highest(const std::vector<float>& samples) {
  float peak = 0;
  for (const float sample : samples) peak = std::max(peak, std::abs(sample));
  return peak;
}

TEST(Limiter, WhatIsLowEnoughOnlyGetsItsGain) {
  const media::AudioBlock in = sine(5000, 997, 0.2);
  for (const size_t piece : {1UL, 333UL, 5000UL}) {
    Limiter limiter(2, kRate, 2.0, 0.8);
    const media::AudioBlock out = run(limiter, in, piece);
    ASSERT_EQ(out.samples(), in.samples());
    for (size_t i = 0; i < in.samples(); ++i) ASSERT_FLOAT_EQ(out.channels[1][i], 2 * in.channels[1][i]) << i;
    EXPECT_EQ(limiter.least_gain(), 1);
  }
}

TEST(Limiter, PeaksStayBelowTheCeilingAndChannelsTogether) {
  media::AudioBlock in = sine(48000, 440, 0.5);
  for (size_t i = 20000; i < 20100; ++i) in.channels[0][i] *= 6;
  Limiter limiter(2, kRate, 1.5, 0.7);
  const media::AudioBlock out = run(limiter, in, 1000);
  ASSERT_EQ(out.samples(), in.samples());
  EXPECT_LE(highest(out.channels[0]), 0.7F);
  EXPECT_GT(highest(out.channels[0]), 0.6F);
  EXPECT_LT(limiter.least_gain(), 0.4);
  for (size_t i = 0; i < in.samples(); ++i) {
    if (std::abs(in.channels[1][i]) < 0.01F) continue;
    const float left = out.channels[0][i] / in.channels[0][i], right = out.channels[1][i] / in.channels[1][i];
    ASSERT_NEAR(left, right, 1e-3) << i;
  }
}

TEST(Limiter, PeaksBetweenSamplesCount) {
  // A quarter of the sampling rate at 45 degrees: samples of 0.707 of a wave that reaches 1.
  const media::AudioBlock in = sine(4800, 12000, 1.0, std::numbers::pi / 4);
  EXPECT_LT(highest(in.channels[0]), 0.71F);
  Limiter limiter(2, kRate, 1.0, 0.9);
  const media::AudioBlock out = run(limiter, in, 480);
  EXPECT_NEAR(limiter.least_gain(), 0.9, 0.03);
  EXPECT_NEAR(out.channels[0][2400] / in.channels[0][2400], 0.9, 0.03);
}

TEST(Limiter, TheGainHasNoSteps) {
  media::AudioBlock in = sine(9600, 50, 0.3);
  in.channels[0][5000] = 1.0F;
  Limiter limiter(2, kRate, 1.0, 0.5);
  const media::AudioBlock out = run(limiter, in, 9600);
  double before = 1;
  for (size_t i = 0; i < in.samples(); ++i) {
    if (std::abs(in.channels[1][i]) < 0.01F) continue;
    const double gain = static_cast<double>(out.channels[1][i]) / static_cast<double>(in.channels[1][i]);
    EXPECT_LT(std::abs(gain - before), 0.12) << i;  // over the zero crossings that were left out too
    before = gain;
  }
}

}  // namespace
}  // namespace pier::deliver
