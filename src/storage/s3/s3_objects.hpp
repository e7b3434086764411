#pragma once
// Writer and reader of the S3 engine.

#include <map>
#include <memory>
#include <string>
#include <utility>

#include <pier/core/concurrency.hpp>
#include <pier/core/file.hpp>
#include <pier/storage/object_store.hpp>

#include "s3/part_plan.hpp"
#include "s3/s3_client.hpp"
#include "spool.hpp"

namespace pier::storage::impl {

/// What store, writers and readers share; lives as long as the last of them.
struct S3Shared {
  S3Shared(S3Place place, Credentials credentials, const StoreOptions& given, std::string ca_file);

  /// Key as the service knows it, prefix included.
  std::string whole(const ObjectKey& key) const { return client.place().prefix + to_string(key); }
  /// A nameless file in the spool directory.
  Result<UniqueFd> spool_file() const { return nameless_file(options.spool_directory); }
  Error spool_error(Error error) const { return impl::spool_error(options.spool_directory, std::move(error)); }

  const StoreOptions options;
  S3Client client;
  Guarded<std::map<std::string, int>> writing;  // keys that writers of this store hold
};

std::unique_ptr<ObjectWriter> make_s3_writer(std::shared_ptr<S3Shared> shared, ObjectKey key, PartPlan plan);
Result<std::unique_ptr<ObjectReader>> open_s3_reader(std::shared_ptr<S3Shared> shared, const ObjectKey& key);

}  // namespace pier::storage::impl
