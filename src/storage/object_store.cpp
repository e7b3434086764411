#include <algorithm>

#include <pier/storage/object_store.hpp>

namespace pier::storage {
namespace {

constexpr size_t kReadBytes = size_t{1} << 20U;

}  // namespace

Result<ObjectInfo> put(ObjectStore& store, const ObjectKey& key, ByteView bytes) {
  PIER_TRY(auto writer, store.create(key));
  PIER_CHECK(writer->write(bytes));
  return writer->commit();
}

Result<Bytes> read_all(ObjectStore& store, const ObjectKey& key, uint64_t limit) {
  PIER_TRY(auto reader, store.open(key));
  if (reader->size() > limit) {
    return fail(ErrorCode::kTooLarge, "object " + to_string(key) + " has " + std::to_string(reader->size()) +
                                          " bytes, more than the limit of " + std::to_string(limit));
  }
  Bytes bytes(reader->size());
  PIER_TRY(const size_t count, reader->read_at(0, bytes));
  if (count != bytes.size()) {
    return fail(ErrorCode::kTruncated, "object " + to_string(key) + " became shorter while it was read");
  }
  return bytes;
}

Result<void> verify(ObjectStore& store, const ObjectInfo& expected, const std::function<bool(uint64_t)>& on_progress) {
  PIER_TRY(auto reader, store.open(expected.key));
  const std::string name = "object " + to_string(expected.key);
  if (reader->size() < expected.size) {
    return fail(ErrorCode::kTruncated,
                name + " has " + std::to_string(reader->size()) + " of " + std::to_string(expected.size) + " bytes");
  }
  if (reader->size() > expected.size) {
    return fail(ErrorCode::kVerifyFailed, name + " has " + std::to_string(reader->size()) + " bytes, its row says " +
                                              std::to_string(expected.size));
  }
  Sha256Stream digest;
  Bytes buffer(std::min<uint64_t>(kReadBytes, std::max<uint64_t>(expected.size, 1)));
  uint64_t done = 0;
  while (done < expected.size) {
    PIER_TRY(const size_t count, reader->read_at(done, buffer));
    if (count == 0) return fail(ErrorCode::kTruncated, name + " became shorter while it was read");
    digest.update(ByteView(buffer).first(count));
    done += count;
    if (on_progress && !on_progress(done)) return fail(ErrorCode::kCancelled, name + ": check stopped");
  }
  if (digest.finish() != expected.sha256) {
    return fail(ErrorCode::kVerifyFailed, name + " does not have the SHA-256 of its row: its bytes were damaged");
  }
  return {};
}

}  // namespace pier::storage
