#pragma once
// Where `pier deliver` puts files: a folder, or a place of others by S3 or SFTP.

#include <memory>

#include <pier/deliver/output_file.hpp>
#include <pier/deliver/receipt.hpp>
#include <pier/storage/file_drop.hpp>
#include <pier/workflows/deliveries.hpp>

namespace pier::workflows::impl {

class DeliveryPlace {
 public:
  /// Makes the folders unless it is a dry run. kInvalidArgument: a place of others without a folder for receipts.
  Result<void> open(const DeliverRequest& request);

  const std::string& receipts() const { return x_receipts; }
  std::string place_of(const std::string& name) const;
  Result<std::optional<uint64_t>> size_of(const std::string& name);
  /// Of a file that is there, where that can be had without fetching it: of a folder only.
  Result<std::optional<deliver::Digests>> digests_of(const std::string& name);
  /// A file to write, which has no name until deliver(). On this machine, where receipts are, for a place of others.
  Result<deliver::OutputFile> create(const std::string& name, bool replace) const;
  Result<void> deliver(deliver::OutputFile& file, const std::string& name, const deliver::Digests& digests,
                       bool replace);
  Result<void> put_text(const std::string& name, const std::string& text);

 private:
  std::string x_folder, x_receipts;
  std::unique_ptr<storage::FileDrop> x_drop;
};

}  // namespace pier::workflows::impl
