#include <thread>

#include <gtest/gtest.h>

#include <pier/net/client.hpp>

#include "test_peer.hpp"

namespace pier::net {
namespace {

Response route(const Request& request) {
  if (request.target == "/json") return text_response(200, "application/json", R"({"a":[1,2]})");
  if (request.target == "/echo") return text_response(201, "application/json", request.body);
  if (request.target == "/key")
    return text_response(200, "application/json",
                         "\"" + std::string(request.header("idempotency-key").value_or("")) + "\"");
  if (request.target == "/gone") return Response{204, {}, std::string(), "x"};
  if (request.target == "/large") return text_response(200, "text/plain", std::string(100'000, 'x'));
  if (request.target == "/plain") return text_response(500, "text/plain", "oh");
  return problem_response(Error{ErrorCode::kConflict, "the revision is stale", "log only"});
}

TEST(Client, Json) {
  const auto server = start_server(route);
  const Client client(server->endpoints()[0]);
  EXPECT_EQ(json::serialize(client.get("/json").value()), R"({"a":[1,2]})");
  EXPECT_EQ(json::serialize(client.post("/echo", json::object{{"k", 1}}).value()), R"({"k":1})");
  EXPECT_EQ(client.post("/key", json::object{}, {{"Idempotency-Key", "k1"}})->as_string(), "k1");
  EXPECT_TRUE(client.remove("/gone").has_value());
}

TEST(Client, ProblemsAreErrorsAgain) {
  const auto server = start_server(route);
  const Client client(server->endpoints()[0]);
  const auto answer = client.get("/other");
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().code, ErrorCode::kConflict);
  EXPECT_EQ(answer.error().message, "the revision is stale");
  EXPECT_EQ(client.get("/plain").error().code, ErrorCode::kIo);
  EXPECT_EQ(client.events("/other", [](const ServerEvent&) { return true; }).error().code, ErrorCode::kConflict);
}

TEST(Client, UnixSocketWithALongPath) {
  const TemporaryFolder folder;
  const std::string deep = folder.path + "/" + std::string(200, 'd');
  ASSERT_TRUE(make_directories(deep).has_value());
  ServerOptions options;
  options.endpoints = {Endpoint{deep + "/pier.sock", {}, 0}};
  const auto server = start_server(route, options);
  EXPECT_TRUE(Client(options.endpoints[0]).get("/json").has_value());
}

TEST(Client, Failures) {
  const auto server = start_server(route);
  const Endpoint endpoint = server->endpoints()[0];
  ClientOptions small;
  small.answer_limit = 1000;
  EXPECT_EQ(Client(endpoint, small).request("GET", "/large").error().code, ErrorCode::kTooLarge);
  EXPECT_EQ(Client(endpoint).get("/a b").error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(Client(endpoint).post("/echo", {}, {{"X", "a\r\nY: b"}}).error().code, ErrorCode::kInvalidArgument);
  server->stop(std::chrono::milliseconds(10));
  EXPECT_EQ(Client(endpoint).get("/json").error().code, ErrorCode::kNotFound);
}

TEST(Client, AServerThatSaysNothingOrNonsense) {
  const auto listening = listen_on(Endpoint{{}, "127.0.0.1", 0}, 8);
  ASSERT_TRUE(listening.has_value());
  const Endpoint endpoint = local_endpoint(listening->get()).value();
  ClientOptions options;
  options.answer_timeout = std::chrono::milliseconds(200);
  EXPECT_EQ(Client(endpoint, options).get("/").error().code, ErrorCode::kTimeout);

  const auto answer_with = [&](std::string_view text) {
    std::jthread server([&, text] {
      pollfd waiter{listening->get(), POLLIN, 0};
      while (true) {
        ::poll(&waiter, 1, 2000);
        const UniqueFd fd(::accept(listening->get(), nullptr, nullptr));
        if (!fd) return;
        char request[4096];
        if (::recv(fd.get(), request, sizeof(request), 0) <= 0) continue;  // the one that gave up above
        ::send(fd.get(), text.data(), text.size(), MSG_NOSIGNAL);
        return;
      }
    });
    const auto result = Client(endpoint, {}).get("/");
    return result.has_value() ? ErrorCode::kInternal : result.error().code;
  };
  // The connection that gave up left its request in the queue: take it first.
  {
    const UniqueFd old(::accept(listening->get(), nullptr, nullptr));
  }
  EXPECT_EQ(answer_with("SSH-2.0-OpenSSH\r\n\r\n"), ErrorCode::kIo);
  EXPECT_EQ(answer_with("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"), ErrorCode::kTruncated);
  EXPECT_EQ(answer_with("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999\r\n\r\nabc"), ErrorCode::kTooLarge);
}

TEST(ServerUrl, Forms) {
  EXPECT_EQ(parse_server_url("http://a:1/")->to_string(), "a:1");
  EXPECT_EQ(parse_server_url("a:1")->to_string(), "a:1");
  EXPECT_EQ(parse_server_url("unix:/x/")->unix_path, "/x/");
  EXPECT_EQ(parse_server_url("https://a:1").error().code, ErrorCode::kInputUnsupported);
}

}  // namespace
}  // namespace pier::net
