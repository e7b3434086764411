#include "landlock.hpp"

#include <cerrno>
#include <cstdint>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <pier/core/file.hpp>

namespace pier::sandbox::impl {
namespace {

// The kernel's interface as of ABI 6; one number on all architectures.
constexpr long kCreateRuleset = 444;
constexpr long kAddRule = 445;
constexpr long kRestrictSelf = 446;
constexpr uint32_t kCreateRulesetVersion = 1;
constexpr int kRulePathBeneath = 1;

constexpr uint64_t kExecute = 1U << 0U;
constexpr uint64_t kReadFile = 1U << 2U;
constexpr uint64_t kReadDir = 1U << 3U;
constexpr uint64_t kFilesystemAbi1 = (1U << 13U) - 1;
constexpr uint64_t kRefer = 1U << 13U;     // ABI 2
constexpr uint64_t kTruncate = 1U << 14U;  // ABI 3
constexpr uint64_t kNetTcp = 3;            // ABI 4: bind, connect
constexpr uint64_t kIoctlDev = 1U << 15U;  // ABI 5
constexpr uint64_t kScoped = 3;            // ABI 6: abstract sockets, signals

struct RulesetAttributes {
  uint64_t handled_filesystem;
  uint64_t handled_network;  // ABI 4
  uint64_t scoped;           // ABI 6
};

struct __attribute__((packed)) PathBeneath {
  uint64_t allowed;
  int32_t parent_fd;
};

RulesetAttributes attributes_of(int abi) {
  RulesetAttributes attributes{kFilesystemAbi1, 0, 0};
  if (abi >= 2) attributes.handled_filesystem |= kRefer;
  if (abi >= 3) attributes.handled_filesystem |= kTruncate;
  if (abi >= 4) attributes.handled_network = kNetTcp;
  if (abi >= 5) attributes.handled_filesystem |= kIoctlDev;
  if (abi >= 6) attributes.scoped = kScoped;
  return attributes;
}

size_t attributes_size(int abi) {
  if (abi >= 6) return sizeof(RulesetAttributes);
  return abi >= 4 ? 2 * sizeof(uint64_t) : sizeof(uint64_t);
}

Result<void> allow_reading(const UniqueFd& ruleset, const std::string& path) {
  const UniqueFd beneath(open(path.c_str(), O_PATH | O_CLOEXEC));
  if (!beneath) {
    if (errno == ENOENT || errno == ENOTDIR || errno == EACCES) return {};
    return Failure(errno_error(errno, "cannot allow reading " + path));
  }
  struct stat state{};
  if (fstat(beneath.get(), &state) != 0) return Failure(errno_error(errno, "cannot allow reading " + path));
  const PathBeneath rule{S_ISDIR(state.st_mode) ? kReadFile | kReadDir : kReadFile, beneath.get()};
  if (syscall(kAddRule, ruleset.get(), kRulePathBeneath, &rule, 0) != 0) {
    return Failure(errno_error(errno, "cannot allow reading " + path));
  }
  return {};
}

Result<void> allow_execution(const UniqueFd& ruleset, int file) {
  const PathBeneath rule{kExecute | kReadFile, file};
  if (syscall(kAddRule, ruleset.get(), kRulePathBeneath, &rule, 0) == 0) return {};
  return Failure(errno_error(errno, "cannot allow the execution of the program"));
}

}  // namespace

LandlockVersion landlock_version() {
  const long version = syscall(kCreateRuleset, nullptr, 0, kCreateRulesetVersion);
  if (version > 0) return {static_cast<int>(version), {}};
  if (errno == EOPNOTSUPP) return {0, "switched off in this kernel; boot with lsm=landlock,..."};
  if (errno == ENOSYS) return {0, "not in this kernel"};
  return {0, std::string("the kernel says ") + std::strerror(errno)};
}

Result<void> landlock_restrict(int abi, const std::vector<std::string>& read_paths, std::span<const int> executed) {
  const RulesetAttributes attributes = attributes_of(abi);
  const UniqueFd ruleset(static_cast<int>(syscall(kCreateRuleset, &attributes, attributes_size(abi), 0)));
  if (!ruleset) return Failure(errno_error(errno, "cannot make a Landlock rule set"));
  for (const std::string& path : read_paths) PIER_CHECK(allow_reading(ruleset, path));
  for (const int file : executed) PIER_CHECK(allow_execution(ruleset, file));
  if (syscall(kRestrictSelf, ruleset.get(), 0) != 0) return Failure(errno_error(errno, "cannot apply Landlock"));
  return {};
}

}  // namespace pier::sandbox::impl
