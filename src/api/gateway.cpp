#include <pier/api/gateway.hpp>
#include <pier/api/router.hpp>
#include <pier/delivery/origin.hpp>

namespace pier::api {

using delivery::Origin;

struct Gateway::State {
  Origin origin;
  Router router;

  static RouterOptions with(Origin& origin) {
    RouterOptions options;
    options.on_asset_changed = [&origin](std::string_view asset_id) { origin.forget(asset_id); };
    return options;
  }
  explicit State(workflows::Engine& engine) : origin(engine.database(), engine.store()), router(engine, with(origin)) {}
};

Gateway::Gateway(workflows::Engine& engine) : x_state(std::make_unique<State>(engine)) {}

Gateway::~Gateway() = default;

net::Handlers Gateway::handlers() {
  net::Handlers handlers;
  handlers.handle = [state = x_state.get()](const net::Request& request) {
    return Origin::owns(request) ? state->origin.handle(request) : state->router.handle(request);
  };
  handlers.quick = [state = x_state.get()](const net::Request& request) { return state->origin.quick(request); };
  handlers.body_limit = [](const net::Request& request) { return Router::body_limit(request); };
  return handlers;
}

}  // namespace pier::api
