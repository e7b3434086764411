#include "body.hpp"

#include <cstdlib>
#include <filesystem>

#include <gtest/gtest.h>
#include <unistd.h>

#include <pier/core/file.hpp>

namespace pier::api::impl {
namespace {

net::Request with(std::string type, std::string body) {
  net::Request request;
  request.headers = {{"content-type", std::move(type)}};
  request.body = std::move(body);
  return request;
}

TEST(Body, OnlyJsonObjectsSaidToBeJson) {
  EXPECT_TRUE(read_object(with("application/json", "{}")));
  EXPECT_TRUE(read_object(with("Application/JSON ; charset=utf-8", "{\"a\":1}")));
  EXPECT_FALSE(read_object(with("text/plain", "{}")));
  EXPECT_FALSE(read_object(with("application/jsonx", "{}")));
  EXPECT_FALSE(read_object(with("application/json", "[]")));
  EXPECT_FALSE(read_object(with("application/json", "{")));
  EXPECT_FALSE(read_object(with("application/json", "")));
  EXPECT_FALSE(read_object(net::Request()));
}

TEST(Body, UnknownMembersAreNamed) {
  const auto refused = refuse_unknown({{"titel", 1}}, {"title"}, "request");
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("\"titel\""), std::string::npos);
  EXPECT_TRUE(refuse_unknown({{"title", 1}}, {"title"}, "request"));
}

class Beneath : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "pier-root-XXXXXX").string();
    path = ::mkdtemp(pattern.data());
    ASSERT_TRUE(make_directories(path + "/root/deep"));
    ASSERT_TRUE(replace_file(path + "/root/deep/a.mov", as_bytes("a")));
    ASSERT_TRUE(replace_file(path + "/secret", as_bytes("s")));
    ASSERT_EQ(::symlink("deep/a.mov", (path + "/root/inside").c_str()), 0);
    ASSERT_EQ(::symlink("../secret", (path + "/root/out").c_str()), 0);
    ASSERT_EQ(::symlink("/etc/passwd", (path + "/root/absolute").c_str()), 0);
    ASSERT_EQ(::symlink("/proc/self/root", (path + "/root/magic").c_str()), 0);
    roots["media"] = path + "/root";
  }
  void TearDown() override { std::filesystem::remove_all(path); }
  ErrorCode refused(const std::string& relative) {
    const auto resolved = resolve_beneath(roots, "media", relative);
    EXPECT_FALSE(resolved) << relative;
    return resolved ? ErrorCode::kInternal : resolved.error().code;
  }
  std::string path;
  std::map<std::string, std::string> roots;
};

TEST_F(Beneath, FilesFoldersAndLinksInside) {
  EXPECT_EQ(resolve_beneath(roots, "media", "deep/a.mov").value(), path + "/root/deep/a.mov");
  EXPECT_EQ(resolve_beneath(roots, "media", "deep/../deep/a.mov").value(), path + "/root/deep/a.mov");
  EXPECT_EQ(resolve_beneath(roots, "media", "inside").value(), path + "/root/deep/a.mov");
  EXPECT_EQ(resolve_beneath(roots, "media", "deep").value(), path + "/root/deep");
}

TEST_F(Beneath, NeverOutside) {
  for (const char* relative :
       {"../secret", "deep/../../secret", "/etc/passwd", "out", "absolute", "magic/etc/passwd"}) {
    EXPECT_EQ(refused(relative), ErrorCode::kPermission) << relative;
  }
}

TEST_F(Beneath, WhatIsNotThere) {
  EXPECT_EQ(refused("nothing.mov"), ErrorCode::kNotFound);
  EXPECT_EQ(resolve_beneath(roots, "other", "a").error().code, ErrorCode::kInvalidArgument);
}

TEST_F(Beneath, NamesAreBytes) {
  const std::string name = "\xB2\xA2\xCA\xD4.mov";
  ASSERT_TRUE(replace_file(path + "/root/" + name, as_bytes("x")));
  EXPECT_EQ(resolve_beneath(roots, "media", name).value(), path + "/root/" + name);
}

}  // namespace
}  // namespace pier::api::impl
