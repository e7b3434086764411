#pragma once
// How values of the catalogue lie in columns: JSON, digests, keys, times.

#include <optional>
#include <string>
#include <string_view>

#include <pier/core/clock.hpp>
#include <pier/core/json.hpp>
#include <pier/core/rational.hpp>
#include <pier/core/result.hpp>
#include <pier/database/database.hpp>
#include <pier/storage/key.hpp>

namespace pier::catalogue::impl {

using database::Row;

/// JSON null is stored as null.
std::optional<std::string> stored_json(const json::value& value);
Result<json::value> json_at(const Row& row, size_t column);

std::optional<std::string> stored_error(const std::optional<Error>& error);
Result<std::optional<Error>> error_at(const Row& row, size_t column);

Result<Sha256> sha256_at(const Row& row, size_t column);

std::optional<std::string> stored_key(const std::optional<storage::ObjectKey>& key);
Result<std::optional<storage::ObjectKey>> key_at(const Row& row, size_t column);

/// "SELECT <columns> FROM <rest>"
std::string select(std::string_view columns, std::string_view rest);

json::value time_or_null(WallTime time);

/// kInvalidArgument unless 1..500.
Result<void> check_page(size_t limit);

}  // namespace pier::catalogue::impl
