#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <memory>
#include <set>
#include <utility>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <pier/core/concurrency.hpp>
#include <pier/core/file.hpp>
#include <pier/storage/object_store.hpp>

namespace pier::storage {
namespace {

constexpr size_t kReadBytes = size_t{1} << 20U;
constexpr int kDirectoryFlags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW;

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};
using Directory = std::unique_ptr<DIR, CloseDirectory>;

std::string file_name(const ObjectKey& key) {
  return key.uuid + "-" + std::to_string(key.attempt);
}

/// The error of a failed write or create, with what to do next.
Error write_error(int number, const std::string& path, const ObjectKey& key) {
  Error error = errno_error(number, "cannot write object " + to_string(key) + " to directory " + display_text(path));
  if (number == ENOSPC || number == EDQUOT) {
    error.code = ErrorCode::kNoSpace;
    error.message += "; free space there or choose another place with --store";
  } else if (number == EROFS) {
    error.message += "; mount it writable or choose another place with --store";
  } else if (error.code == ErrorCode::kPermission) {
    error.message += "; give user " + std::to_string(::geteuid()) + " write access to it";
  }
  return error;
}

class DirectoryWriter final : public ObjectWriter {
 public:
  DirectoryWriter(std::string root, ObjectKey key, UniqueFd directory, UniqueFd file)
      : x_root(std::move(root)), x_key(std::move(key)), x_directory(std::move(directory)), x_file(std::move(file)) {}
  ~DirectoryWriter() override { abandon(); }

  const ObjectKey& key() const override { return x_key; }

  int fd() override {
    x_shared = true;
    return x_file.get();
  }

  Result<void> write(ByteView bytes) override {
    if (!x_file) return spent();
    if (x_shared && ::lseek(x_file.get(), 0, SEEK_END) < 0) return Failure(write_error(errno, x_root, x_key));
    while (!bytes.empty()) {
      const ssize_t count = ::write(x_file.get(), bytes.data(), bytes.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return Failure(write_error(errno, x_root, x_key));
      const ByteView written = bytes.first(static_cast<size_t>(count));
      if (!x_shared) x_digest.update(written);
      x_size += written.size();
      bytes = bytes.subspan(written.size());
    }
    return {};
  }

  Result<ObjectInfo> commit() override {
    if (!x_file) return spent();
    auto info = finish();
    if (!info) {
      abandon();
      return info;
    }
    x_file.reset();
    x_directory.reset();
    return info;
  }

 private:
  Result<ObjectInfo> finish() {
    if (x_shared) PIER_CHECK(read_back());
    // A committed object never changes: its mode says so too.
    if (::fchmod(x_file.get(), 0440) != 0 && errno != EPERM && errno != ENOSYS && errno != EOPNOTSUPP) {
      return Failure(write_error(errno, x_root, x_key));
    }
    if (::fsync(x_file.get()) != 0) return Failure(write_error(errno, x_root, x_key));
    const int file = x_file.release();
    // A network file system may tell of a full disk only here.
    if (::close(file) != 0 && errno != EINTR) return Failure(write_error(errno, x_root, x_key));
    if (::fsync(x_directory.get()) != 0) return Failure(write_error(errno, x_root, x_key));
    return ObjectInfo{x_key, x_size, x_digest.finish()};
  }

  Result<void> read_back() {
    x_digest = Sha256Stream();
    x_size = 0;
    Bytes buffer(kReadBytes);
    while (true) {
      PIER_TRY(const size_t count, pier::read_at(x_file.get(), x_size, buffer));
      if (count == 0) return {};
      x_digest.update(ByteView(buffer).first(count));
      x_size += count;
    }
  }

  void abandon() {
    if (!x_directory) return;
    ::unlinkat(x_directory.get(), file_name(x_key).c_str(), 0);
    x_file.reset();
    x_directory.reset();
  }

  Failure spent() const { return fail(ErrorCode::kInternal, "object " + to_string(x_key) + " is already committed"); }

  std::string x_root;
  ObjectKey x_key;
  UniqueFd x_directory;
  UniqueFd x_file;
  Sha256Stream x_digest;
  uint64_t x_size = 0;
  bool x_shared = false;
};

class DirectoryReader final : public ObjectReader {
 public:
  DirectoryReader(ObjectKey key, UniqueFd file, uint64_t size)
      : x_key(std::move(key)), x_file(std::move(file)), x_size(size) {}
  const ObjectKey& key() const override { return x_key; }
  uint64_t size() const override { return x_size; }
  int fd() const override { return x_file.get(); }
  Result<size_t> read_at(uint64_t offset, std::span<std::byte> out) const override {
    return pier::read_at(x_file.get(), offset, out);
  }

 private:
  ObjectKey x_key;
  UniqueFd x_file;
  uint64_t x_size;
};

class DirectoryStore final : public ObjectStore {
 public:
  DirectoryStore(std::string path, UniqueFd root) : x_path(std::move(path)), x_root(std::move(root)) {}

