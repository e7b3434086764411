// The origin behind a real server on loopback.

#include <atomic>
#include <random>
#include <thread>

#include <pier/net/client.hpp>

#include "origin_fixture.hpp"

namespace pier::delivery::test {
namespace {

class OriginServerTest : public OriginTest {
 protected:
  void SetUp() override {
    OriginTest::SetUp();
    publish_all(8);
    net::ServerOptions options;
    options.endpoints = {net::Endpoint{{}, "127.0.0.1", 0}};
    options.metrics = &x_metrics;
    net::Handlers handlers;
    handlers.handle = [this](const net::Request& request) { return x_origin->handle(request); };
    handlers.quick = [this](const net::Request& request) { return x_origin->quick(request); };
    auto server = net::Server::start(options, handlers);
    ASSERT_TRUE(server) << server.error().message;
    x_server = std::move(*server);
  }
  void TearDown() override {
    x_server.reset();
    OriginTest::TearDown();
  }
  net::ClientResponse fetch(const std::string& target, const net::Headers& headers = {},
                            std::string_view method = "GET") {
    const auto response = net::Client(x_server->endpoints()[0]).request(method, target, {}, headers);
    EXPECT_TRUE(response) << target;
    return response.value_or(net::ClientResponse());
  }

  Metrics x_metrics;
  std::unique_ptr<net::Server> x_server;
};

TEST_F(OriginServerTest, RandomRangesAreTheBytesOfTheTrack) {
  std::mt19937_64 random(3);
  for (int i = 0; i < 200; i++) {
    const StoredTrack& track = i % 2 == 0 ? x_video : x_sound;
    const size_t number = random() % track.index.segments.size();
    const auto& segment = track.index.segments[number];
    const uint64_t first = random() % segment.length, last = first + random() % segment.length;
    const auto response = fetch(url(track, std::to_string(number + 1) + ".m4s"),
                                {{"Range", "bytes=" + std::to_string(first) + "-" + std::to_string(last)}});
    ASSERT_EQ(response.status, 206);
    const uint64_t length = std::min(last, segment.length - 1) - first + 1;
    ASSERT_EQ(response.body, track.bytes.substr(segment.offset + first, length));
  }
}

TEST_F(OriginServerTest, WholeTracksByManyClients) {
  std::atomic<int> wrong{0};
  {
    std::vector<std::jthread> clients;
    for (int c = 0; c < 6; c++) {
      clients.emplace_back([&, c] {
        const StoredTrack& track = c % 2 == 0 ? x_video : x_sound;
        std::string all = fetch(url(track, "init.mp4")).body;
        for (size_t i = 1; i <= track.index.segments.size(); i++)
          all += fetch(url(track, std::to_string(i) + ".m4s")).body;
        if (all != track.bytes) wrong++;
      });
    }
  }
  EXPECT_EQ(wrong, 0);
}

TEST_F(OriginServerTest, HeadTellsWhatGetWouldGive) {
  const auto head = fetch(url(x_video, "3.m4s"), {}, "HEAD");
  EXPECT_EQ(net::find_header(head.headers, "content-length"), std::to_string(x_video.index.segments[2].length));
  EXPECT_EQ(head.body, "");
}

TEST_F(OriginServerTest, EncodedTraversalIsRefused) {
  for (const char* target : {"/media/..%2f..%2fetc%2fpasswd", "/media/%2e%2e/%2e%2e/etc/passwd", "/media/../secret",
                             "/media/ast_1/..%5c..%5cx", "/media/%00/x", "/media//etc/passwd"}) {
    EXPECT_EQ(fetch(target).status, 400) << target;
  }
}

TEST_F(OriginServerTest, RequestsAreCountedByGroup) {
  fetch(url(x_video, "1.m4s"));
  fetch("/media/" + x_asset + "/hls.m3u8");
  x_server->stop(std::chrono::seconds(2));
  const std::string text = x_metrics.render();
  EXPECT_NE(text.find("pier_http_requests_total{group=\"segment\",status=\"200\"} 1"), std::string::npos) << text;
  EXPECT_NE(text.find("pier_http_requests_total{group=\"manifest\",status=\"200\"} 1"), std::string::npos) << text;
  EXPECT_NE(text.find("pier_http_seconds_count{group=\"segment\"} 1"), std::string::npos) << text;
}

}  // namespace
}  // namespace pier::delivery::test
