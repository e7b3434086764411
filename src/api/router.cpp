#include <pier/api/router.hpp>
#include <pier/core/log.hpp>

#include "routes.hpp"

namespace pier::api {
namespace {

using impl::Route;

/// Does the path fit the pattern? Gives what stands for {id}.
bool fits(std::string_view pattern, const std::vector<std::string>& path, std::string_view& id) {
  size_t at = 0;
  if (pattern == "/") return path.empty();
  while (!pattern.empty()) {
    pattern.remove_prefix(1);
    const std::string_view part = pattern.substr(0, pattern.find('/'));
    if (at >= path.size()) return false;
    if (part.starts_with('{')) {
      if (path[at].empty()) return false;
      id = path[at];
    } else if (part != path[at]) {
      return false;
    }
    at++;
    pattern.remove_prefix(part.size());
  }
  return at == path.size();
}

struct Match {
  const Route* route = nullptr;
  std::string_view id;
  std::string allowed;  // methods of the address; empty: there is no such address
};

Match find_route(const net::Request& request) {
  const std::string_view method = request.method == "HEAD" ? "GET" : std::string_view(request.method);
  Match match;
  for (const Route& route : impl::route_table()) {
    std::string_view id;
    if (!fits(route.info.pattern, request.path, id)) continue;
    match.allowed += (match.allowed.empty() ? "" : ", ") + std::string(route.info.method);
    if (route.info.method == "GET") match.allowed += ", HEAD";
    if (route.info.method != method) continue;
    match.route = &route;
    match.id = id;
  }
  return match;
}

}  // namespace

struct Router::State {
  workflows::Engine& engine;
  RouterOptions options;
};

Router::Router(workflows::Engine& engine, RouterOptions options)
    : x_state(std::make_unique<State>(State{engine, std::move(options)})) {
  if (x_state->options.web.empty()) x_state->options.web = workflows::share_directory() + "/web";
}

Router::~Router() = default;

net::Response Router::handle(const net::Request& request) {
  const Match match = find_route(request);
  if (match.route == nullptr) {
    net::Response response =
        match.allowed.empty() ? net::problem_response({ErrorCode::kNotFound, "there is nothing at this address", {}})
                              : net::problem_response(405, "invalid_argument", "this address takes " + match.allowed);
    if (!match.allowed.empty()) response.set("Allow", match.allowed);
    response.group = "api";
    return response;
  }
  auto response = match.route->handler(request, impl::Context{x_state->engine, x_state->options, match.id});
  if (!response) {
    if (http_status(response.error().code) >= 500) log::error("api", response.error());
    response = net::problem_response(response.error());
  }
  if (response->group == "other") response->group = "api";
  response->set("X-Content-Type-Options", "nosniff");
  return std::move(*response);
}

uint64_t Router::body_limit(const net::Request& request) {
  const Match match = find_route(request);
  return match.route == nullptr ? 0 : match.route->info.body_limit;
}

std::vector<RouteInfo> Router::routes() {
  std::vector<RouteInfo> infos;
  for (const Route& route : impl::route_table()) infos.push_back(route.info);
  return infos;
}

}  // namespace pier::api
