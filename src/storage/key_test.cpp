#include <gtest/gtest.h>

#include <pier/storage/key.hpp>

namespace pier::storage {
namespace {

const std::string kUuid = "0198c2f0a1b27c3d8e4f5a6b7c8d9e0f";

TEST(Key, GoesThereAndBack) {
  const std::string text = "default/track/" + kUuid + "-12";
  const auto key = parse_key(text);
  ASSERT_TRUE(key) << key.error().message;
  EXPECT_EQ(key->organisation, "default");
  EXPECT_EQ(key->kind, "track");
  EXPECT_EQ(key->uuid, kUuid);
  EXPECT_EQ(key->attempt, 12U);
  EXPECT_EQ(to_string(*key), text);
}

TEST(Key, NewKeysParseAndDiffer) {
  const auto one = new_key("default", "chunk");
  const auto two = new_key("default", "chunk", 7);
  ASSERT_TRUE(one && two);
  EXPECT_NE(one->uuid, two->uuid);
  EXPECT_EQ(one->attempt, 1U);
  EXPECT_EQ(two->attempt, 7U);
  EXPECT_EQ(parse_key(to_string(*two)), *two);
  EXPECT_LT(to_string(*one), to_string(*two));
}

TEST(Key, RefusesWhatCouldLeaveItsPlace) {
  const std::string bad[] = {
      "",
      "default",
      "default/track",
      "default/track/" + kUuid,          // no attempt
      "default/track/" + kUuid + "-0",   // attempts count from 1
      "default/track/" + kUuid + "-01",  // a second spelling
      "default/track/" + kUuid + "--1",
      "default/track/" + kUuid + "-4294967296",  // beyond 32 bits
      "default/track/" + kUuid + "-1/",
      "default/track/" + kUuid + "-1/x",
      "/default/track/" + kUuid + "-1",
      "../track/" + kUuid + "-1",
      "default/../" + kUuid + "-1",
      "default/./" + kUuid + "-1",
      "Default/track/" + kUuid + "-1",
      "-x/track/" + kUuid + "-1",
      "default/9track/" + kUuid + "-1",
      "default/tr ack/" + kUuid + "-1",
      "default/track/" + kUuid.substr(1) + "-1",
      "default/track/0198c2f0a1b24c3d8e4f5a6b7c8d9e0f-1",  // version 4
      "default/track/0198c2f0a1b27c3dce4f5a6b7c8d9e0f-1",  // other variant
      "default/track/0198C2F0a1b27c3d8e4f5a6b7c8d9e0f-1",  // upper case
      std::string("default/track\0x/", 16) + kUuid + "-1",
      std::string(65, 'a') + "/track/" + kUuid + "-1",
      "default/" + std::string(33, 'a') + "/" + kUuid + "-1",
      "default/\xE8\xBD\xA8/" + kUuid + "-1",
  };
  for (const std::string& text : bad) {
    const auto key = parse_key(text);
    ASSERT_FALSE(key) << text;
    EXPECT_EQ(key.error().code, ErrorCode::kInvalidArgument);
  }
  EXPECT_FALSE(new_key("a/b", "track"));
  EXPECT_FALSE(new_key("default", ".."));
  EXPECT_FALSE(new_key("default", "track", 0));
  EXPECT_TRUE(parse_key(std::string(64, 'a') + "/" + std::string(32, 'b') + "/" + kUuid + "-4294967295"));
}

}  // namespace
}  // namespace pier::storage
