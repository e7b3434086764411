#pragma once
// For tests: a directory that goes with the object, and file systems that are full or read-only.

#include <cstdlib>
#include <filesystem>
#include <string>

#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

namespace pier::test {

class Scratch {
 public:
  Scratch() {
    std::string pattern = (std::filesystem::temp_directory_path() / "pier-test-XXXXXX").string();
    x_path = ::mkdtemp(pattern.data());
    ::chmod(x_path.c_str(), 0755);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(x_path, ignored);
  }
  const std::string& path() const { return x_path; }

 private:
  std::string x_path;
};

/// A tmpfs of `bytes` over a scratch directory, seen by this process only; mounted() is false when not allowed to.
class SmallDisk {
 public:
  explicit SmallDisk(size_t bytes) {
    if (::unshare(CLONE_NEWNS) != 0 || ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return;
    const std::string options = "size=" + std::to_string(bytes);
    x_mounted = ::mount("tmpfs", x_scratch.path().c_str(), "tmpfs", 0, options.c_str()) == 0;
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  ~SmallDisk() {
    if (x_mounted) ::umount2(x_scratch.path().c_str(), MNT_DETACH);
  }
  bool mounted() const { return x_mounted; }
  bool make_read_only() const {
    return ::mount("tmpfs", x_scratch.path().c_str(), "tmpfs", MS_REMOUNT | MS_RDONLY, nullptr) == 0;
  }
  const std::string& path() const { return x_scratch.path(); }

 private:
  Scratch x_scratch;
  bool x_mounted = false;
};

}  // namespace pier::test
