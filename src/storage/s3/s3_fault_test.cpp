// Bad days of the network: a relay between the engine and RADOS Gateway cuts, stalls, loses and invents answers.

#include <thread>

#include <gtest/gtest.h>

#include "s3/gateway.hpp"
#include "s3/relay.hpp"
#include "s3/s3_store.hpp"
#include "scratch.hpp"

namespace pier::storage::impl {
namespace {

using namespace std::chrono_literals;
using test::FaultKind;

constexpr size_t kMiB = size_t{1} << 20U;

Bytes pattern(size_t size, unsigned seed) {
  Bytes bytes(size);
  for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>((i * 31 + seed * 17 + i / 251) & 0xffU);
  return bytes;
}

class S3FaultTest : public testing::Test {
 protected:
  void SetUp() override {
    auto gateway = test::Gateway::find();
    ASSERT_TRUE(gateway) << gateway.error().message;
    x_gateway = *gateway;
    x_relay = std::make_unique<test::Relay>(x_gateway.endpoint);
    x_options = test::quick_options(x_scratch.path());
    reopen();
  }
  void reopen() {
    const S3Place place = x_gateway.place_at(x_relay->endpoint(), x_gateway.bucket, x_prefix);
    auto store = open_s3_store(place, x_gateway.credentials, x_options, "");
    ASSERT_TRUE(store) << store.error().message;
    x_store = std::move(*store);
  }
  /// Writes, commits, and reads back by the direct way.
  void expect_written(size_t size, unsigned seed) {
    const ObjectKey key = *new_key("default", "chunk");
    const Bytes bytes = pattern(size, seed);
    const auto info = put(*x_store, key, bytes);
    ASSERT_TRUE(info) << info.error().message << " " << info.error().detail;
    EXPECT_EQ(info->sha256, sha256(bytes));
    auto direct = open_s3_store(x_gateway.place(x_prefix), x_gateway.credentials, x_options, "");
    ASSERT_TRUE(direct);
    EXPECT_EQ(*read_all(**direct, key), bytes);
    EXPECT_EQ(*(*direct)->remove_unfinished(INT64_MAX), 0U);
  }

