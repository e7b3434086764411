#pragma once

namespace pier::app {

inline constexpr const char* kVersion = PIER_VERSION;

}  // namespace pier::app
