#pragma once
// All that one address serves: the origin under /media, the API and the player page elsewhere.

#include <memory>

#include <pier/net/server.hpp>
#include <pier/workflows/engine.hpp>

namespace pier::api {

/// Thread-safe. The engine outlives it; it outlives the server that has its handlers.
class Gateway {
 public:
  explicit Gateway(workflows::Engine& engine);
  ~Gateway();
  net::Handlers handlers();

 private:
  struct State;
  std::unique_ptr<State> x_state;
};

}  // namespace pier::api
