#pragma once
// For tests: a router over a real engine whose workers are not started, so that jobs stay where they are.

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <pier/api/router.hpp>

namespace pier::api::test {

struct Ask {
  std::string body;
  net::Headers headers;
  bool network = false;  // as if it came over TCP
};

class ApiTest : public ::testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  net::Response ask(const std::string& method, const std::string& target, Ask more = {});
  net::Response post(const std::string& target, const json::value& body, bool network = false,
                     net::Headers headers = {});
  static json::object json_of(const net::Response& response);
  static std::string header(const net::Response& response, std::string_view name);
  /// Writes a file below the scratch directory and gives its path.
  std::string make_file(const std::string& name, std::string_view content);
  /// A publish job for a new master; gives its id.
  std::string make_job(const std::string& name = "master.mov");
  std::string make_asset(const std::string& title);

  std::string x_path;
  std::vector<std::string> x_changed;  // assets the router told about
  std::unique_ptr<workflows::Engine> x_engine;
  std::unique_ptr<Router> x_router;
};

}  // namespace pier::api::test
