#pragma once
// Objects as files for those who need one (sandboxed children, mmap), whatever the engine.

#include <cstdint>
#include <list>
#include <memory>
#include <string>

#include <pier/core/concurrency.hpp>
#include <pier/core/file.hpp>
#include <pier/storage/object_store.hpp>

namespace pier::storage {

/// Thread-safe. Copies are nameless files: nothing is left of them when the process ends, however it ends.
class LocalCopies {
 public:
  /// Copies lie in `directory`, made when it is missing; up to `capacity` bytes of them are kept for the next who asks,
  /// the least used go first. One larger object is copied all the same, and its place given back after use.
  LocalCopies(std::string directory, uint64_t capacity);
  ~LocalCopies();

  /// A read-only descriptor with a file offset of its own: of the engine's file, or of a local copy of the whole
  /// object, fetched once however many ask. Errors: of reading the object; kNoSpace, kPermission name the directory.
  Result<UniqueFd> file_of(const ObjectReader& reader);
  /// Keeps none of the copies there are: what nobody has open gives its room back.
  void drop();

 private:
  struct Copy;
  std::shared_ptr<Copy> find(const ObjectKey& key, uint64_t size);
  void trim();
  void forget(const std::shared_ptr<Copy>& copy);

  const std::string x_directory;
  const uint64_t x_capacity;
  Guarded<std::list<std::shared_ptr<Copy>>> x_copies;  // the last used first
};

}  // namespace pier::storage
