#pragma once
// The route table, its handlers by resource, and what they are given.

#include <span>
#include <string>
#include <string_view>

#include <pier/api/router.hpp>

namespace pier::api::impl {

struct Context {
  workflows::Engine& engine;
  const RouterOptions& options;
  std::string_view id;  // what stands for {id} in the pattern; empty: none
};

using Handler = Result<net::Response> (*)(const net::Request& request, const Context& context);

struct Route {
  RouteInfo info;
  Handler handler;
};

/// All routes. A new one is a line here, a handler in its resource's file and a path in api/openapi.yaml.
std::span<const Route> route_table();

// jobs_routes.cpp
Result<net::Response> list_jobs(const net::Request& request, const Context& context);
Result<net::Response> create_job(const net::Request& request, const Context& context);
Result<net::Response> create_estimate(const net::Request& request, const Context& context);
Result<net::Response> show_job(const net::Request& request, const Context& context);
Result<net::Response> follow_job(const net::Request& request, const Context& context);
Result<net::Response> cancel_job(const net::Request& request, const Context& context);
Result<net::Response> retry_job(const net::Request& request, const Context& context);
// workers_routes.cpp
Result<net::Response> list_workers(const net::Request& request, const Context& context);
Result<net::Response> pause_worker(const net::Request& request, const Context& context);
Result<net::Response> drain_worker(const net::Request& request, const Context& context);
Result<net::Response> resume_worker(const net::Request& request, const Context& context);
// assets_routes.cpp
Result<net::Response> list_assets(const net::Request& request, const Context& context);
Result<net::Response> show_asset(const net::Request& request, const Context& context);
Result<net::Response> delete_asset(const net::Request& request, const Context& context);
// reports_routes.cpp
Result<net::Response> show_report(const net::Request& request, const Context& context);
Result<net::Response> judge_asset(const net::Request& request, const Context& context);
Result<net::Response> list_findings(const net::Request& request, const Context& context);
Result<net::Response> list_shots(const net::Request& request, const Context& context);
// health_routes.cpp
Result<net::Response> show_health(const net::Request& request, const Context& context);
Result<net::Response> show_metrics(const net::Request& request, const Context& context);
// player_routes.cpp
Result<net::Response> show_start_page(const net::Request& request, const Context& context);
Result<net::Response> show_player_page(const net::Request& request, const Context& context);
Result<net::Response> show_web_file(const net::Request& request, const Context& context);

}  // namespace pier::api::impl
