#include "s3/aws_signature.hpp"

#include <algorithm>
#include <array>
#include <ctime>

#include <openssl/evp.h>
#include <openssl/hmac.h>

namespace pier::storage::impl {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";

bool is_unreserved(unsigned char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

/// "20130524T000000Z"
std::string date_text(WallTime time) {
  const std::time_t seconds = time / 1'000'000;
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  std::array<char, 32> text{};
  const size_t size = std::strftime(text.data(), text.size(), "%Y%m%dT%H%M%SZ", &parts);
  return {text.data(), size};
}

std::string scope_text(std::string_view date, std::string_view region) {
  std::string text(date.substr(0, 8));
  return text.append("/").append(region).append("/s3/aws4_request");
}

std::string signed_names(const Fields& headers) {
  std::string names;
  for (const auto& [name, value] : headers) {
    if (!names.empty()) names += ';';
    names += name;
  }
  return names;
}

/// Blanks around a value do not count, runs of blanks inside count as one.
std::string trimmed(std::string_view value) {
  std::string out;
  for (const char c : value) {
    if (c == ' ' && (out.empty() || out.back() == ' ')) continue;
    out += c;
  }
  if (out.ends_with(' ')) out.pop_back();
  return out;
}

std::string signature(const SignedRequest& request, const Credentials& credentials, const SigningScope& scope) {
  const std::string date = date_text(scope.time);
  std::string text(kAlgorithm);
  text.append("\n").append(date).append("\n").append(scope_text(date, scope.region)).append("\n");
  text += to_hex(sha256(as_bytes(canonical_request(request))));
  Sha256 key = hmac_sha256(as_bytes("AWS4" + credentials.secret_key), as_bytes(date.substr(0, 8)));
  key = hmac_sha256(key, as_bytes(scope.region));
  key = hmac_sha256(key, as_bytes("s3"));
  key = hmac_sha256(key, as_bytes("aws4_request"));
  return to_hex(hmac_sha256(key, as_bytes(text)));
}

}  // namespace

std::string aws_encode(std::string_view text, bool keep_slash) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (is_unreserved(byte) || (keep_slash && c == '/')) {
      out += c;
    } else {
      out.append({'%', kDigits[byte >> 4U], kDigits[byte & 15U]});
    }
  }
  return out;
}

std::string canonical_query(const Fields& query) {
  Fields encoded;
  for (const auto& [name, value] : query) encoded.emplace_back(aws_encode(name, false), aws_encode(value, false));
  std::ranges::sort(encoded);
  std::string text;
  for (const auto& [name, value] : encoded) {
    if (!text.empty()) text += '&';
    text.append(name).append("=").append(value);
  }
  return text;
}

std::string canonical_request(const SignedRequest& request) {
  Fields headers = request.headers;
  std::ranges::sort(headers);
  std::string text(request.method);
  text.append("\n").append(request.path).append("\n").append(request.query).append("\n");
  for (const auto& [name, value] : headers) text.append(name).append(":").append(trimmed(value)).append("\n");
  return text.append("\n").append(signed_names(headers)).append("\n").append(request.payload);
}

Fields sign_headers(SignedRequest request, const Credentials& credentials, const SigningScope& scope) {
  const std::string date = date_text(scope.time);
  request.headers.emplace_back("x-amz-date", date);
  request.headers.emplace_back("x-amz-content-sha256", request.payload);
  if (!credentials.session_token.empty()) {
    request.headers.emplace_back("x-amz-security-token", credentials.session_token);
  }
  std::ranges::sort(request.headers);
  std::string value(kAlgorithm);
  value.append(" Credential=").append(credentials.access_key).append("/").append(scope_text(date, scope.region));
  value.append(",SignedHeaders=").append(signed_names(request.headers));
  value.append(",Signature=").append(signature(request, credentials, scope));
  Fields headers = std::move(request.headers);
  headers.emplace_back("authorization", std::move(value));
  return headers;
}

std::string sign_query(SignedRequest request, Fields query, const Credentials& credentials, const SigningScope& scope,
                       int64_t valid_seconds) {
  const std::string date = date_text(scope.time);
  query.emplace_back("X-Amz-Algorithm", kAlgorithm);
  query.emplace_back("X-Amz-Credential", credentials.access_key + "/" + scope_text(date, scope.region));
  query.emplace_back("X-Amz-Date", date);
  query.emplace_back("X-Amz-Expires", std::to_string(valid_seconds));
  query.emplace_back("X-Amz-SignedHeaders", signed_names(request.headers));
  if (!credentials.session_token.empty()) query.emplace_back("X-Amz-Security-Token", credentials.session_token);
  std::string text = canonical_query(query);
  request.query = text;
  request.payload = kUnsignedPayload;
  const std::string sign = signature(request, credentials, scope);
  return text.append("&X-Amz-Signature=").append(sign);
}

Sha256 hmac_sha256(ByteView key, ByteView message) {
  Sha256 out{};
  unsigned size = 0;
  ::HMAC(::EVP_sha256(), key.data(), static_cast<int>(key.size()),
         reinterpret_cast<const unsigned char*>(message.data()), message.size(),
         reinterpret_cast<unsigned char*>(out.data()), &size);
  return out;
}

Md5 md5(ByteView bytes) {
  Md5 out{};
  unsigned size = 0;
  ::EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(out.data()), &size, ::EVP_md5(), nullptr);
  return out;
}

}  // namespace pier::storage::impl
