#include "configuration.hpp"

#include <string_view>

#include <toml++/toml.h>

#include <pier/core/file.hpp>

namespace pier::app {
namespace {

constexpr size_t kLongest = 1U << 20U;

Failure wrong(const std::string& path, const toml::source_region& where, const std::string& what) {
  return fail(ErrorCode::kInvalidArgument,
              display_text(path) + ", line " + std::to_string(where.begin.line) + ": " + what);
}

}  // namespace

Result<Configuration> read_configuration(const Globals& globals) {
  const std::string path = globals.config.empty() ? globals.data + "/pier.toml" : globals.config;
  const Result<std::string> text = read_file(path, kLongest);
  if (!text && text.error().code == ErrorCode::kNotFound && globals.config.empty()) return Configuration();
  if (!text) return Failure(text.error());
  toml::table table;
  try {
    table = toml::parse(*text);
  } catch (const toml::parse_error& error) {
    return wrong(path, error.source(), std::string(error.description()));
  }
  Configuration configuration;
  for (const auto& [key, node] : table) {
    const std::string name(key.str());
    std::string* value = name == "database" ? &configuration.database
                         : name == "store"  ? &configuration.store
                                            : nullptr;
    if (value == nullptr) return wrong(path, node.source(), "unknown key " + name + "; there are database and store");
    const auto given = node.value<std::string>();
    if (!given || given->empty()) return wrong(path, node.source(), name + " wants a URL in quotes");
    *value = *given;
  }
  return configuration;
}

}  // namespace pier::app
