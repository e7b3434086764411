#include "s3/gateway.hpp"

#include <cstdlib>

#include <pier/core/file.hpp>
#include <pier/core/id.hpp>
#include <pier/core/json.hpp>

namespace pier::test {

using namespace storage;
using namespace storage::impl;

Result<Gateway> Gateway::find() {
  const char* path = std::getenv("PIER_S3_PEER");
  if (path == nullptr) {
    return fail(ErrorCode::kNotFound,
                "these tests need an S3 service: run them with ctest, or run tests/peers/rados_gateway.py start DIR "
                "and set PIER_S3_PEER=DIR/peer.json");
  }
  PIER_TRY(const std::string text, read_file(path));
  PIER_TRY(const json::value value, parse_json(text));
  const json::object& object = value.as_object();
  const auto field = [&](const char* name) { return string_or(object, name, ""); };
  return Gateway{field("endpoint"), field("tls_endpoint"),     field("ca"),
                 field("bucket"),   field("versioned_bucket"), {field("access_key"), field("secret_key"), ""}};
}

S3Place Gateway::place_at(const std::string& where, const std::string& in_bucket, const std::string& prefix) const {
  auto parsed = parse_s3_url("s3://" + in_bucket + "/" + prefix + "?endpoint=" + where);
  return parsed ? *parsed : S3Place();
}

S3Place Gateway::place(const std::string& prefix) const {
  return place_at(endpoint, bucket, prefix);
}

std::string new_prefix() {
  return "t-" + new_uuid7() + "/栈 桥+&";
}

Result<void> put_raw(S3Client& client, const std::string& name, ByteView bytes) {
  S3Request request;
  request.method = "PUT";
  request.key = client.place().prefix + name;
  request.body = {bytes, -1, 0, bytes.size()};
  request.payload = to_hex(sha256(bytes));
  PIER_CHECK(client.expect(request, "put"));
  return {};
}

StoreOptions quick_options(const std::string& spool) {
  using namespace std::chrono_literals;
  return {spool, 2s, 10s, 20s};
}

}  // namespace pier::test
