#pragma once
// AWS Signature Version 4 for S3: pure functions, in a header or in a query ("presigned").

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <pier/core/bytes.hpp>
#include <pier/core/clock.hpp>

namespace pier::storage::impl {

struct Credentials {
  std::string access_key;
  std::string secret_key;     // never in a message
  std::string session_token;  // may be empty
};

using Fields = std::vector<std::pair<std::string, std::string>>;

/// The payload is signed by its SHA-256 in lower-case hexadecimal, or not at all:
constexpr std::string_view kUnsignedPayload = "UNSIGNED-PAYLOAD";

/// RFC 3986: everything but unreserved characters becomes %XX of its bytes; '/' stays when `keep_slash`.
std::string aws_encode(std::string_view text, bool keep_slash);
/// "a=1&b=" of names and values not yet encoded, sorted as the signature wants it; the same text goes into the URL.
std::string canonical_query(const Fields& query);

/// What is signed of one request. Path and query are encoded as they go over the wire.
struct SignedRequest {
  std::string_view method;
  std::string_view path;   // "/bucket/key"
  std::string_view query;  // canonical_query()
  Fields headers;          // lower-case names, "host" among them; all of them are signed
  std::string_view payload = kUnsignedPayload;
};

struct SigningScope {
  std::string region;
  WallTime time = 0;
};

/// Text of the canonical request; for tests and for reading a refused signature.
std::string canonical_request(const SignedRequest& request);
/// Adds x-amz-date, x-amz-content-sha256, x-amz-security-token and authorization to the headers.
Fields sign_headers(SignedRequest request, const Credentials& credentials, const SigningScope& scope);
/// The whole query of a presigned request, signature included; `headers` must hold "host" only.
std::string sign_query(SignedRequest request, Fields query, const Credentials& credentials, const SigningScope& scope,
                       int64_t valid_seconds);

Sha256 hmac_sha256(ByteView key, ByteView message);
using Md5 = std::array<std::byte, 16>;
/// RFC 1321, only where S3 wants it: Content-MD5 and the ETag of what was sent.
Md5 md5(ByteView bytes);

}  // namespace pier::storage::impl