  Result<std::unique_ptr<ObjectWriter>> create(const ObjectKey& key, std::optional<uint64_t> declared) override;
  Result<std::unique_ptr<ObjectReader>> open(const ObjectKey& key) override;
  Result<ObjectStat> head(const ObjectKey& key) override;
  Result<void> list(std::string_view prefix, const std::function<bool(const ObjectStat&)>& visit) override;
  Result<void> remove(const ObjectKey& key) override;
  Result<uint64_t> remove_unfinished(WallTime) override { return 0; }
  Result<void> erase(std::string_view organisation) override;
  Result<uint64_t> free_bytes() override;
  Result<std::string> presign_get(const ObjectKey& key, std::chrono::seconds valid) override;
  Result<std::string> claim(const std::string& owner) override;
  std::string describe() const override { return "directory " + display_text(x_path); }

 private:
  Result<UniqueFd> open_parent(const ObjectKey& key) const;
  Result<UniqueFd> make_parent(const ObjectKey& key);
  Result<UniqueFd> make_level(int parent, const std::string& name, const ObjectKey& key) const;
  Error read_error(int number, const ObjectKey& key) const;
  bool list_kind(int organisation, const std::string& head, std::string_view prefix,
                 const std::function<bool(const ObjectStat&)>& visit) const;

