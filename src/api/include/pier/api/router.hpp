#pragma once
// The HTTP API: requests to answers, over one Engine. Behind a net::Server or called in process. The contract is
// api/openapi.yaml: routes here and paths there are compared by a test.

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <pier/net/message.hpp>
#include <pier/workflows/engine.hpp>

namespace pier::api {

/// A row of the route table.
struct RouteInfo {
  std::string_view method;
  std::string_view pattern;  // as OpenAPI writes it: "/v1/jobs/{id}"
  uint64_t body_limit = 0;   // bytes
};

struct RouterOptions {
  std::string organisation = "default";
  std::string web;  // directory of the player page; empty: share_directory() + "/web"
  /// Told when an asset must not be served from memory any more.
  std::function<void(std::string_view asset_id)> on_asset_changed;
};

/// Thread-safe. The engine outlives it and every response it gave.
class Router {
 public:
  explicit Router(workflows::Engine& engine, RouterOptions options = {});
  ~Router();

  /// Any request. Errors are problem details (RFC 9457) with a "code" from core/result.hpp: unknown address 404, known
  /// address with another method 405 (Allow), body not JSON 415 or 400.
  net::Response handle(const net::Request& request);

  /// Bytes the body of this request may have; 0 for unknown addresses.
  static uint64_t body_limit(const net::Request& request);

  static std::vector<RouteInfo> routes();

 private:
  struct State;
  std::unique_ptr<State> x_state;
};

}  // namespace pier::api
