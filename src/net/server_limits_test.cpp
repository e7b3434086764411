// Clients that are slow, greedy or wrong.

#include <condition_variable>
#include <mutex>
#include <thread>

#include <gtest/gtest.h>

#include <pier/net/server.hpp>

#include "test_peer.hpp"

namespace pier::net {
namespace {

using std::chrono::milliseconds;

Response ok(const Request& request) {
  return text_response(200, "text/plain", std::to_string(request.body.size()));
}

TEST(Limits, AThousandHeaders) {
  const auto server = start_server(ok);
  std::string headers;
  for (int i = 0; i < 1000; i++) headers += "X-" + std::to_string(i) + ": some value to fill the head\r\n";
  Peer peer(*server);
  EXPECT_EQ(peer.ask(get("/", headers)).status, 431);
  EXPECT_TRUE(peer.is_closed());
}

TEST(Limits, AnEndlessHead) {
  const auto server = start_server(ok);
  Peer peer(*server);
  EXPECT_EQ(peer.ask("GET /" + std::string(100'000, 'a')).status, 431);
  Peer second(*server);
  EXPECT_EQ(second.ask(get("/" + std::string(9000, 'a'))).status, 414);
}

TEST(Limits, BodiesPerAddress) {
  Handlers handlers;
  handlers.handle = ok;
  handlers.body_limit = [](const Request& request) -> uint64_t { return request.target == "/big" ? 1000 : 10; };
  const auto server = start_server(std::move(handlers));
  const auto post = [](const std::string& target, size_t size) {
    return "POST " + target + " HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n" +
           std::string(size, 'x');
  };
  Peer peer(*server);
  EXPECT_EQ(peer.ask(post("/big", 1000)).body, "1000");
  EXPECT_EQ(peer.ask(post("/small", 10)).body, "10");
  EXPECT_EQ(peer.ask(post("/small", 11)).status, 413);
  EXPECT_TRUE(peer.is_closed());
}

TEST(Limits, TheAnswerToALargeUploadArrives) {
  const auto server = start_server(ok);
  Peer peer(*server);
  peer.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 900000000\r\n\r\n" + std::string(500'000, 'x'));
  EXPECT_EQ(peer.answer().status, 413);
}

TEST(Limits, SlowHeads) {
  ServerOptions options;
  options.header_timeout = milliseconds(400);
  const auto server = start_server(ok, options);
  Peer peer(*server);
  const auto start = std::chrono::steady_clock::now();
  const std::string text = get("/");
  Answer answer;
  for (size_t i = 0; i < text.size() && answer.status == 0; i++) {
    peer.send(text.substr(i, 1));
    answer = peer.answer(false, 60);
  }
  EXPECT_EQ(answer.status, 408);
  EXPECT_LT(std::chrono::steady_clock::now() - start, milliseconds(3000));
  EXPECT_TRUE(peer.is_closed());
}

TEST(Limits, SlowBodies) {
  ServerOptions options;
  options.body_timeout = milliseconds(300);
  const auto server = start_server(ok, options);
  Peer peer(*server);
  EXPECT_EQ(peer.ask("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nab").status, 408);
}

TEST(Limits, IdleConnectionsAreClosedInSilence) {
  ServerOptions options;
  options.idle_timeout = milliseconds(300);
  const auto server = start_server(ok, options);
  Peer peer(*server);
  EXPECT_EQ(peer.ask(get("/")).status, 200);
  EXPECT_EQ(peer.rest(), "");
  EXPECT_TRUE(peer.is_closed());
}

TEST(Limits, ReadersThatStopAreCut) {
  ServerOptions options;
  options.write_timeout = milliseconds(300);
  const auto server = start_server(
      [](const Request&) { return text_response(200, "text/plain", std::string(30U << 20U, 'x')); }, options);
  Peer peer(*server);
  peer.send(get("/"));
  for (int i = 0; i < 50 && server->connections() > 0; i++) std::this_thread::sleep_for(milliseconds(50));
  EXPECT_EQ(server->connections(), 0U);
}

TEST(Limits, TooManyConnections) {
  ServerOptions options;
  options.max_connections = 2;
  const auto server = start_server(ok, options);
  Peer first(*server), second(*server);
  EXPECT_EQ(first.ask(get("/")).status, 200);
  EXPECT_EQ(second.ask(get("/")).status, 200);
  {
    Peer third(*server);
    const Answer answer = third.ask(get("/"));
    EXPECT_EQ(answer.status, 503);
    EXPECT_FALSE(answer.header("Retry-After").empty());
    EXPECT_TRUE(third.is_closed());
  }
  EXPECT_EQ(first.ask(get("/")).status, 200);
}

TEST(Limits, AFullPoolIsA503AndRecovers) {
  ServerOptions options;
  options.cpu_threads = 1;
  options.cpu_queue = 1;
  std::mutex mutex;
  std::condition_variable changed;
  bool open = false;
  const auto server = start_server(
      [&](const Request& request) {
        std::unique_lock lock(mutex);
        changed.wait_for(lock, std::chrono::seconds(5), [&] { return open; });
        return ok(request);
      },
      options);
  std::vector<std::unique_ptr<Peer>> peers;
  for (int i = 0; i < 6; i++) {
    peers.push_back(std::make_unique<Peer>(*server));
    peers.back()->send(get("/"));
  }
  int refused = 0;
  for (auto& peer : peers) refused += peer->answer(false, 600).status == 503 ? 1 : 0;
  EXPECT_GE(refused, 4);
  {
    const std::lock_guard lock(mutex);
    open = true;
    changed.notify_all();
  }
  int status = 503;  // until the two that were taken are done
  for (int i = 0; i < 100 && status == 503; i++) {
    Peer late(*server);
    status = late.ask(get("/")).status;
    if (status == 503) std::this_thread::sleep_for(milliseconds(20));
  }
  EXPECT_EQ(status, 200);
}

TEST(Limits, ClientsThatVanish) {
  const auto server =
      start_server([](const Request&) { return text_response(200, "text/plain", std::string(5U << 20U, 'x')); });
  for (int i = 0; i < 50; i++) {
    Peer peer(*server);
    peer.send(i % 3 == 0 ? get("/") : i % 3 == 1 ? "GET / HT" : "");
  }
  Peer peer(*server);
  EXPECT_EQ(peer.ask(get("/")).body.size(), 5U << 20U);
  for (int i = 0; i < 100 && server->connections() > 1; i++) std::this_thread::sleep_for(milliseconds(20));
  EXPECT_EQ(server->connections(), 1U);
}

}  // namespace
}  // namespace pier::net
