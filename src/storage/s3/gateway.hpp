#pragma once
// For tests: the S3 service that ctest started (tests/peers/rados_gateway.py).

#include <memory>
#include <string>

#include <pier/storage/object_store.hpp>

#include "s3/s3_client.hpp"

namespace pier::test {

struct Gateway {
  std::string endpoint, tls_endpoint, ca;
  std::string bucket, versioned_bucket;
  storage::impl::Credentials credentials;

  /// Of the file PIER_S3_PEER; the error says how to get one.
  static Result<Gateway> find();

  storage::impl::S3Place place(const std::string& prefix) const;
  storage::impl::S3Place place_at(const std::string& endpoint, const std::string& bucket,
                                  const std::string& prefix) const;
};

/// A prefix no other test uses.
std::string new_prefix();

/// Puts bytes at a key of the place as any other program would: unconditionally.
Result<void> put_raw(storage::impl::S3Client& client, const std::string& name, ByteView bytes);

/// Options with short waits.
storage::StoreOptions quick_options(const std::string& spool);

}  // namespace pier::test
