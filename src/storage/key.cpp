#include <algorithm>
#include <charconv>

#include <pier/core/bytes.hpp>
#include <pier/core/id.hpp>
#include <pier/storage/key.hpp>

namespace pier::storage {
namespace {

constexpr size_t kMaxOrganisation = 64;
constexpr size_t kMaxKind = 32;
constexpr size_t kUuidDigits = 32;

bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_word(std::string_view text, size_t limit) {
  return !text.empty() && text.size() <= limit &&
         std::ranges::all_of(text, [](char c) { return is_lower(c) || is_digit(c) || c == '-' || c == '_'; });
}

bool is_kind(std::string_view text) {
  return is_word(text, kMaxKind) && is_lower(text.front());
}

bool is_uuid7(std::string_view text) {
  const auto hexadecimal = [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); };
  return text.size() == kUuidDigits && std::ranges::all_of(text, hexadecimal) && text[12] == '7' &&
         std::string_view("89ab").find(text[16]) != std::string_view::npos;
}

Result<uint32_t> parse_attempt(std::string_view text) {
  uint32_t attempt = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), attempt);
  if (error != std::errc{} || end != text.data() + text.size() || attempt == 0 || text.front() == '0') {
    return fail(ErrorCode::kInvalidArgument, "not a whole number from 1");
  }
  return attempt;
}

Failure bad_key(std::string_view text, std::string_view what) {
  return fail(ErrorCode::kInvalidArgument,
              "\"" + display_text(text.substr(0, 200)) + "\" is no object key: " + std::string(what));
}

}  // namespace

bool is_organisation_id(std::string_view text) {
  return is_word(text, kMaxOrganisation) && (is_lower(text.front()) || is_digit(text.front()));
}

std::string to_string(const ObjectKey& key) {
  return key.organisation + "/" + key.kind + "/" + key.uuid + "-" + std::to_string(key.attempt);
}

Result<ObjectKey> parse_key(std::string_view text) {
  const size_t first = text.find('/');
  const size_t second = first == std::string_view::npos ? first : text.find('/', first + 1);
  if (second == std::string_view::npos) return bad_key(text, "it wants organisation/kind/uuid-attempt");
  const std::string_view name = text.substr(second + 1);
  const size_t dash = name.find('-');
  if (dash == std::string_view::npos) return bad_key(text, "the attempt is missing");

  ObjectKey key;
  key.organisation = text.substr(0, first);
  key.kind = text.substr(first + 1, second - first - 1);
  key.uuid = name.substr(0, dash);
  if (!is_organisation_id(key.organisation)) return bad_key(text, "bad organisation");
  if (!is_kind(key.kind)) return bad_key(text, "bad kind");
  if (!is_uuid7(key.uuid)) return bad_key(text, "the name is no UUIDv7");
  const auto attempt = parse_attempt(name.substr(dash + 1));
  if (!attempt) return bad_key(text, "bad attempt");
  key.attempt = *attempt;
  return key;
}

Result<void> check_key(const ObjectKey& key) {
  PIER_TRY(const ObjectKey parsed, parse_key(to_string(key)));
  if (parsed != key) return fail(ErrorCode::kInvalidArgument, "\"" + to_string(key) + "\" is no object key");
  return {};
}

Result<ObjectKey> new_key(std::string_view organisation, std::string_view kind, uint32_t attempt) {
  return parse_key(to_string({std::string(organisation), std::string(kind), new_uuid7(), attempt}));
}

}  // namespace pier::storage
