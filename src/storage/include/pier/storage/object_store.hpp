#pragma once
// Immutable objects. Engines: a directory; S3 behind the same interface.
//
// An object is written straight at its key: nothing is renamed or copied to get its name. So a file at a key proves
// nothing: AN OBJECT COUNTS ONLY WHEN ITS CATALOGUE ROW EXISTS (catalogue::add_object with what commit() gave). What a
// killed writer leaves is found by list() minus the rows and by remove_unfinished(): catalogue::sweep_orphans.
//
// Threads: a store is safe from many threads; a writer or reader belongs to one thread at a time (read_at of a reader
// may be called from many).

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <pier/core/bytes.hpp>
#include <pier/core/clock.hpp>
#include <pier/core/result.hpp>
#include <pier/storage/key.hpp>

namespace pier::storage {

/// What commit() proves about an object; belongs into the catalogue row.
struct ObjectInfo {
  ObjectKey key;
  uint64_t size = 0;
  Sha256 sha256{};
};

/// What the engine knows without reading: no digest.
struct ObjectStat {
  ObjectKey key;
  uint64_t size = 0;
  WallTime modified = 0;  // last write
};

/// One object in the making. Destroyed without commit() it leaves nothing behind.
class ObjectWriter {
 public:
  virtual ~ObjectWriter() = default;

  virtual const ObjectKey& key() const = 0;

  /// A descriptor for reading, writing and seeking that may be handed to a sandboxed child; owned by the writer.
  /// Once asked for, commit() takes size and digest by reading the file back. Whoever got it must have finished
  /// (child exited) before commit(). S3: a nameless file in the spool directory, uploaded by commit(); ask before the
  /// first write, since what is on its way cannot be fetched back. -1 when there is none; the next write or commit()
  /// then says why.
  virtual int fd() = 0;

  /// Appends; the digest is taken on the way. Mixing with writes through fd() is allowed in sequence.
  /// kNoSpace when the disk, the file size limit or a quota is full, else kIo. S3: waits while several parts are on
  /// their way; needs at most 80 MiB.
  virtual Result<void> write(ByteView bytes) = 0;

  /// Makes bytes and name durable (fsync of file and directories; S3: checked digests and a look at what is there),
  /// closes. Once; afterwards destruction keeps the object. On error nothing is left.
  virtual Result<ObjectInfo> commit() = 0;
};

/// One whole object.
class ObjectReader {
 public:
  virtual ~ObjectReader() = default;

  virtual const ObjectKey& key() const = 0;
  virtual uint64_t size() const = 0;

  /// A read-only descriptor for sendfile, mmap or a child; owned by the reader; -1 when the engine has no file.
  virtual int fd() const = 0;

  /// Fills `out` from `offset`; fewer bytes only at the end of the object. Thread-safe. S3: kVerifyFailed when the
  /// object was replaced since open(), kNotFound when it was removed: never bytes of two objects.
  virtual Result<size_t> read_at(uint64_t offset, std::span<std::byte> out) const = 0;
};

class ObjectStore {
 public:
  virtual ~ObjectStore() = default;

  /// Conditional: kAlreadyExists when the key is taken, by a whole or a half object (S3: by a whole one, or a writer of
  /// this store; two processes are told apart at commit()). kNoSpace, kPermission (also a read-only file system) name
  /// the directory and what to do. `declared`: the length to come, where it is known: S3 cuts its parts by it
  /// (kTooLarge beyond 48 TiB); without it objects of up to 10 TB fit.
  virtual Result<std::unique_ptr<ObjectWriter>> create(const ObjectKey& key, std::optional<uint64_t> declared = {}) = 0;

  /// kNotFound when there is none.
  virtual Result<std::unique_ptr<ObjectReader>> open(const ObjectKey& key) = 0;
  virtual Result<ObjectStat> head(const ObjectKey& key) = 0;

