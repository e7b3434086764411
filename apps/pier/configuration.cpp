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

constexpr double kHighestPrice = 1e9;

Result<workflows::Prices> read_prices(const std::string& path, const toml::node& node) {
  const toml::table* table = node.as_table();
  if (table == nullptr) return wrong(path, node.source(), "prices wants a table: [prices]");
  workflows::Prices prices;
  prices.currency.clear();
  for (const auto& [key, given] : *table) {
    const std::string name(key.str());
    if (name == "currency") {
      prices.currency = given.value<std::string>().value_or("");
      if (prices.currency.empty() || prices.currency.size() > 16)
        return wrong(path, given.source(), "prices.currency wants a short text in quotes, such as \"EUR\"");
      continue;
    }
    double* price = name == "core_hour"        ? &prices.core_hour
                    : name == "terabyte_month" ? &prices.terabyte_month
                                               : nullptr;
    if (price == nullptr) {
      return wrong(path, given.source(),
                   "unknown key prices." + name + "; there are currency, core_hour and terabyte_month");
    }
    const auto number = given.value<double>();
    if (!number || !(*number >= 0 && *number <= kHighestPrice))
      return wrong(path, given.source(), "prices." + name + " wants a number from 0 to 1000000000");
    *price = *number;
  }
  if (prices.currency.empty()) return wrong(path, node.source(), "prices wants a currency, such as currency = \"EUR\"");
  return prices;
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
    if (name == "prices") {
      PIER_TRY(configuration.prices, read_prices(path, node));
      continue;
    }
    std::string* value = name == "database" ? &configuration.database
                         : name == "store"  ? &configuration.store
                                            : nullptr;
    if (value == nullptr)
      return wrong(path, node.source(), "unknown key " + name + "; there are database, store and prices");
    const auto given = node.value<std::string>();
    if (!given || given->empty()) return wrong(path, node.source(), name + " wants a URL in quotes");
    *value = *given;
  }
  return configuration;
}

}  // namespace pier::app
