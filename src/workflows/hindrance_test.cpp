#include "hindrance.hpp"

#include <filesystem>

#include <gtest/gtest.h>

namespace pier::workflows::impl {
namespace {

TEST(Hindrance, RoomIsWantedTwiceAndSeenWhenItIsThere) {
  Hindrance hindrance(std::filesystem::temp_directory_path().string());
  EXPECT_EQ(hindrance.note(), "");
  const uint64_t free = hindrance.free_bytes();
  ASSERT_GT(free, 1U << 20U);
  hindrance.no_room(free);
  const std::string note = hindrance.note();
  EXPECT_NE(note.find("no room in " + std::filesystem::temp_directory_path().string()), std::string::npos) << note;
  EXPECT_NE(note.find("free, has "), std::string::npos) << note;
  EXPECT_NE(hindrance.note(), "") << "it stays until there is room";
  Hindrance other(std::filesystem::temp_directory_path().string());
  other.no_room(0);
  EXPECT_EQ(other.note().empty(), free >= (64U << 20U)) << "a little is enough where there was none";
}

TEST(Hindrance, RefusalsPass) {
  Hindrance hindrance("/");
  hindrance.refuse("job_a", 1'000);
  hindrance.refuse("job_b", 2'000);
  EXPECT_EQ(hindrance.refused(999), (std::vector<std::string>{"job_a", "job_b"}));
  EXPECT_EQ(hindrance.refused(1'000), std::vector<std::string>{"job_b"});
  EXPECT_TRUE(hindrance.refused(2'000).empty());
}

}  // namespace
}  // namespace pier::workflows::impl