  /// Every object whose key text starts with `prefix` ("" = all, "default/", "default/chunk/01"), in no order; half
  /// ones too where they stand under their key (directory). `visit` gives false to stop. Files that are no keys are
  /// passed over.
  virtual Result<void> list(std::string_view prefix, const std::function<bool(const ObjectStat&)>& visit) = 0;

  /// Idempotent: an object that is not there is removed. Open readers keep their bytes (S3: those already fetched).
  virtual Result<void> remove(const ObjectKey& key) = 0;

  /// Removes what writers that began before `before` left and list() does not show, gives how many: S3's multipart
  /// uploads. Their owners' writers fail. Time of the service's clock. The directory keeps nothing hidden: 0.
  virtual Result<uint64_t> remove_unfinished(WallTime before) = 0;

  /// Removes all there is of one organisation, rows or not, old versions and unfinished uploads too, and every trace
  /// of its name.
  virtual Result<void> erase(std::string_view organisation) = 0;

  /// Bytes a writer can still use; UINT64_MAX when the engine knows no limit.
  virtual Result<uint64_t> free_bytes() = 0;

  /// An address where anyone can GET the object for `valid` (1 s to 7 days) without keys; the object may not exist.
  /// kInputUnsupported where the engine has no such thing (directory).
  virtual Result<std::string> presign_get(const ObjectKey& key, std::chrono::seconds valid) = 0;

  /// Puts the mark of an owner on the whole store where there is none; gives the owner whose mark stands. So two owners
  /// do not sweep each other's objects. The mark is no object.
  virtual Result<std::string> claim(const std::string& owner) = 0;

  /// For messages and logs, without secrets: "directory /srv/pier/objects".
  virtual std::string describe() const = 0;
};

/// Objects as files `<path>/<organisation>/<kind>/<uuid>-<attempt>`; may lie on a network mount. Makes the directory
/// when it is missing. Errors: kPermission, kNoSpace, kInvalidArgument (not a directory), kIo.
Result<std::unique_ptr<ObjectStore>> open_directory_store(const std::string& path);

/// Name of the mark of claim(), in the folder or under the prefix of the store.
inline constexpr const char* kOwnerMark = ".pier-store";

struct StoreOptions {
  std::string spool_directory;                       // of S3 writers that need a file; empty: TMPDIR or /var/tmp
  std::chrono::milliseconds connect_timeout{5'000};  // of one attempt
  std::chrono::milliseconds stall_timeout{30'000};   // without one byte: the connection is given up, then tried again
  std::chrono::milliseconds patience{120'000};       // of one request with all its attempts, without progress
};

/// Is it s3://...?
bool is_remote_store(std::string_view url);

/// By URL: a path or "dir:/path" is a directory, "s3://bucket/prefix?endpoint=http://host:port&region=name" is S3.
/// Without an endpoint it is Amazon's; style=path|virtual says where the bucket's name goes. Keys come from
/// AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN or a credentials file (AWS_SHARED_CREDENTIALS_FILE,
/// AWS_PROFILE), never from the URL; certificates to trust from AWS_CA_BUNDLE. Asks the service, so that a wrong
/// key or bucket is an error here: kUnauthenticated, kPermission, kNotFound, kInvalidArgument, kTimeout, kIo.
Result<std::unique_ptr<ObjectStore>> open_store(const std::string& url, const StoreOptions& options = {});

/// Creates, writes and commits in one go.
Result<ObjectInfo> put(ObjectStore& store, const ObjectKey& key, ByteView bytes);

/// All bytes of a small object; kTooLarge beyond `limit`.
Result<Bytes> read_all(ObjectStore& store, const ObjectKey& key, uint64_t limit = 64U << 20U);

/// Reads the object and compares size and digest: kNotFound, kTruncated (shorter), kVerifyFailed (other bytes).
/// `on_progress` gets bytes done and gives false to stop (kCancelled).
Result<void> verify(ObjectStore& store, const ObjectInfo& expected,
                    const std::function<bool(uint64_t)>& on_progress = {});

}  // namespace pier::storage
