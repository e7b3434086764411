#pragma once
// The configuration file: what the servers and workers of an installation need not be told each time.

#include <optional>
#include <string>

#include <pier/workflows/engine.hpp>

#include "console.hpp"

namespace pier::app {

struct Configuration {
  std::string database;  // URL of the records; empty: as the data directory remembers
  std::string store;     // URL of the objects; the same
  std::optional<workflows::Prices> prices;
};

/// --config or PIER_CONFIG, else DATA/pier.toml when it is there. kInvalidArgument names line and key of what is wrong;
/// kNotFound: a file that was named is not there.
Result<Configuration> read_configuration(const Globals& globals);

}  // namespace pier::app
