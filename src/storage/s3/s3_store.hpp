#pragma once
// The S3 engine, when everything it is opened with is known.

#include <memory>

#include <pier/storage/object_store.hpp>

#include "s3/s3_client.hpp"

namespace pier::storage::impl {

/// Asks the service for the bucket: a wrong key, secret, bucket or address is an error here.
Result<std::unique_ptr<ObjectStore>> open_s3_store(S3Place place, Credentials credentials, const StoreOptions& options,
                                                   std::string ca_file);

}  // namespace pier::storage::impl
