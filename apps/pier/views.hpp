#pragma once
// Assets and jobs as text.

#include <pier/core/json.hpp>

namespace pier::app {

/// The whole of GET /v1/assets/ID: verdict, tracks with sizes and quality figures, addresses.
void print_asset(const json::object& view);

}  // namespace pier::app
