#include <atomic>
#include <cerrno>
#include <functional>
#include <iostream>
#include <thread>

#include <fcntl.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <pier/core/bytes.hpp>
#include <pier/sandbox/program.hpp>

#include "confine_steps.hpp"
#include "elf.hpp"
#include "filter.hpp"

namespace pier::sandbox {
namespace {

constexpr int kProgramFd = 3;
constexpr int kCouldNotStart = 126;
constexpr const char* kReadWord = "--read";
constexpr const char* kEndWord = "--";

Result<std::string> digest_of(int fd) {
  Sha256Stream stream;
  Bytes piece(size_t{1} << 20U);
  for (uint64_t at = 0;;) {
    PIER_TRY(const size_t got, read_at(fd, at, piece));
    if (got == 0) return to_hex(stream.finish());
    stream.update(ByteView(piece).first(got));
    at += got;
  }
}

/// Lets the one exec of this process through. It waits in a thread that the filter does not bind; exec ends that thread
/// and closes the listener, so nobody can allow a second one.
void allow_one_exec(const std::atomic<int>& listener) {
  listener.wait(-1);
  seccomp_notif* asked = nullptr;
  seccomp_notif_resp* answer = nullptr;
  if (listener < 0 || seccomp_notify_alloc(&asked, &answer) != 0) return;
  if (seccomp_notify_receive(listener, asked) == 0) {
    answer->id = asked->id;
    answer->flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
    seccomp_notify_respond(listener, answer);
  }
  for (;;) pause();
}

Error become(int program, const std::vector<std::string>& words) {
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  fcntl(program, F_SETFD, FD_CLOEXEC);
  syscall(SYS_execveat, program, "", arguments.data(), environ, AT_EMPTY_PATH);
  return errno_error(errno, "cannot execute " + words.front());
}

}  // namespace

Result<ProgramFile> open_program(const std::string& path, const std::string& sha256) {
  const std::string name = display_text(path);
  if (!path.starts_with('/'))
    return fail(ErrorCode::kInvalidArgument, "\"" + name + "\" is no absolute path of a program");
  ProgramFile file{path, UniqueFd(open(path.c_str(), O_RDONLY | O_CLOEXEC))};
  if (!file.fd) return Failure(errno_error(errno, "cannot open the program " + name));
  struct stat state{};
  if (fstat(file.fd.get(), &state) != 0) return Failure(errno_error(errno, "cannot look at the program " + name));
  if (!S_ISREG(state.st_mode)) return fail(ErrorCode::kInvalidArgument, name + " is no regular file");
  constexpr mode_t kForAll = S_IXOTH | S_IROTH;
  if ((state.st_mode & kForAll) != kForAll) {
    return fail(ErrorCode::kPermission, name +
                                            " cannot be executed by everyone, and it runs as an unprivileged user: "
                                            "chmod 755 it");
  }
  if ((state.st_mode & S_IWOTH) != 0)
    return fail(ErrorCode::kPermission, name + " can be written by everyone: chmod o-w it");
  if (const auto loader = impl::loader_of(file.fd.get()); !loader)
    return fail(loader.error().code, name + " cannot be used: " + loader.error().message);
  if (sha256.empty()) return file;
  PIER_TRY(const std::string digest, digest_of(file.fd.get()));
  if (digest == sha256) return file;
  return fail(ErrorCode::kInputChanged, name + " is not the program that was configured: its SHA-256 is " + digest +
                                            ", not " + sha256 + "; if that is meant, change the configuration");
}

Result<Child> start_program(Spawner& spawner, const ProgramStart& start) {
  ChildSpec spec;
  spec.program = start.launcher;
  spec.arguments = {kLaunchWord};
  for (const std::string& path : start.read_paths) spec.arguments.insert(spec.arguments.end(), {kReadWord, path});
  spec.arguments.insert(spec.arguments.end(), {kEndWord, start.file->path});
  spec.arguments.insert(spec.arguments.end(), start.arguments.begin(), start.arguments.end());
  spec.environment = {{"LANG", "C.UTF-8"}};
  spec.descriptors = {{start.input, 0}, {start.output, 1}, {start.file->fd.get(), kProgramFd}};
  spec.memory_limit_bytes = start.memory_limit_bytes;
  spec.nice = 5;
  return spawner.start(spec);
}

Error confine_and_become(const Confinement& confinement, int program, const std::vector<std::string>& words) {
  const auto loader = impl::loader_of(program);
  if (!loader) return loader.error();
  std::vector<int> executed{program};
  UniqueFd loader_file;
  if (*loader) {
    loader_file = UniqueFd(open((*loader)->c_str(), O_PATH | O_CLOEXEC));
    if (!loader_file) return errno_error(errno, "the program's loader " + display_text(**loader) + " cannot be opened");
    executed.push_back(loader_file.get());
  }
  const Result<bool> filters = impl::confine_but_filter(confinement, executed);
  if (!filters) return filters.error();
  if (*filters) {
    static std::atomic<int> listener = -1;  // the thread outlives this call when the exec fails
    std::thread(allow_one_exec, std::cref(listener)).detach();
    const Result<int> installed = impl::install_filter_for(program);
    if (!installed) return installed.error();
    listener = *installed;
    listener.notify_one();
  }
  return become(program, words);
}

int run_launched_program(const std::vector<std::string>& words) {
  Confinement confinement;
  size_t at = 0;
  for (; at + 1 < words.size() && words[at] == kReadWord; at += 2) confinement.read_paths.push_back(words[at + 1]);
  if (at + 1 >= words.size() || words[at] != kEndWord) {
    std::cerr << "this is how the server starts codec programs; it is no command\n";
    return kCouldNotStart;
  }
  const std::vector<std::string> arguments(words.begin() + static_cast<ptrdiff_t>(at) + 1, words.end());
  std::cerr << confine_and_become(confinement, kProgramFd, arguments).message << "\n";
  return kCouldNotStart;
}

}  // namespace pier::sandbox
