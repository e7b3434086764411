#include "request_reader.hpp"

#include <gtest/gtest.h>

namespace pier::net::impl {
namespace {

using State = RequestReader::State;

struct Outcome {
  State state = State::kHead;
  int status = 0;
  Request request;
  bool keep_alive = false;
};

Outcome read(std::string input, uint64_t body_limit = 100, size_t piece = 1U << 20U) {
  RequestReader reader(1024);
  std::string buffer;
  while (true) {
    buffer.erase(0, reader.feed(buffer));
    if (reader.state() == State::kHeadDone) {
      reader.set_body_limit(body_limit);
      continue;
    }
    if (reader.state() == State::kDone || reader.state() == State::kFailed || input.empty()) break;
    buffer += input.substr(0, piece);
    input.erase(0, piece);
  }
  Outcome outcome{reader.state(), reader.failure().status, {}, reader.keep_alive()};
  if (outcome.state == State::kDone) outcome.request = reader.take();
  return outcome;
}

TEST(RequestReader, AnyPieces) {
  const std::string text =
      "POST /v1/jobs?x=1 HTTP/1.1\r\nHost: a\r\nX-Thing:  b \r\nTransfer-Encoding: chunked\r\n\r\n"
      "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
  for (const size_t piece : {size_t{1}, size_t{2}, size_t{7}, text.size()}) {
    const Outcome outcome = read(text, 100, piece);
    ASSERT_EQ(outcome.state, State::kDone) << piece;
    EXPECT_EQ(outcome.request.method, "POST");
    EXPECT_EQ(outcome.request.path, (std::vector<std::string>{"v1", "jobs"}));
    EXPECT_EQ(outcome.request.parameter("x"), "1");
    EXPECT_EQ(outcome.request.header("x-thing"), "b");
    EXPECT_EQ(outcome.request.body, "abcde");
    EXPECT_TRUE(outcome.keep_alive);
  }
}

TEST(RequestReader, BodyLimits) {
  const std::string head = "POST / HTTP/1.1\r\nHost: a\r\n";
  EXPECT_EQ(read(head + "Content-Length: 5\r\n\r\nabcde", 5).request.body, "abcde");
  EXPECT_EQ(read(head + "Content-Length: 6\r\n\r\nabcdef", 5).status, 413);
  EXPECT_EQ(read(head + "Content-Length: 18446744073709551615\r\n\r\n", 5).status, 413);
  EXPECT_EQ(read(head + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n", 5).status, 413);
  EXPECT_EQ(read(head + "Transfer-Encoding: chunked\r\n\r\nfffffffffffffff0\r\nabc", 5).status, 413);
}

TEST(RequestReader, Refusals) {
  const std::string host = "Host: a\r\n";
  EXPECT_EQ(read("\x16\x03\x01 hello\r\n\r\n").status, 400);  // TLS on the plain port
  EXPECT_EQ(read("GET / HTTP/1.1\r\n\r\n").status, 400);
  EXPECT_EQ(read("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n").status, 400);
  EXPECT_EQ(read("GET /../x HTTP/1.1\r\n" + host + "\r\n").status, 400);
  EXPECT_EQ(read("GET / HTTP/3.7\r\n" + host + "\r\n").status, 505);
  EXPECT_EQ(read("GET / HTTP/1.1\r\n" + host + "X: " + std::string(2000, 'x') + "\r\n\r\n").status, 431);
  EXPECT_EQ(read("GET / HTTP/1.1\r\n" + host + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab").status, 400);
  EXPECT_EQ(
      read("GET / HTTP/1.1\r\n" + host + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n").status,
      400);
  EXPECT_EQ(read("GET / HTTP/1.1\r\n" + host + "Content-Length: -1\r\n\r\n").status, 400);
  EXPECT_EQ(read("GET / HTTP/1.1\r\n" + host + "A b: c\r\n\r\n").status, 400);
  EXPECT_EQ(read("GET / HTTP/1.1\r\n" + host + "Expect: tea\r\n\r\n").status, 417);
  EXPECT_EQ(read("GET /ok HTTP/1.1\r\n" + host + "\r\n").state, State::kDone);
}

TEST(RequestReader, Http10) {
  const Outcome outcome = read("GET / HTTP/1.0\r\n\r\n");
  EXPECT_EQ(outcome.state, State::kDone);
  EXPECT_FALSE(outcome.keep_alive);
}

}  // namespace
}  // namespace pier::net::impl
