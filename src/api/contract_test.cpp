// api/openapi.yaml and the route table say the same, in both directions.

#include <fstream>
#include <map>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include <pier/api/router.hpp>

namespace pier::api {
namespace {

/// "GET /v1/jobs" of every operation. Paths are keys indented by two blanks, methods by four.
std::set<std::string> operations_of(const std::string& path) {
  std::ifstream file(path);
  EXPECT_TRUE(file) << path;
  std::set<std::string> found;
  std::string line, address;
  bool in_paths = false;
  while (std::getline(file, line)) {
    if (!line.empty() && line[0] != ' ') in_paths = line == "paths:";
    if (!in_paths) continue;
    if (line.starts_with("  /") && line.ends_with(":")) address = line.substr(2, line.size() - 3);
    for (const char* method : {"get", "post", "put", "patch", "delete"}) {
      if (line != std::string("    ") + method + ":") continue;
      std::string upper(method);
      for (char& c : upper) c = static_cast<char>(c - 32);
      found.insert(upper + " " + address);
    }
  }
  return found;
}

TEST(Contract, EveryRouteIsInTheDocumentAndNothingElse) {
  std::set<std::string> routes;
  for (const RouteInfo& route : Router::routes()) {
    routes.insert(std::string(route.method) + " " + std::string(route.pattern));
  }
  EXPECT_EQ(routes.size(), Router::routes().size()) << "a route is there twice";
  const std::set<std::string> documented = operations_of(PIER_SOURCE_DIR "/api/openapi.yaml");
  EXPECT_GT(documented.size(), 5U);
  EXPECT_EQ(routes, documented);
}

TEST(Contract, OnlyWhatTakesABodyMayHaveOne) {
  for (const RouteInfo& route : Router::routes()) {
    EXPECT_EQ(route.body_limit == 0, route.method == "GET") << route.pattern;
  }
}

}  // namespace
}  // namespace pier::api
