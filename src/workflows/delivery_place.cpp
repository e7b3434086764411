#include "delivery_place.hpp"

#include <cerrno>

#include <sys/mman.h>

namespace pier::workflows::impl {

Result<void> DeliveryPlace::open(const DeliverRequest& request) {
  x_folder = request.folder;
  x_receipts = request.receipts.empty() ? request.folder + "/receipts" : request.receipts;
  if (storage::is_drop_url(request.folder)) {
    if (request.receipts.empty()) {
      return fail(
          ErrorCode::kInvalidArgument,
          "receipts stay on this machine: --receipts names their folder, which also has to hold one file at a time");
    }
    PIER_TRY(x_drop, storage::open_drop(request.folder, request.access));
  }
  if (request.dry_run) return {};
  if (!x_drop) PIER_CHECK(make_directories(x_folder));
  return make_directories(x_receipts);
}

std::string DeliveryPlace::place_of(const std::string& name) const {
  return x_drop ? x_drop->place_of(name) : x_folder + "/" + name;
}

Result<std::optional<uint64_t>> DeliveryPlace::size_of(const std::string& name) {
  if (x_drop) return x_drop->size_of(name);
  const auto fd = open_read(place_of(name));
  if (!fd && fd.error().code == ErrorCode::kNotFound) return std::nullopt;
  if (!fd) return Failure(fd.error());
  PIER_TRY(const FileState state, file_state(fd->get()));
  return state.size;
}

Result<std::optional<deliver::Digests>> DeliveryPlace::digests_of(const std::string& name) {
  if (x_drop) return std::nullopt;
  PIER_TRY(const UniqueFd fd, open_read(place_of(name)));
  PIER_TRY(deliver::Digests digests, deliver::digests_of(fd.get()));
  return std::optional(std::move(digests));
}

Result<deliver::OutputFile> DeliveryPlace::create(const std::string& name, bool replace) const {
  return deliver::OutputFile::create(x_drop ? x_receipts + "/." + name : place_of(name), replace || x_drop != nullptr);
}

Result<void> DeliveryPlace::deliver(deliver::OutputFile& file, const std::string& name, const deliver::Digests& digests,
                                    bool replace) {
  return x_drop ? x_drop->put({name, file.fd(), digests.bytes, digests.sha256}, replace) : file.publish();
}

Result<void> DeliveryPlace::put_text(const std::string& name, const std::string& text) {
  if (!x_drop) return replace_file(place_of(name), as_bytes(text));
  const UniqueFd file(::memfd_create("sidecar", MFD_CLOEXEC));
  if (!file) return Failure(errno_error(errno, "cannot write " + display_text(name)));
  PIER_CHECK(write_all(file.get(), as_bytes(text)));
  return x_drop->put({name, file.get(), text.size(), to_hex(sha256(as_bytes(text)))}, true);
}

}  // namespace pier::workflows::impl
