#include "s3/store_url.hpp"

#include <gtest/gtest.h>

namespace pier::storage::impl {
namespace {

TEST(StoreUrl, PathStyleAtAnEndpoint) {
  const auto place = parse_s3_url("s3://media-1/pier/%E6%A0%88/?endpoint=http://127.0.0.1:7480&region=cn-north-1");
  ASSERT_TRUE(place) << place.error().message;
  EXPECT_EQ(place->bucket, "media-1");
  EXPECT_EQ(place->prefix, "pier/栈/");
  EXPECT_EQ(place->region, "cn-north-1");
  EXPECT_EQ(place->url(), "http://127.0.0.1:7480");
  EXPECT_EQ(place->path(place->prefix + "a b"), "/media-1/pier/%E6%A0%88/a%20b");
  EXPECT_EQ(place->path(""), "/media-1");
  EXPECT_EQ(place->describe(), "S3 bucket media-1 at http://127.0.0.1:7480, prefix pier/栈/");
}

TEST(StoreUrl, AmazonByRegion) {
  const auto place = parse_s3_url("s3://media?region=eu-west-1");
  ASSERT_TRUE(place) << place.error().message;
  EXPECT_EQ(place->url(), "https://media.s3.eu-west-1.amazonaws.com");
  EXPECT_EQ(place->path("x"), "/x");
  EXPECT_EQ(place->path(""), "/");
  EXPECT_EQ(parse_s3_url("s3://a.b.c")->url(), "https://s3.us-east-1.amazonaws.com");
  EXPECT_EQ(parse_s3_url("s3://abc?style=virtual&endpoint=https://[::1]:443/")->url(), "https://abc.[::1]");
  EXPECT_EQ(parse_s3_url("s3://abc?style=path")->path("k"), "/abc/k");
  EXPECT_EQ(parse_s3_url("s3://abc?endpoint=http%3A%2F%2Fh%3A80")->url(), "http://h");
}

TEST(StoreUrl, RefusesTheRest) {
  for (const char* bad : {
           "",
           "s3:",
           "s3://",
           "s3://ab",
           "s3:///x",
           "S3://bucket",
           "/srv/objects",
           "s3://Bucket",
           "s3://bucket-/x",
           "s3://a..b",
           "s3://bucket/%zz",
           "s3://bucket/%ff",
           "s3://bucket/a//b",
           "s3://bucket/../x",
           "s3://bucket/a/.",
           "s3://bucket/a%00b",
           "s3://bucket#x",
           "s3://bucket?endpoint",
           "s3://bucket?endpoint=",
           "s3://bucket?endpoint=ftp://h",
           "s3://bucket?endpoint=http://",
           "s3://bucket?endpoint=http://h:0",
           "s3://bucket?endpoint=http://h:99999",
           "s3://bucket?endpoint=http://h:80x",
           "s3://bucket?endpoint=http://h/p",
           "s3://bucket?endpoint=http://h%0d%0aX:1",
           "s3://bucket?endpoint=http://u:p@h",
           "s3://bucket?region=a/b",
           "s3://bucket?style=other",
           "s3://bucket?secret=abc",
       }) {
    const auto place = parse_s3_url(bad);
    ASSERT_FALSE(place) << bad;
    EXPECT_EQ(place.error().code, ErrorCode::kInvalidArgument) << bad;
  }
}

TEST(StoreUrl, NeverRepeatsAPassword) {
  for (const char* url :
       {"s3://key:hush@bucket/x", "s3://bucket?secret_key=hush", "s3://bucket?endpoint=http://k:hush@h"}) {
    const auto place = parse_s3_url(url);
    ASSERT_FALSE(place) << url;
    EXPECT_EQ(place.error().message.find("hush"), std::string::npos) << place.error().message;
    EXPECT_TRUE(place.error().detail.empty());
  }
}

}  // namespace
}  // namespace pier::storage::impl
