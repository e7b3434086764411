#include "stored.hpp"

#include <algorithm>

namespace pier::catalogue::impl {
namespace {

constexpr size_t kMaxPage = 500;

}  // namespace

std::optional<std::string> stored_json(const json::value& value) {
  if (value.is_null()) return std::nullopt;
  return json::serialize(value);
}

Result<json::value> json_at(const Row& row, size_t column) {
  if (row.is_null(column)) return json::value(nullptr);
  auto value = parse_json(row.text(column), 64);
  if (!value) return fail_in("record " + row.text(0), std::move(value).error());
  return value;
}

std::optional<std::string> stored_error(const std::optional<Error>& error) {
  if (!error) return std::nullopt;
  return json::serialize(
      json::object{{"code", to_string(error->code)}, {"message", error->message}, {"detail", error->detail}});
}

Result<std::optional<Error>> error_at(const Row& row, size_t column) {
  PIER_TRY(const json::value value, json_at(row, column));
  const json::object* object = value.if_object();
  if (object == nullptr) return std::optional<Error>();
  return std::optional(Error{error_code_from(string_or(*object, "code", "internal")), string_or(*object, "message", ""),
                             string_or(*object, "detail", "")});
}

Result<Sha256> sha256_at(const Row& row, size_t column) {
  const Bytes& bytes = row.bytes(column);
  Sha256 digest{};
  if (bytes.size() != digest.size()) return fail(ErrorCode::kIo, "record " + row.text(0) + ": its SHA-256 is damaged");
  std::copy(bytes.begin(), bytes.end(), digest.begin());
  return digest;
}

std::optional<std::string> stored_key(const std::optional<storage::ObjectKey>& key) {
  if (!key) return std::nullopt;
  return storage::to_string(*key);
}

Result<std::optional<storage::ObjectKey>> key_at(const Row& row, size_t column) {
  if (row.is_null(column)) return std::optional<storage::ObjectKey>();
  PIER_TRY(storage::ObjectKey key, storage::parse_key(row.text(column)));
  return std::optional(std::move(key));
}

std::string select(std::string_view columns, std::string_view rest) {
  return "SELECT " + std::string(columns) + " FROM " + std::string(rest);
}

json::value time_or_null(WallTime time) {
  return time == 0 ? json::value(nullptr) : json::value(to_rfc3339(time));
}

Result<void> check_page(size_t limit) {
  if (limit == 0 || limit > kMaxPage) return fail(ErrorCode::kInvalidArgument, "a page has 1 to 500 entries");
  return {};
}

}  // namespace pier::catalogue::impl
