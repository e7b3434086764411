#include <fstream>
#include <random>
#include <thread>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <pier/net/byte_range.hpp>
#include <pier/net/server.hpp>

#include "test_peer.hpp"

namespace pier::net {
namespace {

Response echo(const Request& request) {
  std::string text = request.method + " " + request.target + " " + request.body;
  return text_response(200, "text/plain", std::move(text));
}

TEST(Server, KeepsTheConnection) {
  const auto server = start_server(echo);
  Peer peer(*server);
  for (int i = 0; i < 50; i++) {
    const Answer answer = peer.ask(get("/" + std::to_string(i)));
    ASSERT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, "GET /" + std::to_string(i) + " ");
    EXPECT_EQ(answer.header("Content-Type"), "text/plain");
    EXPECT_FALSE(answer.header("Date").empty());
  }
  EXPECT_EQ(server->connections(), 1U);
  EXPECT_EQ(peer.ask(get("/last", "Connection: close\r\n")).header("Connection"), "close");
  EXPECT_TRUE(peer.is_closed());
}

TEST(Server, PipelinedInOrder) {
  const auto server = start_server(echo);
  Peer peer(*server);
  std::string all;
  for (int i = 0; i < 20; i++) {
    all += get("/" + std::to_string(i));
    all += "POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n" + std::to_string(10 + i);
  }
  peer.send(all);
  for (int i = 0; i < 20; i++) {
    EXPECT_EQ(peer.answer().body, "GET /" + std::to_string(i) + " ");
    EXPECT_EQ(peer.answer().body, "POST /p " + std::to_string(10 + i));
  }
}

TEST(Server, HeadHasTheLengthAndNoBody) {
  const auto server = start_server(echo);
  Peer peer(*server);
  const Answer head = peer.ask("HEAD /abc HTTP/1.1\r\nHost: a\r\n\r\n", true);
  EXPECT_EQ(head.header("Content-Length"), std::to_string(std::string("HEAD /abc ").size()));
  EXPECT_EQ(peer.ask(get("/next")).body, "GET /next ");
}

TEST(Server, Http10ClosesAfterTheAnswer) {
  const auto server = start_server(echo);
  Peer peer(*server);
  peer.send("GET /old HTTP/1.0\r\n\r\n");
  EXPECT_NE(peer.rest().find("GET /old "), std::string::npos);
}

TEST(Server, ContinueIsSaidBeforeTheBody) {
  const auto server = start_server(echo);
  Peer peer(*server);
  peer.send("POST /b HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
  EXPECT_EQ(peer.answer().status, 100);
  EXPECT_EQ(peer.ask("abc").body, "POST /b abc");
}

TEST(Server, QuickAnswersDoNotReachThePool) {
  Handlers handlers;
  handlers.handle = echo;
  handlers.quick = [](const Request& request) -> std::optional<Response> {
    if (request.target == "/throw") throw std::runtime_error("planted");
    if (request.target != "/quick") return std::nullopt;
    return text_response(200, "text/plain", "quick");
  };
  const auto server = start_server(std::move(handlers));
  Peer peer(*server);
  EXPECT_EQ(peer.ask(get("/quick")).body, "quick");
  EXPECT_EQ(peer.ask(get("/slow")).body, "GET /slow ");
  EXPECT_EQ(peer.ask(get("/throw")).status, 500);
}

TEST(Server, AHandlerThatThrowsIsA500) {
  const auto server = start_server([](const Request&) -> Response { throw std::runtime_error("secret"); });
  Peer peer(*server);
  const Answer answer = peer.ask(get("/"));
  EXPECT_EQ(answer.status, 500);
  EXPECT_EQ(answer.body.find("secret"), std::string::npos);
  EXPECT_EQ(peer.ask(get("/")).status, 500);
}

TEST(Server, UnixSocketIsSeenAsSuch) {
  const TemporaryFolder folder;
  ServerOptions options;
  options.endpoints = {Endpoint{folder.path + "/pier.sock", {}, 0}, Endpoint{{}, "127.0.0.1", 0}};
  const auto server = start_server(
      [](const Request& request) {
        return text_response(200, "text/plain", request.over_unix_socket ? "unix" : "tcp");
      },
      options);
  Peer over_unix(server->endpoints()[0]), over_tcp(server->endpoints()[1]);
  EXPECT_EQ(over_unix.ask(get("/")).body, "unix");
  EXPECT_EQ(over_tcp.ask(get("/")).body, "tcp");
}

TEST(Server, ListensOnIpv6) {
  const auto free = listen_on(Endpoint{{}, "::1", 0}, 1);
  if (!free) GTEST_SKIP() << "this machine has no IPv6 loopback: " << free.error().message;
  ServerOptions options;
  options.endpoints = {Endpoint{{}, "::1", 0}};
  const auto server = start_server(echo, options);
  EXPECT_EQ(server->endpoints()[0].to_string().substr(0, 6), "[::1]:");
  Peer peer(*server);
  EXPECT_EQ(peer.ask(get("/")).status, 200);
}

TEST(Server, CountsWhatItAnswered) {
  Metrics metrics;
  ServerOptions options;
  options.metrics = &metrics;
  auto server = start_server(echo, options);
  Peer peer(*server);
  peer.ask(get("/"));
  peer.ask("nonsense\r\n\r\n");
  server->stop(std::chrono::seconds(1));
  const std::string text = metrics.render();
  EXPECT_NE(text.find("pier_http_requests_total{group=\"other\",status=\"200\"} 1"), std::string::npos) << text;
  EXPECT_NE(text.find("pier_http_requests_total{group=\"refused\",status=\"400\"} 1"), std::string::npos) << text;
}

class Files : public ::testing::Test {
 protected:
  void SetUp() override {
    std::mt19937_64 random(1);
    bytes.resize(3'000'017);
    for (char& c : bytes) c = static_cast<char>(random());
    const std::string path = folder.path + "/file";
    ASSERT_TRUE(replace_file(path, as_bytes(bytes)).has_value());
    auto opened = open_read(path);
    ASSERT_TRUE(opened.has_value());
    fd = std::make_shared<UniqueFd>(std::move(*opened));
  }
  /// The file from its byte 17 on.
  Response serve(const Request& request) const {
    Response response;
    response.body = FileRange{fd, fd->get(), 17, bytes.size() - 17};
    return apply_conditions(request, std::move(response), "\"e\"");
  }
  TemporaryFolder folder;
  std::string bytes;
  std::shared_ptr<UniqueFd> fd;
};

TEST_F(Files, RandomRangesAreTheBytesOfTheFile) {
  const auto server = start_server([this](const Request& r) { return serve(r); });
  const std::string_view expected = std::string_view(bytes).substr(17);
  Peer peer(*server);
  EXPECT_EQ(peer.ask(get("/")).body, expected);
  std::mt19937_64 random(2);
  for (int i = 0; i < 60; i++) {
    const uint64_t first = random() % expected.size();
    const uint64_t last = first + random() % (i % 2 == 0 ? 3000 : 2'000'000);
    const Answer answer =
        peer.ask(get("/", "Range: bytes=" + std::to_string(first) + "-" + std::to_string(last) + "\r\n"));
    ASSERT_EQ(answer.status, 206);
    ASSERT_EQ(answer.body, expected.substr(first, last - first + 1)) << first << "-" << last;
  }
  EXPECT_EQ(peer.ask(get("/", "Range: bytes=3000000-\r\n")).status, 416);
  EXPECT_EQ(peer.ask(get("/", "If-None-Match: \"e\"\r\n")).status, 304);
  EXPECT_EQ(peer.ask("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n", true).header("Content-Length"), "3000000");
  EXPECT_EQ(peer.ask(get("/", "Range: bytes=5-5\r\n")).body, expected.substr(5, 1));
}

TEST_F(Files, ColdPagesAreRead) {
  ::fsync(fd->get());
  ::posix_fadvise(fd->get(), 0, 0, POSIX_FADV_DONTNEED);
  const auto server = start_server([this](const Request& r) { return serve(r); });
  Peer peer(*server);
  EXPECT_EQ(peer.ask(get("/")).body, std::string_view(bytes).substr(17));
}

TEST_F(Files, AFileThatShrankCutsTheConnection) {
  const auto server = start_server([this](const Request& r) { return serve(r); });
  ASSERT_EQ(::truncate((folder.path + "/file").c_str(), 1000), 0);
  Peer peer(*server);
  peer.send(get("/"));
  EXPECT_EQ(peer.rest().size() > 900, true);
  EXPECT_TRUE(peer.is_closed());
}

TEST_F(Files, SlowReadersHoldNoThread) {
  ServerOptions options;
  options.cpu_threads = 1;
  options.io_threads = 1;
  const auto server = start_server([this](const Request& r) { return serve(r); }, options);
  std::vector<std::unique_ptr<Peer>> slow;
  for (int i = 0; i < 20; i++) {
    slow.push_back(std::make_unique<Peer>(*server));
    const int small = 64 << 10;
    ::setsockopt(slow.back()->fd(), SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
    slow.back()->send(get("/"));
  }
  Peer quick(*server);
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(quick.ask(get("/", "Range: bytes=0-9\r\n")).status, 206);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(2));
  EXPECT_EQ(slow[7]->answer().body, std::string_view(bytes).substr(17));
}

TEST_F(Files, ManyAtOnce) {
  const auto server = start_server([this](const Request& r) { return serve(r); });
  std::vector<std::jthread> threads;
  std::atomic<int> good{0};
  for (int t = 0; t < 8; t++) {
    threads.emplace_back([&, t] {
      std::mt19937_64 random(static_cast<uint64_t>(t));
      for (int i = 0; i < 40; i++) {
        Peer peer(*server);
        const uint64_t first = random() % 2'900'000;
        const Answer answer =
            peer.ask(get("/", "Range: bytes=" + std::to_string(first) + "-" + std::to_string(first + 9999) + "\r\n"));
        if (answer.body == std::string_view(bytes).substr(17 + first, 10000)) good++;
      }
    });
  }
  threads.clear();
  EXPECT_EQ(good, 320);
}

}  // namespace
}  // namespace pier::net