  const std::string x_prefix = aws_encode(test::new_prefix(), true);
  test::Scratch x_scratch;
  test::Gateway x_gateway;
  StoreOptions x_options;
  std::unique_ptr<test::Relay> x_relay;
  std::unique_ptr<ObjectStore> x_store;
};

TEST_F(S3FaultTest, ConnectionsAreKept) {
  for (unsigned i = 0; i < 20; ++i) ASSERT_TRUE(put(*x_store, *new_key("default", "chunk"), pattern(1000, i)));
  EXPECT_LE(x_relay->connections(), 2);
}

TEST_F(S3FaultTest, APutCutInTheMiddle) {
  x_relay->plan({"PUT ", FaultKind::kCutRequest, 2, 300'000, {}});
  expect_written(kMiB, 1);
  EXPECT_EQ(x_relay->count("PUT "), 3);
}

TEST_F(S3FaultTest, APutWhoseAnswerWasLostIsNotSentAgain) {
  x_relay->plan({"PUT ", FaultKind::kLoseAnswer, 1, 0, {}});
  expect_written(kMiB, 2);
  EXPECT_EQ(x_relay->count("PUT "), 1);
}

TEST_F(S3FaultTest, PartsCutAndLost) {
  x_relay->plan({"partNumber=1&", FaultKind::kCutRequest, 1, 5 * kMiB, {}});
  x_relay->plan({"partNumber=2&", FaultKind::kLoseAnswer, 1, 0, {}});
  x_relay->plan({"partNumber=3&", FaultKind::kAnswer, 3, 0, test::slow_down()});
  expect_written(35 * kMiB, 3);
  EXPECT_EQ(x_relay->count("partNumber=1&"), 2);
  EXPECT_EQ(x_relay->count("partNumber=2&"), 1);  // it had arrived: looked up, not sent again
  EXPECT_EQ(x_relay->count("partNumber=3&"), 4);
}

TEST_F(S3FaultTest, AJoinWhoseAnswerWasLost) {
  x_relay->plan({"?uploadId=", FaultKind::kLoseAnswer, 1, 0, {}});
  expect_written(17 * kMiB, 4);
}

TEST_F(S3FaultTest, AnErrorInsideA200) {
  const std::string body = "<?xml version=\"1.0\"?>\n<Error><Code>InternalError</Code></Error>";
  const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  // Once the parts were not joined, once they were.
  x_relay->plan({"?uploadId=", FaultKind::kAnswer, 1, 0, answer});
  x_relay->plan({"?uploadId=", FaultKind::kReplace, 1, 0, answer});
  expect_written(17 * kMiB, 5);
}

TEST_F(S3FaultTest, ReadsGoOnWhereTheyBroke) {
  const ObjectKey key = *new_key("default", "chunk");
  const Bytes bytes = pattern(9 * kMiB, 6);
  ASSERT_TRUE(put(*x_store, key, bytes));
  x_relay->plan({"GET ", FaultKind::kCutAnswer, 4, 2 * kMiB, {}});
  const auto read = read_all(*x_store, key);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(*read, bytes);
}

TEST_F(S3FaultTest, ABodyShorterThanItsLength) {
  const ObjectKey key = *new_key("default", "chunk");
  const Bytes bytes = pattern(1000, 7);
  ASSERT_TRUE(put(*x_store, key, bytes));
  const std::string answer =
      "HTTP/1.1 206 Partial Content\r\nContent-Length: 1000\r\nContent-Range: bytes 0-999/1000\r\nETag: "
      "\"x\"\r\n\r\nfew";
  x_relay->plan({"GET ", FaultKind::kAnswer, 1, 0, answer});
  // The bytes of an answer with another tag are not joined to those of the next.
  const auto read = read_all(*x_store, key);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(*read, bytes);
}

TEST_F(S3FaultTest, ASilentConnectionIsGivenUp) {
  x_options.stall_timeout = 1s;
  reopen();
  const ObjectKey key = *new_key("default", "chunk");
  const Bytes bytes = pattern(3 * kMiB, 8);
  ASSERT_TRUE(put(*x_store, key, bytes));
  x_relay->plan({"GET ", FaultKind::kStallAnswer, 1, kMiB / 2, {}});
  x_relay->plan({"HEAD ", FaultKind::kStallAnswer, 1, 0, {}});
  EXPECT_EQ(*read_all(*x_store, key), bytes);
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_TRUE(x_store->head(key));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 8s);
  x_options.patience = 2s;
  reopen();
  x_relay->plan({"HEAD ", FaultKind::kStallAnswer, 100, 0, {}});
  EXPECT_EQ(x_store->head(key).error().code, ErrorCode::kTimeout);
}

TEST_F(S3FaultTest, SlowDownIsObeyedAndAtLastSaid) {
  x_relay->plan({"PUT ", FaultKind::kAnswer, 5, 0, test::slow_down()});
  expect_written(1000, 9);
  EXPECT_EQ(x_relay->count("PUT "), 6);
  x_options.patience = 1s;
  reopen();
  x_relay->plan({"PUT ", FaultKind::kAnswer, 1000, 0, test::slow_down()});
  const ObjectKey key = *new_key("default", "chunk");
  const auto refused = put(*x_store, key, pattern(10, 10));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kOverloaded);
  EXPECT_EQ(x_store->head(key).error().code, ErrorCode::kNotFound);
}

TEST_F(S3FaultTest, TheServiceIsAwayAndComesBack) {
  auto writer = x_store->create(*new_key("default", "master"));
  ASSERT_TRUE(writer);
  const Bytes bytes = pattern(20 * kMiB, 11);
  ASSERT_TRUE((*writer)->write(ByteView(bytes).first(18 * kMiB)));
  x_relay->set_away(true);
  const std::jthread back([&] {
    std::this_thread::sleep_for(5s);
    x_relay->set_away(false);
  });
  ASSERT_TRUE((*writer)->write(ByteView(bytes).subspan(18 * kMiB)));
  const auto info = (*writer)->commit();
  ASSERT_TRUE(info) << info.error().message;
  EXPECT_TRUE(verify(*x_store, *info));
}

TEST_F(S3FaultTest, AServiceThatStaysAwayIsAnErrorAndLeavesNothing) {
  x_options.patience = 1s;
  reopen();
  const ObjectKey key = *new_key("default", "chunk");
  auto writer = x_store->create(key);
  ASSERT_TRUE(writer && (*writer)->write(pattern(1000, 12)));
  x_relay->set_away(true);
  const auto lost = (*writer)->commit();
  ASSERT_FALSE(lost);
  EXPECT_TRUE(lost.error().code == ErrorCode::kIo || lost.error().code == ErrorCode::kTimeout);
  x_relay->set_away(false);
  const auto left = x_store->head(key);
  ASSERT_FALSE(left) << "an object of " << left->size << " bytes is there";
  EXPECT_EQ(left.error().code, ErrorCode::kNotFound);
  EXPECT_FALSE(
      open_s3_store(x_gateway.place_at("http://127.0.0.1:1", "bucket", ""), x_gateway.credentials, x_options, ""));
}

TEST_F(S3FaultTest, AFarClockIsLearned) {
  // The service tells its time with every answer; a refusal with another time is signed anew by that.
  const std::string refusal =
      "HTTP/1.1 403 Forbidden\r\nDate: Fri, 02 Jan 2026 00:00:01 GMT\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
  x_relay->plan({"HEAD ", FaultKind::kAnswer, 1, 0, refusal});
  const ObjectKey key = *new_key("default", "chunk");
  // Signed for January the real gateway refuses it, tells the true time, and the next request is right again.
  EXPECT_FALSE(x_store->head(key));
  EXPECT_EQ(x_store->head(key).error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace pier::storage::impl
