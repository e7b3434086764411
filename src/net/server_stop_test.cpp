#include <atomic>

#include <gtest/gtest.h>

#include <pier/net/server.hpp>

#include "test_peer.hpp"

namespace pier::net {
namespace {

using std::chrono::milliseconds;

Response count_to_three(const Request& request) {
  Response response;
  response.set("Content-Type", "text/event-stream");
  auto next = std::make_shared<int>(
      request.header("last-event-id") ? std::stoi(std::string(*request.header("last-event-id"))) : 0);
  response.body = EventStream{[next] {
                                EventStream::Batch batch;
                                ++*next;
                                batch.events.push_back({std::to_string(*next), "count", "n=" + std::to_string(*next)});
                                batch.last = *next >= 3;
                                return batch;
                              },
                              milliseconds(10)};
  return response;
}

Response endless(const Request&) {
  Response response;
  response.body = EventStream{[] { return EventStream::Batch{{{"1", "", "x"}}, false}; }, milliseconds(10)};
  return response;
}

std::vector<std::string> ids_of(const Server& server, std::string_view last) {
  std::vector<std::string> ids;
  const Client client(server.endpoints().front());
  const auto ended = client.events(
      "/",
      [&](const ServerEvent& event) {
        EXPECT_EQ(event.name, "count");
        EXPECT_EQ(event.data, "n=" + event.id);
        ids.push_back(event.id);
        return true;
      },
      last);
  EXPECT_TRUE(ended.has_value() && *ended);
  return ids;
}

TEST(EventStreams, ToTheEndAndFromTheLastOneSeen) {
  const auto server = start_server(count_to_three);
  EXPECT_EQ(ids_of(*server, ""), (std::vector<std::string>{"1", "2", "3"}));
  EXPECT_EQ(ids_of(*server, "1"), (std::vector<std::string>{"2", "3"}));
}

TEST(EventStreams, TheConnectionGoesOnAfterwards) {
  const auto server = start_server(count_to_three);
  Peer peer(*server);
  for (int i = 0; i < 2; i++) {
    peer.send(get("/"));
    EXPECT_EQ(peer.answer().header("Transfer-Encoding"), "chunked");
    std::string seen;
    while (seen.find("0\r\n\r\n") == std::string::npos && peer.receive()) seen += peer.answer_bytes();
    EXPECT_NE(seen.find("n=3"), std::string::npos);
  }
}

TEST(EventStreams, MoreThanThereAreThreads) {
  ServerOptions options;
  options.cpu_threads = 1;
  const auto server = start_server(endless, options);
  std::vector<std::unique_ptr<Peer>> peers;
  for (int i = 0; i < 30; i++) {
    peers.push_back(std::make_unique<Peer>(*server));
    peers.back()->send(get("/"));
  }
  for (auto& peer : peers) EXPECT_EQ(peer->answer().status, 200);
  peers.clear();
  for (int i = 0; i < 100 && server->connections() > 0; i++) std::this_thread::sleep_for(milliseconds(20));
  EXPECT_EQ(server->connections(), 0U) << "streams of clients that left";
}

TEST(Stop, RequestsInFlightFinish) {
  std::atomic<bool> entered{false};
  auto server = start_server([&](const Request&) {
    entered = true;
    std::this_thread::sleep_for(milliseconds(300));
    return text_response(200, "text/plain", "done");
  });
  Peer busy(*server), idle(*server);
  busy.send(get("/"));
  while (!entered) std::this_thread::sleep_for(milliseconds(1));
  const auto start = std::chrono::steady_clock::now();
  server->stop(std::chrono::seconds(5));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(3));
  const Answer answer = busy.answer();
  EXPECT_EQ(answer.body, "done");
  EXPECT_EQ(answer.header("Connection"), "close");
  EXPECT_TRUE(idle.is_closed());
  EXPECT_FALSE(connect_to(server->endpoints()[0], 500).has_value());
}

TEST(Stop, PatienceEnds) {
  auto server =
      start_server([](const Request&) { return text_response(200, "text/plain", std::string(50U << 20U, 'x')); });
  Peer stuck(*server);
  stuck.send(get("/"));
  std::this_thread::sleep_for(milliseconds(100));
  const auto start = std::chrono::steady_clock::now();
  server->stop(milliseconds(200));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(2));
  EXPECT_EQ(server->connections(), 0U);
}

TEST(Stop, EventStreamsEnd) {
  auto server = start_server(endless);
  Peer peer(*server);
  peer.send(get("/"));
  EXPECT_EQ(peer.answer().status, 200);
  const auto start = std::chrono::steady_clock::now();
  server->stop(std::chrono::seconds(5));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(2));
  EXPECT_TRUE(peer.rest().ends_with("0\r\n\r\n"));
}

TEST(Stop, TwiceAndByDestruction) {
  auto server = start_server(endless);
  server->stop(milliseconds(10));
  server->stop(milliseconds(10));
  server.reset();
  auto other = start_server(endless);
  Peer peer(*other);
  peer.send(get("/"));
  EXPECT_EQ(peer.answer().status, 200);
}

TEST(Stop, TheSocketFileGoes) {
  const TemporaryFolder folder;
  ServerOptions options;
  options.endpoints = {Endpoint{folder.path + "/pier.sock", {}, 0}};
  auto server = start_server(endless, options);
  EXPECT_EQ(::access((folder.path + "/pier.sock").c_str(), F_OK), 0);
  server->stop(milliseconds(10));
  EXPECT_NE(::access((folder.path + "/pier.sock").c_str(), F_OK), 0);
}

TEST(Stop, NobodyIsQueuedForAServerThatIsGone) {
  // Many times: the loop may end before or after it has seen that it shall stop listening.
  for (int round = 0; round < 300; round++) {
    const auto server = start_server(endless);
    server->stop(milliseconds(0));
    const auto connection = connect_to(server->endpoints().front(), 1000);
    ASSERT_FALSE(connection.has_value()) << round;
    ASSERT_EQ(connection.error().code, ErrorCode::kNotFound) << round;
  }
}

}  // namespace
}  // namespace pier::net
