#include "s3/store_url.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include <pier/core/bytes.hpp>

#include "s3/aws_signature.hpp"

namespace pier::storage::impl {
namespace {

constexpr std::string_view kScheme = "s3://";
constexpr std::string_view kForm = "s3://bucket/prefix?endpoint=http://host:port&region=name";
constexpr size_t kLongestPrefix = 500;  // S3 takes keys of 1024 bytes

Failure bad_url(const std::string& what) {
  return fail(ErrorCode::kInvalidArgument, "the store URL " + what + "; it is written " + std::string(kForm));
}

bool is_lower_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool is_bucket(std::string_view name) {
  const auto allowed = [](char c) { return is_lower_or_digit(c) || c == '-' || c == '.'; };
  return name.size() >= 3 && name.size() <= 63 && std::ranges::all_of(name, allowed) &&
         is_lower_or_digit(name.front()) && is_lower_or_digit(name.back()) && name.find("..") == std::string_view::npos;
}

int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<std::string> decode(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (i + 2 >= text.size() || digit_of(text[i + 1]) < 0 || digit_of(text[i + 2]) < 0) return std::nullopt;
    out += static_cast<char>(digit_of(text[i + 1]) * 16 + digit_of(text[i + 2]));
    i += 2;
  }
  const bool plain =
      std::ranges::none_of(out, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  return plain && is_utf8(out) ? std::optional(std::move(out)) : std::nullopt;
}

/// Takes the text up to `mark` off the front; the rest stays in `text`.
std::string_view take_until(std::string_view& text, char mark) {
  const size_t at = text.find(mark);
  const std::string_view head = text.substr(0, at);
  text = at == std::string_view::npos ? std::string_view() : text.substr(at + 1);
  return head;
}

Result<std::string> parse_prefix(std::string_view text) {
  auto prefix = decode(text);
  if (!prefix || prefix->size() > kLongestPrefix) return bad_url("has a prefix that is no UTF-8 text or too long");
  while (prefix->starts_with('/')) prefix->erase(0, 1);
  while (prefix->ends_with('/')) prefix->pop_back();
  if (prefix->empty()) return std::string();
  std::string_view rest = *prefix;
  while (!rest.empty()) {
    const std::string_view segment = take_until(rest, '/');
    if (segment.empty() || segment == "." || segment == "..") return bad_url("has a prefix with an empty or dot part");
  }
  return *prefix + "/";
}

bool is_host(std::string_view host) {
  const bool bracketed = host.starts_with('[') && host.ends_with(']') && host.size() > 2;
  if (bracketed) host = host.substr(1, host.size() - 2);
  const auto allowed = [&](char c) {
    return is_lower_or_digit(c) || (c >= 'A' && c <= 'Z') || c == '-' || c == '.' || (bracketed && c == ':');
  };
  return !host.empty() && host.size() <= 253 && std::ranges::all_of(host, allowed) && !host.starts_with('-');
}

Result<void> parse_endpoint(std::string_view text, S3Place& place) {
  const std::string_view scheme = text.substr(0, text.find("://"));
  if (scheme != "http" && scheme != "https") return bad_url("names an endpoint that is neither http:// nor https://");
  place.scheme = scheme;
  std::string_view host = text.substr(scheme.size() + 3);
  if (host.ends_with('/')) host.remove_suffix(1);
  const size_t colon = host.ends_with(']') ? std::string_view::npos : host.rfind(':');
  std::string port;
  if (colon != std::string_view::npos) {
    port = host.substr(colon + 1);
    host = host.substr(0, colon);
    uint16_t number = 0;
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
    if (error != std::errc() || end != port.data() + port.size() || number == 0) {
      return bad_url("names an endpoint whose port is no number from 1 to 65535");
    }
    port = number == (scheme == "http" ? 80 : 443) ? std::string() : ":" + std::to_string(number);
  }
  if (!is_host(host)) return bad_url("names an endpoint that is not http://host:port");
  place.host = std::string(host) + port;
  return {};
}

struct Parameters {
  std::string endpoint, style;
};

Result<Parameters> parse_query(std::string_view query, S3Place& place) {
  Parameters found;
  while (!query.empty()) {
    std::string_view pair = take_until(query, '&');
    const std::string_view name = take_until(pair, '=');
    const auto value = decode(pair);
    if (!value || value->empty()) return bad_url("has a parameter without a readable value");
    if (name == "endpoint") {
      found.endpoint = *value;
    } else if (name == "region") {
      const auto allowed = [](char c) { return is_lower_or_digit(c) || c == '-' || c == '_'; };
      if (value->size() > 64 || !std::ranges::all_of(*value, allowed)) return bad_url("names no region");
      place.region = *value;
    } else if (name == "style" && (*value == "path" || *value == "virtual")) {
      found.style = *value;
    } else {
      return bad_url(
          "may have the parameters endpoint, region and style=path|virtual only (keys of the account come from "
          "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY or a credentials file)");
    }
  }
  return found;
}

}  // namespace

std::string S3Place::path(std::string_view whole_key) const {
  std::string text = "/";
  if (bucket_in_path) text.append(bucket).append(whole_key.empty() ? "" : "/");
  return text.append(aws_encode(whole_key, true));
}

std::string S3Place::describe() const {
  std::string text = "S3 bucket " + bucket + " at " + url();
  if (!prefix.empty()) text.append(", prefix ").append(prefix);
  return text;
}

bool is_s3_url(std::string_view url) {
  return url.starts_with(kScheme);
}

Result<S3Place> parse_s3_url(std::string_view url) {
  if (!is_s3_url(url)) return bad_url("does not begin with s3://");
  url.remove_prefix(kScheme.size());
  if (url.find('#') != std::string_view::npos) return bad_url("has a '#'; write it %23");
  std::string_view query = url;
  std::string_view path = take_until(query, '?');
  S3Place place;
  const std::string_view bucket = take_until(path, '/');
  if (bucket.find('@') != std::string_view::npos) {
    return bad_url("holds a name or a password; these come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY");
  }
  if (!is_bucket(bucket)) return bad_url("has no valid bucket name (3 to 63 of a-z, 0-9, '-', '.')");
  place.bucket = bucket;
  PIER_TRY(place.prefix, parse_prefix(path));
  PIER_TRY(const Parameters parameters, parse_query(query, place));
  const bool amazon = parameters.endpoint.empty();
  PIER_CHECK(parse_endpoint(amazon ? "https://s3." + place.region + ".amazonaws.com" : parameters.endpoint, place));
  // A certificate for *.s3.region.amazonaws.com does not cover a bucket with dots.
  const bool virtual_host =
      parameters.style.empty() ? amazon && place.bucket.find('.') == std::string::npos : parameters.style == "virtual";
  if (virtual_host) {
    place.host = place.bucket + "." + place.host;
    place.bucket_in_path = false;
  }
  return place;
}

}  // namespace pier::storage::impl
