#include <random>

#include <gtest/gtest.h>

#include <pier/net/byte_range.hpp>

namespace pier::net {
namespace {

const std::string kTag = "\"abc\"";

Request with(Headers headers) {
  Request request;
  request.method = "GET";
  request.headers = std::move(headers);
  return request;
}

Response apply(Headers headers) {
  return apply_conditions(with(std::move(headers)), text_response(200, "text/plain", "0123456789"), kTag);
}

TEST(ByteRange, Forms) {
  const auto part = [](std::string_view header) { return choose_range(header, 10); };
  EXPECT_EQ(part("bytes=0-0").range, (ByteRange{0, 0}));
  EXPECT_EQ(part("bytes=2-5").range, (ByteRange{2, 5}));
  EXPECT_EQ(part("bytes=2-").range, (ByteRange{2, 9}));
  EXPECT_EQ(part("bytes=2-99999999999999999999999").range, (ByteRange{2, 9}));
  EXPECT_EQ(part("bytes=-3").range, (ByteRange{7, 9}));
  EXPECT_EQ(part("bytes=-30").range, (ByteRange{0, 9}));
  EXPECT_EQ(part("BYTES = 1 - 2 ").range, (ByteRange{1, 2}));
  for (const char* header : {"bytes=10-", "bytes=10-11", "bytes=-0", "bytes=99999999999999999999-"}) {
    EXPECT_EQ(part(header).kind, RangeKind::kUnsatisfiable) << header;
  }
  for (const char* header : {"bytes=0-0,2-3", "bytes=5-2", "bytes=-", "bytes=", "bytes", "items=0-1", "bytes=a-b",
                             "bytes=+1-2", "bytes=0x1-2", "bytes=--1", ""}) {
    EXPECT_EQ(part(header).kind, RangeKind::kWhole) << header;
  }
  EXPECT_EQ(choose_range("bytes=0-", 0).kind, RangeKind::kUnsatisfiable);
  EXPECT_EQ(choose_range("bytes=-1", 0).kind, RangeKind::kUnsatisfiable);
}

TEST(ByteRange, AgreesWithTheDefinitionForRandomRanges) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 20000; i++) {
    const uint64_t size = random() % 40;
    const uint64_t first = random() % 50, last = random() % 50;
    const auto choice = choose_range("bytes=" + std::to_string(first) + "-" + std::to_string(last), size);
    if (last < first) {
      EXPECT_EQ(choice.kind, RangeKind::kWhole);
    } else if (first >= size) {
      EXPECT_EQ(choice.kind, RangeKind::kUnsatisfiable);
    } else {
      EXPECT_EQ(choice.range, (ByteRange{first, std::min(last, size - 1)}));
    }
  }
}

TEST(Conditions, PartOfAText) {
  const Response response = apply({{"range", "bytes=2-4"}});
  EXPECT_EQ(response.status, 206);
  EXPECT_EQ(std::get<std::string>(response.body), "234");
  EXPECT_EQ(find_header(response.headers, "content-range"), "bytes 2-4/10");
  EXPECT_EQ(find_header(response.headers, "etag"), kTag);
  EXPECT_EQ(find_header(response.headers, "accept-ranges"), "bytes");
}

TEST(Conditions, PartOfAFileStaysInsideItsRange) {
  Response file;
  file.body = FileRange{nullptr, 3, 1000, 10};
  const Response response = apply_conditions(with({{"range", "bytes=-4"}}), file, kTag);
  EXPECT_EQ(std::get<FileRange>(response.body).offset, 1006U);
  EXPECT_EQ(std::get<FileRange>(response.body).length, 4U);
}

TEST(Conditions, BeyondTheEnd) {
  const Response response = apply({{"range", "bytes=10-"}});
  EXPECT_EQ(response.status, 416);
  EXPECT_EQ(find_header(response.headers, "content-range"), "bytes */10");
}

TEST(Conditions, NotModified) {
  for (const char* tags : {"\"abc\"", "W/\"abc\"", "\"x\", \"abc\"", "\"x\" ,W/\"abc\" ", "*"}) {
    const Response response = apply({{"if-none-match", tags}, {"range", "bytes=0-1"}});
    EXPECT_EQ(response.status, 304) << tags;
    EXPECT_EQ(body_length(response.body), 0U);
    EXPECT_EQ(find_header(response.headers, "etag"), kTag);
  }
  for (const char* tags : {"\"ab\"", "abc", "\"abcd\"", "\"x\",\"y\"", ""}) {
    EXPECT_EQ(apply({{"if-none-match", tags}}).status, 200) << tags;
  }
}

TEST(Conditions, IfRangeGivesAllWhenTheTagIsAnother) {
  EXPECT_EQ(apply({{"range", "bytes=0-1"}, {"if-range", kTag}}).status, 206);
  EXPECT_EQ(apply({{"range", "bytes=0-1"}, {"if-range", "\"old\""}}).status, 200);
  EXPECT_EQ(apply({{"range", "bytes=0-1"}, {"if-range", "W/\"abc\""}}).status, 200);
  EXPECT_EQ(apply({{"range", "bytes=0-1"}, {"if-range", "Sun, 06 Nov 1994 08:49:37 GMT"}}).status, 200);
}

}  // namespace
}  // namespace pier::net
