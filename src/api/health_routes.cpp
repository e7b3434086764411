#include "body.hpp"
#include "routes.hpp"

namespace pier::api::impl {

Result<net::Response> show_health(const net::Request&, const Context& context) {
  json::array layers;
  bool all = true;
  for (const auto& layer : context.engine.layers()) {
    layers.push_back(json::object{{"name", layer.name}, {"active", layer.active}, {"reason", layer.reason}});
    all = all && layer.active;
  }
  json::object health{{"status", "ok"}, {"version", PIER_VERSION}, {"sandboxed", all}, {"sandbox", std::move(layers)}};
  const auto free = context.engine.store().free_bytes();
  const auto snapshot = context.engine.database().read();
  if (free && *free != UINT64_MAX) health["free_bytes"] = *free;
  if (!free || !snapshot) {
    const Error& error = free ? snapshot.error() : free.error();
    health["status"] = "failing";
    health["error"] = json::object{{"code", to_string(error.code)}, {"message", error.message}};
    return json_response(503, health);
  }
  return json_response(200, health);
}

Result<net::Response> show_metrics(const net::Request&, const Context& context) {
  net::Response response =
      net::text_response(200, "text/plain; version=0.0.4; charset=utf-8", context.engine.metrics().render());
  response.set("Cache-Control", "no-store");
  return response;
}

}  // namespace pier::api::impl
