#include <algorithm>
#include <cerrno>
#include <mutex>

#include <fcntl.h>

#include <pier/storage/local_copies.hpp>

#include "spool.hpp"

namespace pier::storage {
namespace {

constexpr size_t kBlock = size_t{4} << 20U;

/// The same file with an offset of its own: a duplicate would share one with every other user.
Result<UniqueFd> opened_anew(int fd) {
  UniqueFd fresh(::open(("/proc/self/fd/" + std::to_string(fd)).c_str(), O_RDONLY | O_CLOEXEC));
  if (!fresh) return Failure(errno_error(errno, "cannot open the file of an object again"));
  return fresh;
}

}  // namespace

struct LocalCopies::Copy {
  Copy(ObjectKey of, uint64_t bytes) : key(std::move(of)), size(bytes) {}
  Result<void> fetch(const ObjectReader& reader, const std::string& directory);

  const ObjectKey key;
  const uint64_t size;
  std::mutex busy;  // while the bytes are fetched
  UniqueFd file;
};

Result<void> LocalCopies::Copy::fetch(const ObjectReader& reader, const std::string& directory) {
  PIER_CHECK(make_directories(directory));
  PIER_TRY(UniqueFd fresh, impl::nameless_file(directory));
  Bytes block(std::min<uint64_t>(kBlock, std::max<uint64_t>(size, 1)));
  for (uint64_t done = 0; done < size;) {
    PIER_TRY(const size_t count, reader.read_at(done, block));
    if (count == 0)
      return fail(ErrorCode::kTruncated, "object " + to_string(key) + " became shorter while it was read");
    const auto written = write_all(fresh.get(), ByteView(block).first(count));
    if (!written) return Failure(impl::spool_error(directory, written.error()));
    done += count;
  }
  file = std::move(fresh);
  return {};
}

LocalCopies::LocalCopies(std::string directory, uint64_t capacity)
    : x_directory(std::move(directory)), x_capacity(capacity) {}
LocalCopies::~LocalCopies() = default;

std::shared_ptr<LocalCopies::Copy> LocalCopies::find(const ObjectKey& key, uint64_t size) {
  return x_copies.with([&](auto& copies) {
    const auto found = std::ranges::find_if(copies, [&](const auto& copy) { return copy->key == key; });
    if (found == copies.end()) {
      copies.push_front(std::make_shared<Copy>(key, size));
    } else {
      copies.splice(copies.begin(), copies, found);
    }
    return copies.front();
  });
}

void LocalCopies::trim() {
  x_copies.with([&](auto& copies) {
    uint64_t kept = 0;
    std::erase_if(copies, [&](const auto& copy) { return (kept += copy->size) > x_capacity; });
  });
}

void LocalCopies::forget(const std::shared_ptr<Copy>& copy) {
  x_copies.with([&](auto& copies) { copies.remove(copy); });
}

void LocalCopies::drop() {
  x_copies.with([](auto& copies) { copies.clear(); });
}

Result<UniqueFd> LocalCopies::file_of(const ObjectReader& reader) {
  if (reader.fd() >= 0) return opened_anew(reader.fd());
  const std::shared_ptr<Copy> copy = find(reader.key(), reader.size());
  const std::lock_guard lock(copy->busy);
  if (!copy->file) {
    const auto fetched = copy->fetch(reader, x_directory);
    if (!fetched) {
      forget(copy);
      return Failure(fetched.error());
    }
    trim();
  }
  return opened_anew(copy->file.get());
}

}  // namespace pier::storage
