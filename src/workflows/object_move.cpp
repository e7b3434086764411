#include "object_move.hpp"

#include <algorithm>
#include <thread>
#include <vector>

#include <pier/core/concurrency.hpp>

namespace pier::workflows::impl {
namespace {

constexpr size_t kAtOnce = 4;
constexpr size_t kPiece = size_t{1} << 20U;

using storage::ObjectInfo;

Failure damaged(ErrorCode code, const ObjectInfo& object, const storage::ObjectStore& store, const std::string& what) {
  return fail(code, "object " + to_string(object.key) + " in the " + store.describe() + " " + what +
                        "; restore it from a copy, or delete its asset and publish it again, then call again");
}

}  // namespace

Result<void> ObjectMove::tell(uint64_t bytes) {
  const std::lock_guard lock(x_telling);
  if (!x_stop && x_on_bytes && !x_on_bytes(bytes)) x_stop = true;
  if (!x_stop) return {};
  return fail(ErrorCode::kCancelled, "stopped while objects were copied");
}

Result<void> ObjectMove::read_back(const ObjectInfo& object) {
  uint64_t told = 0;
  Result<void> going;
  const auto held = storage::verify(x_to, object, [&](uint64_t done) {
    going = tell(done - told);
    told = done;
    return going.has_value();
  });
  return going ? held : going;
}

Result<bool> ObjectMove::stands(const ObjectInfo& object) {
  const auto there = x_to.head(object.key);
  if (!there && there.error().code == ErrorCode::kNotFound) return false;
  if (!there) return Failure(there.error());
  if (there->size == object.size) {
    const auto held = read_back(object);
    if (held) {
      PIER_CHECK(tell(object.size));
      return true;
    }
    if (held.error().code != ErrorCode::kVerifyFailed && held.error().code != ErrorCode::kTruncated)
      return Failure(held.error());
  }
  PIER_CHECK(x_to.remove(object.key));
  return false;
}

Result<void> ObjectMove::copy(const ObjectInfo& object) {
  PIER_TRY(const auto reader, x_from.open(object.key));
  if (reader->size() != object.size) {
    return damaged(ErrorCode::kTruncated, object, x_from,
                   "has " + std::to_string(reader->size()) + " bytes, its row says " + std::to_string(object.size));
  }
  PIER_TRY(const auto writer, x_to.create(object.key, object.size));
  Bytes piece(std::clamp<uint64_t>(object.size, 1, kPiece));
  for (uint64_t at = 0; at < object.size;) {
    PIER_TRY(const size_t count, reader->read_at(at, piece));
    if (count == 0) return damaged(ErrorCode::kTruncated, object, x_from, "became shorter while it was read");
    PIER_CHECK(writer->write(ByteView(piece).first(count)));
    at += count;
    PIER_CHECK(tell(count));
  }
  PIER_TRY(const ObjectInfo written, writer->commit());
  ++x_copied;
  if (written.sha256 == object.sha256 && written.size == object.size) return {};
  PIER_CHECK(x_to.remove(object.key));
  return damaged(ErrorCode::kVerifyFailed, object, x_from, "does not have the SHA-256 of its row");
}

Result<void> ObjectMove::move_one(const ObjectInfo& object) {
  PIER_TRY(const bool there, stands(object));
  if (there) return {};
  PIER_CHECK(copy(object));
  return read_back(object);
}

Result<void> ObjectMove::run(std::span<const ObjectInfo> objects) {
  std::atomic<size_t> next{0};
  Guarded<Result<void>> outcome;
  const auto work = [&] {
    for (size_t i = next++; i < objects.size() && !x_stop; i = next++) {
      const Result<void> done = move_one(objects[i]);
      if (done) continue;
      // The first one says why; the others end because it did.
      outcome.with([&](Result<void>& first) {
        if (first) first = done;
      });
      x_stop = true;
    }
  };
  std::vector<std::jthread> threads;
  for (size_t i = 1; i < std::min(kAtOnce, objects.size()); ++i) threads.emplace_back(work);
  work();
  threads.clear();
  return outcome.with([](const Result<void>& first) { return first; });
}

}  // namespace pier::workflows::impl
