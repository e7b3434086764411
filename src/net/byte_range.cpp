#include <charconv>
#include <optional>

#include <pier/net/byte_range.hpp>

namespace pier::net {
namespace {

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// Digits only. Too large for 64 bits: the largest number, which lies beyond every representation.
std::optional<uint64_t> parse_position(std::string_view text) {
  if (text.empty() || text.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
  uint64_t value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  return code == std::errc::result_out_of_range ? UINT64_MAX : value;
}

bool is_bytes_unit(std::string_view unit) {
  constexpr std::string_view kBytes = "bytes";
  if (unit.size() != kBytes.size()) return false;
  for (size_t i = 0; i < unit.size(); i++) {
    if ((unit[i] | 0x20) != kBytes[i]) return false;
  }
  return true;
}

std::string quoted_length(uint64_t size) {
  return "bytes */" + std::to_string(size);
}

void narrow(Body& body, ByteRange range) {
  if (auto* text = std::get_if<std::string>(&body)) {
    *text = text->substr(range.first, range.length());
  } else if (auto* shared = std::get_if<std::shared_ptr<const std::string>>(&body)) {
    body = (*shared)->substr(range.first, range.length());
  } else if (auto* file = std::get_if<FileRange>(&body)) {
    file->offset += range.first;
    file->length = range.length();
  }
}

}  // namespace

RangeChoice choose_range(std::string_view header, uint64_t size) {
  const size_t equals = header.find('=');
  if (equals == std::string_view::npos || !is_bytes_unit(trim(header.substr(0, equals)))) return {};
  const std::string_view spec = trim(header.substr(equals + 1));
  const size_t dash = spec.find('-');
  if (dash == std::string_view::npos) return {};
  const std::string_view left = trim(spec.substr(0, dash)), right = trim(spec.substr(dash + 1));
  const auto first = parse_position(left), last = parse_position(right);
  if ((!left.empty() && !first) || (!right.empty() && !last) || (left.empty() && right.empty())) return {};
  if (left.empty()) {
    if (*last == 0 || size == 0) return {RangeKind::kUnsatisfiable, {}};
    const uint64_t length = *last < size ? *last : size;
    return {RangeKind::kPart, {size - length, size - 1}};
  }
  if (last && *last < *first) return {};
  if (*first >= size) return {RangeKind::kUnsatisfiable, {}};
  return {RangeKind::kPart, {*first, last && *last < size ? *last : size - 1}};
}

bool matches_etag(std::string_view header, std::string_view etag) {
  header = trim(header);
  if (header == "*") return true;
  while (!header.empty()) {
    const size_t comma = header.find(',');
    std::string_view tag = trim(header.substr(0, comma));
    if (tag.starts_with("W/")) tag.remove_prefix(2);
    if (tag == etag) return true;
    if (comma == std::string_view::npos) break;
    header.remove_prefix(comma + 1);
  }
  return false;
}

Response apply_conditions(const Request& request, Response response, std::string_view etag) {
  response.headers.emplace_back("ETag", etag);
  response.headers.emplace_back("Accept-Ranges", "bytes");
  if (const auto known = request.header("if-none-match"); known && matches_etag(*known, etag)) {
    response.status = 304;
    response.body = std::string();
    return response;
  }
  const auto wanted = request.header("range");
  const auto length = body_length(response.body);
  if (!wanted || !length) return response;
  if (const auto condition = request.header("if-range"); condition && trim(*condition) != etag) return response;
  const RangeChoice choice = choose_range(*wanted, *length);
  if (choice.kind == RangeKind::kUnsatisfiable) {
    Response refusal = problem_response(
        416, "range_not_satisfiable", "the range lies outside of the " + std::to_string(*length) + " bytes there are");
    for (const auto& [name, value] : response.headers) {
      if (name.starts_with("Access-Control-")) refusal.set(name, value);
    }
    refusal.set("Content-Range", quoted_length(*length));
    refusal.group = response.group;
    return refusal;
  }
  if (choice.kind == RangeKind::kPart) {
    response.status = 206;
    response.headers.emplace_back("Content-Range", "bytes " + std::to_string(choice.range.first) + "-" +
                                                       std::to_string(choice.range.last) + "/" +
                                                       std::to_string(*length));
    narrow(response.body, choice.range);
  }
  return response;
}

}  // namespace pier::net
