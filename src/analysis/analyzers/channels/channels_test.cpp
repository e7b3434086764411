#include "analyzers/channels/channels.hpp"

#include <cmath>
#include <numbers>
#include <random>

#include <gtest/gtest.h>

#include "test_clip.hpp"

namespace pier::analysis {
namespace {

constexpr int kRate = 8000;

/// One letter a channel: L R C S s full range (C loudest), e an effects channel of 40 to 80 Hz, . silent.
Outcome listen(const std::string& order, uint64_t mask = 0x3F, int seconds = 12) {
  ChannelsAnalyzer analyzer({.video = std::nullopt,
                             .audio = {{.stream_index = 1,
                                        .sample_rate = kRate,
                                        .channels = static_cast<int>(order.size()),
                                        .channel_mask = mask}}});
  std::mt19937 random(3);
  std::normal_distribution<float> noise(0, 0.05F);
  for (int64_t second = 0; second < seconds; ++second) {
    media::AudioBlock block{.pts = second * kRate, .sample_rate = kRate, .channel_mask = mask, .channels = {}};
    for (const char what : order) {
      auto& samples = block.channels.emplace_back();
      for (int64_t i = 0; i < kRate; ++i) {
        const double t = static_cast<double>(second * kRate + i) / kRate * 2 * std::numbers::pi;
        const auto low = static_cast<float>(0.05 * std::sin(40 * t) + 0.05 * std::sin(80 * t));
        samples.push_back(what == '.' ? 0.0F : what == 'e' ? low : noise(random) * (what == 'C' ? 2.0F : 1.0F));
      }
    }
    analyzer.hear(1, block);
  }
  return analyzer.finish();
}

std::string order_of(const Outcome& outcome) {
  return std::string(outcome.measures.at("surround").as_array().at(0).at("likely_order").as_string());
}

TEST(Channels, TheDeclaredOrderIsQuiet) {
  const auto outcome = listen("LRCeSs");
  EXPECT_TRUE(outcome.findings.empty());
  EXPECT_EQ(order_of(outcome), "smpte");
  const auto& measures = outcome.measures.at("surround").as_array().at(0);
  EXPECT_GT(measures.at("share_below_160_hz").as_array()[3].as_double(), 0.95);
  EXPECT_LT(measures.at("share_below_160_hz").as_array()[2].as_double(), 0.1);
  EXPECT_NEAR(measures.at("rms_dbfs").as_array()[2].as_double(), -20, 0.3);
  EXPECT_TRUE(listen("LRCeSs", 0x60F).findings.empty());
}

TEST(Channels, FilmOrderAndLfeLastAreFound) {
  const auto film = listen("LCRSse");
  ASSERT_EQ(film.findings.size(), 1U);
  EXPECT_EQ(film.findings[0].kind, "channels.order");
  EXPECT_EQ(film.findings[0].measures.at("lfe_like_channel").as_int64(), 6);
  EXPECT_EQ(order_of(film), "film");
  const auto last = listen("LRSsCe");
  ASSERT_EQ(last.findings.size(), 1U);
  EXPECT_EQ(order_of(last), "lfe_last");
  EXPECT_EQ(order_of(listen("eLRCSs")), "other");
}

TEST(Channels, WeakEvidenceIsNoFinding) {
  EXPECT_TRUE(listen("LRC.Ss").findings.empty());  // silent LFE
  EXPECT_EQ(order_of(listen("LRC.Ss")), "unknown");
  EXPECT_TRUE(listen("LRC.se").findings.empty());           // nothing where the LFE should be
  EXPECT_TRUE(listen("LRCSee").findings.empty());           // two alike
  EXPECT_TRUE(listen("LCRSse", 0x3F, 9).findings.empty());  // too short
}

TEST(Channels, OtherLayoutsAreNotJudged) {
  const auto outcome = listen("Le", 3);
  EXPECT_TRUE(outcome.findings.empty());
  EXPECT_TRUE(outcome.measures.at("surround").as_array().empty());
}

}  // namespace
}  // namespace pier::analysis
