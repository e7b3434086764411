#include <algorithm>
#include <set>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <pier/core/clock.hpp>
#include <pier/core/id.hpp>

namespace pier {
namespace {

TEST(IdTest, IsUuidVersion7) {
  const WallTime before = Clock::system().now() / 1000;
  const std::string id = new_uuid7();
  const WallTime after = Clock::system().now() / 1000;
  ASSERT_EQ(id.size(), 32U);
  EXPECT_EQ(id[12], '7');
  EXPECT_NE(std::string_view("89ab").find(id[16]), std::string_view::npos);
  const int64_t stamp = std::stoll(id.substr(0, 12), nullptr, 16);
  EXPECT_GE(stamp, before);
  EXPECT_LE(stamp, after + 1000);  // the counter may run ahead of the clock
}

TEST(IdTest, GrowsInEveryThreadAndNeverRepeats) {
  constexpr size_t kThreads = 4;
  constexpr size_t kEach = 20000;
  std::vector<std::vector<std::string>> made(kThreads);
  {
    std::vector<std::jthread> threads;
    for (auto& ids : made) {
      threads.emplace_back([&ids] {
        for (size_t i = 0; i < kEach; ++i) ids.push_back(new_uuid7());
      });
    }
  }
  std::set<std::string> stamps;  // the ordered part alone, without the random one
  for (const auto& ids : made) {
    EXPECT_EQ(std::adjacent_find(ids.begin(), ids.end(), std::greater_equal<>()), ids.end());
    for (const std::string& id : ids) stamps.insert(id.substr(0, 16));
  }
  EXPECT_EQ(stamps.size(), kThreads * kEach);
}

TEST(IdTest, PrefixIsChecked) {
  const std::string id = new_id("ast");
  EXPECT_TRUE(id.starts_with("ast_"));
  EXPECT_TRUE(is_id("ast", id));
  EXPECT_FALSE(is_id("trk", id));
  EXPECT_FALSE(is_id("as", id));
  EXPECT_FALSE(is_id("ast", id.substr(0, id.size() - 1)));
  EXPECT_FALSE(is_id("ast", id + "0"));
  EXPECT_FALSE(is_id("ast", "ast_" + std::string(32, 'g')));
  EXPECT_FALSE(is_id("ast", "ast_" + std::string(32, 'A')));
  EXPECT_FALSE(is_id("ast", "ast-" + std::string(32, 'a')));
  EXPECT_FALSE(is_id("ast", "ast_../../../../../../../../../../etc"));
  EXPECT_FALSE(is_id("ast", ""));
}

}  // namespace
}  // namespace pier
