#pragma once
// Copies objects from one store to another, several at a time, each checked against its row and read back.

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <span>

#include <pier/core/result.hpp>
#include <pier/storage/object_store.hpp>

namespace pier::workflows::impl {

class ObjectMove {
 public:
  /// `on_bytes`: called one at a time with the bytes done since the last call; each object counts twice its size,
  /// written and read back. Gives false to stop.
  ObjectMove(storage::ObjectStore& from, storage::ObjectStore& to, std::function<bool(uint64_t)> on_bytes)
      : x_from(from), x_to(to), x_on_bytes(std::move(on_bytes)) {}

  /// What is there already with its size and digest is not written again. The first error ends all.
  Result<void> run(std::span<const storage::ObjectInfo> objects);

  int64_t copied() const { return x_copied; }

 private:
  Result<void> move_one(const storage::ObjectInfo& object);
  Result<bool> stands(const storage::ObjectInfo& object);
  Result<void> copy(const storage::ObjectInfo& object);
  Result<void> read_back(const storage::ObjectInfo& object);
  Result<void> tell(uint64_t bytes);

  storage::ObjectStore& x_from;
  storage::ObjectStore& x_to;
  std::function<bool(uint64_t)> x_on_bytes;
  std::mutex x_telling;
  std::atomic<int64_t> x_copied{0};
  std::atomic<bool> x_stop{false};
};

}  // namespace pier::workflows::impl
