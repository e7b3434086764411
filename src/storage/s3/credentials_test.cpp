#include "s3/credentials.hpp"

#include <cstdlib>
#include <fstream>

#include <gtest/gtest.h>

#include "scratch.hpp"

namespace pier::storage::impl {
namespace {

const std::string kFile = R"(# comment
[default]
aws_access_key_id = KEY1
aws_secret_access_key=hush1+/=

[ other ]
aws_access_key_id=KEY2
aws_secret_access_key = hush2
aws_session_token = token
unknown = x
)";

TEST(Credentials, ProfilesOfAFile) {
  const auto first = parse_credentials(kFile, "default");
  ASSERT_TRUE(first);
  EXPECT_EQ(first->access_key, "KEY1");
  EXPECT_EQ(first->secret_key, "hush1+/=");
  EXPECT_EQ(first->session_token, "");
  const auto other = parse_credentials(kFile, "other");
  ASSERT_TRUE(other);
  EXPECT_EQ(other->secret_key, "hush2");
  EXPECT_EQ(other->session_token, "token");
  EXPECT_EQ(parse_credentials(kFile, "none").error().code, ErrorCode::kUnauthenticated);
  EXPECT_EQ(parse_credentials("", "default").error().code, ErrorCode::kUnauthenticated);
}

TEST(Credentials, WhatWouldBreakAHeaderIsRefusedWithoutBeingRepeated) {
  const auto bad = parse_credentials("[default]\naws_access_key_id=K\naws_secret_access_key=hush hush\n", "default");
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().message.find("hush"), std::string::npos);
}

/// Runs in a child: the environment of the other tests stays as it is.
void expect_found(const std::string& setup_file, bool environment, const std::string& wanted) {
  for (const char* name : {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "HOME"}) {
    ::unsetenv(name);
  }
  ::setenv("AWS_SHARED_CREDENTIALS_FILE", setup_file.c_str(), 1);
  if (environment) {
    ::setenv("AWS_ACCESS_KEY_ID", "ENVKEY", 1);
    ::setenv("AWS_SECRET_ACCESS_KEY", "hush", 1);
  }
  const auto found = find_credentials();
  const std::string got = found ? found->access_key : std::string(to_string(found.error().code));
  std::exit(got == wanted ? 0 : 1);
}

TEST(Credentials, TheEnvironmentGoesBeforeTheFile) {
  const test::Scratch scratch;
  const std::string path = scratch.path() + "/credentials";
  std::ofstream(path) << kFile;
  EXPECT_EXIT(expect_found(path, true, "ENVKEY"), testing::ExitedWithCode(0), "");
  EXPECT_EXIT(expect_found(path, false, "KEY1"), testing::ExitedWithCode(0), "");
  EXPECT_EXIT(expect_found(scratch.path() + "/none", false, "not_found"), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace pier::storage::impl
