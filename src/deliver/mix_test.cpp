#include <gtest/gtest.h>

#include <pier/deliver/mix.hpp>

namespace pier::deliver {
namespace {

TEST(Mix, DownToStereoByBt775) {
  const auto mix = mix_of("5.1", "stereo", {});
  ASSERT_TRUE(mix);
  EXPECT_EQ(*mix, (Mix{{1, 0, 0.70710678, 0, 0.70710678, 0}, {0, 1, 0.70710678, 0, 0, 0.70710678}}));
  const auto stated = mix_of("5.1", "stereo", {.centre = 0.5, .surround = 0.25, .lfe = 0.1});
  EXPECT_EQ((*stated)[1], (std::vector<double>{0, 1, 0.5, 0.1, 0, 0.25}));
}

TEST(Mix, SevenGoesThroughFive) {
  const auto mix = mix_of("7.1", "stereo", {});
  ASSERT_TRUE(mix);
  ASSERT_EQ((*mix)[0].size(), 8U);
  EXPECT_NEAR((*mix)[0][4], 0.5, 1e-6);
  EXPECT_NEAR((*mix)[0][6], 0.5, 1e-6);
  EXPECT_EQ((*mix)[0][5], 0);
}

TEST(Mix, NothingIsMadeUp) {
  EXPECT_FALSE(mix_of("stereo", "5.1", {}));
  EXPECT_FALSE(mix_of("5.1", "7.1", {}));
  EXPECT_FALSE(mix_of("quadro", "stereo", {}));
}

TEST(Mix, MonoKeepsItsPowerInStereo) {
  const auto mix = mix_of("mono", "stereo", {});
  media::AudioBlock block;
  block.channels = {{9, 9}, {1, -0.5F}};
  const media::AudioBlock out = mixed(block, 1, *mix);
  ASSERT_EQ(out.channels.size(), 2U);
  EXPECT_FLOAT_EQ(out.channels[0][0] * out.channels[0][0] + out.channels[1][0] * out.channels[1][0], 1);
  EXPECT_EQ(out.channels[0], out.channels[1]);
}

}  // namespace
}  // namespace pier::deliver