  std::string x_path;
  UniqueFd x_root;
  Guarded<std::set<std::string>> x_durable;  // "<organisation>/<kind>" whose entries are known to be on the disk
};

Error DirectoryStore::read_error(int number, const ObjectKey& key) const {
  if (number == ENOENT) return {ErrorCode::kNotFound, "no object " + to_string(key) + " in " + describe(), {}};
  return errno_error(number, "cannot open object " + to_string(key) + " in " + describe());
}

Result<UniqueFd> DirectoryStore::open_parent(const ObjectKey& key) const {
  PIER_CHECK(check_key(key));
  const UniqueFd organisation(::openat(x_root.get(), key.organisation.c_str(), kDirectoryFlags));
  if (!organisation) return Failure(read_error(errno, key));
  UniqueFd kind(::openat(organisation.get(), key.kind.c_str(), kDirectoryFlags));
  if (!kind) return Failure(read_error(errno, key));
  return kind;
}

Result<UniqueFd> DirectoryStore::make_level(int parent, const std::string& name, const ObjectKey& key) const {
  if (::mkdirat(parent, name.c_str(), 0750) != 0 && errno != EEXIST) {
    return Failure(write_error(errno, x_path, key));
  }
  UniqueFd level(::openat(parent, name.c_str(), kDirectoryFlags));
  if (!level) return Failure(write_error(errno, x_path, key));
  if (::fsync(parent) != 0) return Failure(write_error(errno, x_path, key));
  return level;
}

Result<UniqueFd> DirectoryStore::make_parent(const ObjectKey& key) {
  const std::string name = key.organisation + "/" + key.kind;
  if (x_durable.with([&](const auto& names) { return names.contains(name); })) {
    if (auto found = open_parent(key)) return found;
  }
  PIER_CHECK(check_key(key));
  PIER_TRY(const UniqueFd organisation, make_level(x_root.get(), key.organisation, key));
  PIER_TRY(UniqueFd kind, make_level(organisation.get(), key.kind, key));
  x_durable.with([&](auto& names) { names.insert(name); });
  return kind;
}

Result<std::unique_ptr<ObjectWriter>> DirectoryStore::create(const ObjectKey& key, std::optional<uint64_t>) {
  PIER_TRY(UniqueFd parent, make_parent(key));
  UniqueFd file(
      ::openat(parent.get(), file_name(key).c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0640));
  if (!file && errno == EEXIST) {
    return fail(ErrorCode::kAlreadyExists, "object " + to_string(key) + " is already there in " + describe());
  }
  if (!file) return Failure(write_error(errno, x_path, key));
  return std::make_unique<DirectoryWriter>(x_path, key, std::move(parent), std::move(file));
}

Result<std::unique_ptr<ObjectReader>> DirectoryStore::open(const ObjectKey& key) {
  PIER_TRY(const UniqueFd parent, open_parent(key));
  UniqueFd file(::openat(parent.get(), file_name(key).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!file) return Failure(read_error(errno, key));
  PIER_TRY(const FileState state, file_state(file.get()));
  if (!state.regular) return fail(ErrorCode::kIo, "object " + to_string(key) + " is not a file in " + describe());
  return std::make_unique<DirectoryReader>(key, std::move(file), state.size);
}

Result<ObjectStat> DirectoryStore::head(const ObjectKey& key) {
  PIER_TRY(const auto reader, open(key));
  PIER_TRY(const FileState state, file_state(reader->fd()));
  return ObjectStat{key, state.size, state.mtime_ns / 1000};
}

/// Could a text that begins with `head` begin with `prefix`?
bool may_match(std::string_view head, std::string_view prefix) {
  const size_t count = std::min(head.size(), prefix.size());
  return head.substr(0, count) == prefix.substr(0, count);
}

/// Names in a directory; none when it is gone.
std::set<std::string> names_in(UniqueFd fd) {
  std::set<std::string> names;
  if (!fd) return names;
  const Directory directory(::fdopendir(fd.get()));
  if (!directory) return names;
  static_cast<void>(fd.release());
  while (const dirent* entry = ::readdir(directory.get())) {
    if (entry->d_name[0] != '.') names.insert(entry->d_name);
  }
  return names;
}

Result<void> DirectoryStore::list(std::string_view prefix, const std::function<bool(const ObjectStat&)>& visit) {
  UniqueFd root(::openat(x_root.get(), ".", kDirectoryFlags));
  if (!root) return Failure(errno_error(errno, "cannot list " + describe()));
  for (const std::string& name : names_in(std::move(root))) {
    if (!is_organisation_id(name) || !may_match(name + "/", prefix)) continue;
    const UniqueFd organisation(::openat(x_root.get(), name.c_str(), kDirectoryFlags));
    if (!organisation && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP)) continue;
    if (!organisation) return Failure(errno_error(errno, "cannot list " + name + " in " + describe()));
    UniqueFd listed(::openat(organisation.get(), ".", kDirectoryFlags));
    for (const std::string& kind : names_in(std::move(listed))) {
      std::string head = name;
      head.append("/").append(kind).append("/");
      if (may_match(head, prefix) && !list_kind(organisation.get(), head, prefix, visit)) return {};
    }
  }
  return {};
}

bool DirectoryStore::list_kind(int organisation, const std::string& head, std::string_view prefix,
                               const std::function<bool(const ObjectStat&)>& visit) const {
  const std::string kind = head.substr(head.find('/') + 1, head.size() - head.find('/') - 2);
  UniqueFd fd(::openat(organisation, kind.c_str(), kDirectoryFlags));
  const Directory directory(fd ? ::fdopendir(fd.get()) : nullptr);
  if (!directory) return true;
  static_cast<void>(fd.release());
  while (const dirent* entry = ::readdir(directory.get())) {
    const std::string text = head + entry->d_name;
    if (!text.starts_with(prefix)) continue;
    const auto key = parse_key(text);
    struct stat found{};
    if (!key || ::fstatat(::dirfd(directory.get()), entry->d_name, &found, AT_SYMLINK_NOFOLLOW) != 0) continue;
    if (!S_ISREG(found.st_mode)) continue;
    const WallTime modified = int64_t{found.st_mtim.tv_sec} * 1'000'000 + found.st_mtim.tv_nsec / 1000;
    if (!visit({*key, static_cast<uint64_t>(found.st_size), modified})) return false;
  }
  return true;
}

Result<void> DirectoryStore::remove(const ObjectKey& key) {
  const auto parent = open_parent(key);
  if (!parent && parent.error().code == ErrorCode::kNotFound) return {};
  if (!parent) return Failure(parent.error());
  if (::unlinkat(parent->get(), file_name(key).c_str(), 0) != 0 && errno != ENOENT) {
    return Failure(errno_error(errno, "cannot remove object " + to_string(key) + " from " + describe()));
  }
  return {};
}

Result<void> DirectoryStore::erase(std::string_view organisation) {
  if (!is_organisation_id(organisation)) {
    return fail(ErrorCode::kInvalidArgument, "\"" + display_text(organisation) + "\" is no organisation");
  }
  const std::string prefix = std::string(organisation) + "/";
  std::error_code error;
  std::filesystem::remove_all(x_path + "/" + std::string(organisation), error);
  x_durable.with(
      [&](auto& names) { std::erase_if(names, [&](const auto& name) { return name.starts_with(prefix); }); });
  if (error) return Failure(errno_error(error.value(), "cannot erase " + prefix + " from " + describe()));
  if (::fsync(x_root.get()) != 0) return Failure(errno_error(errno, "cannot sync " + describe()));
  return {};
}

Result<std::string> DirectoryStore::presign_get(const ObjectKey& key, std::chrono::seconds) {
  return fail(ErrorCode::kInputUnsupported,
              "object " + to_string(key) + " lies in " + describe() + ", which has no addresses; an S3 store has");
}

Result<std::string> DirectoryStore::claim(const std::string& owner) {
  const std::string path = x_path + "/" + kOwnerMark;
  Result<std::string> found = read_file(path, 4096);
  if (!found && found.error().code != ErrorCode::kNotFound) return found;
  if (!found) {
    PIER_CHECK(replace_file(path, as_bytes(owner + "\n")));
    return owner;
  }
  while (found->ends_with('\n')) found->pop_back();
  return found;
}

Result<uint64_t> DirectoryStore::free_bytes() {
  struct statvfs found{};
  if (::fstatvfs(x_root.get(), &found) != 0) {
    return Failure(errno_error(errno, "cannot ask for the free space of " + describe()));
  }
  return uint64_t{found.f_bavail} * found.f_frsize;
}

}  // namespace

Result<std::unique_ptr<ObjectStore>> open_directory_store(const std::string& path) {
  PIER_CHECK(make_directories(path));
  UniqueFd root(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!root) return Failure(errno_error(errno, "cannot open the object directory " + display_text(path)));
  return std::make_unique<DirectoryStore>(path, std::move(root));
}

}  // namespace pier::storage
