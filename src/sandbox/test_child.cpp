// The child of the tests: does one bad (or good) thing, named by its first argument, and answers by its exit code.
// "confined ACT" confines itself first. Codes: 10 + errno for a refusal, 0 when the thing could be done.

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <iostream>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include <dirent.h>
#include <fcntl.h>
#include <iconv.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include <pier/core/file.hpp>
#include <pier/sandbox/channel.hpp>
#include <pier/sandbox/confine.hpp>
#include <pier/sandbox/program.hpp>
#include <pier/sandbox/spawn.hpp>

namespace {

using namespace pier;
using Words = std::vector<std::string>;

[[noreturn]] void sleep_forever() {
  for (;;) pause();
}

int refusal() {
  return 10 + errno;
}

int open_to_read(const Words& words) {
  return open(words[0].c_str(), O_RDONLY) >= 0 ? 0 : refusal();
}

int open_to_write(const Words& words) {
  return open(words[0].c_str(), O_WRONLY | O_CREAT, 0644) >= 0 ? 0 : refusal();
}

int make_socket(const Words&) {
  return socket(AF_INET, SOCK_STREAM, 0) >= 0 ? 0 : refusal();
}

int execute(const Words&) {
  std::array<char*, 2> arguments{const_cast<char*>("true"), nullptr};
  execve("/bin/true", arguments.data(), nullptr);
  return refusal();
}

int trace(const Words&) {
  return ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) == 0 ? 0 : refusal();
}

int kill_parent(const Words&) {
  return kill(getppid(), SIGKILL) == 0 ? 0 : refusal();
}

int make_process(const Words&) {
  const pid_t pid = fork();
  if (pid == 0) _exit(0);
  return pid > 0 ? 0 : refusal();
}

int make_namespace(const Words&) {
  return syscall(SYS_clone, CLONE_NEWUSER | CLONE_NEWNET | SIGCHLD, 0, 0, 0, 0) >= 0 ? 0 : refusal();
}

int clone3_call(const Words&) {
  return syscall(SYS_clone3, nullptr, 0) >= 0 ? 0 : refusal();
}

int make_thread(const Words&) {
  std::atomic<int> done = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) threads.emplace_back([&done] { ++done; });
  for (auto& thread : threads) thread.join();
  return done == 8 ? 0 : 1;
}

/// Threads without end.
int make_threads(const Words&) {
  for (;;) std::thread([] { sleep_forever(); }).detach();
}

int execute_memory(const Words&) {
  void* memory = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return mprotect(memory, 4096, PROT_READ | PROT_EXEC) == 0 ? 0 : refusal();
}

int map_executable(const Words&) {
  return mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED ? 0 : refusal();
}

int control_device(const Words&) {
  int count = 0;
  return ioctl(3, FIONREAD, &count) == 0 ? 0 : refusal();
}

int forget_parent(const Words&) {
  return prctl(PR_SET_PDEATHSIG, 0) == 0 ? 0 : refusal();
}

int convert_text(const Words&) {
  iconv_t converter = iconv_open("UTF-8", "GB18030");
  if (converter == reinterpret_cast<iconv_t>(-1)) return refusal();  // NOLINT: so says POSIX
  std::array<char, 2> in{'\xd5', '\xbb'};
  std::array<char, 8> out{};
  char* from = in.data();
  char* to = out.data();
  size_t in_left = in.size();
  size_t out_left = out.size();
  iconv(converter, &from, &in_left, &to, &out_left);
  iconv_close(converter);
  return std::string(out.data()) == "栈" ? 0 : 1;
}

/// Touches `MiB` and stays.
int allocate(const Words& words) {
  const size_t bytes = std::stoull(words[0]) << 20U;
  auto* memory = static_cast<volatile char*>(
      mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
  if (memory == MAP_FAILED) return refusal();
  for (size_t i = 0; i < bytes; i += 4096) memory[i] = 1;
  std::this_thread::sleep_for(std::chrono::milliseconds(std::stoi(words[1])));
  return 0;
}

int spin(const Words&) {
  std::atomic<uint64_t> count = 0;
  for (;;) ++count;
}

int sleep_long(const Words&) {
  std::this_thread::sleep_for(std::chrono::minutes(1));
  return 0;
}

int ignore_term(const Words&) {
  signal(SIGTERM, SIG_IGN);
  [[maybe_unused]] const ssize_t written = write(3, "r", 1);
  return sleep_long({});
}

int segfault(const Words&) {
  signal(SIGSEGV, SIG_DFL);
  volatile int* nowhere = nullptr;
  *nowhere = 1;
  return 0;
}

int fill_stderr(const Words& words) {
  const std::string line(1023, 'x');
  for (int i = 0; i < std::stoi(words[0]); ++i) std::cerr << line << '\n';
  std::cerr << "the last line";
  return 0;
}

/// Copies descriptor 3 to descriptor 4.
int copy_passed(const Words&) {
  std::array<char, 4096> block;
  ssize_t count = 0;
  while ((count = read(3, block.data(), block.size())) > 0) {
    if (write(4, block.data(), static_cast<size_t>(count)) != count) return refusal();
  }
  return count == 0 ? 0 : refusal();
}

/// Writes the open descriptors, environment and limits to descriptor 4.
int tell_surroundings(const Words&) {
  std::string text = "fds";
  for (int fd = 0; fd < 4096; ++fd) {
    if (fcntl(fd, F_GETFD) >= 0) text += " " + std::to_string(fd);
  }
  text += "\nenv";
  for (char** entry = environ; *entry != nullptr; ++entry) text += std::string(" ") + *entry;
  rlimit core{};
  rlimit files{};
  getrlimit(RLIMIT_CORE, &core);
  getrlimit(RLIMIT_NOFILE, &files);
  sigset_t blocked;
  sigemptyset(&blocked);
  sigprocmask(SIG_BLOCK, nullptr, &blocked);
  struct sigaction pipe_action{};
  sigaction(SIGPIPE, nullptr, &pipe_action);
  text += "\ncore " + std::to_string(core.rlim_cur) + " files " + std::to_string(files.rlim_max) + " nice " +
          std::to_string(getpriority(PRIO_PROCESS, 0)) + " blocked " + std::to_string(sigismember(&blocked, SIGTERM)) +
          " sigpipe " + (pipe_action.sa_handler == SIG_DFL ? "default" : "other") + " leader " +
          std::to_string(getsid(0) == getpid()) + "\n";
  return write(4, text.data(), text.size()) == static_cast<ssize_t>(text.size()) ? 0 : refusal();
}

int tell_user(const Words&) {
  const std::string text = std::to_string(getuid()) + " " + std::to_string(geteuid()) + " " + std::to_string(getgid()) +
                           " " + std::to_string(getgroups(0, nullptr)) + " " + std::to_string(setuid(0));
  return write(4, text.data(), text.size()) > 0 ? 0 : refusal();
}

/// A server: starts a sleeping task, tells its pid to descriptor 4, and lives on.
int be_parent(const Words& words) {
  sandbox::Spawner spawner;
  sandbox::ChildSpec spec;
  spec.program = "/proc/self/exe";
  spec.arguments = words;
  auto child = spawner.start(spec);
  if (!child) return 1;
  const std::string text = std::to_string(child->pid()) + "\n";
  if (write(4, text.data(), text.size()) < 0) return 1;
  return sleep_long({});
}

/// A task by the book: takes its description, reads a source through the parent, answers.
int do_task(const Words&) {
  sandbox::ParentLink parent{UniqueFd(3)};
  auto task = parent.task(std::chrono::seconds(10));
  if (!task) return 1;
  if (!parent.progress({0.5, 25, "halfway"})) return 2;
  Bytes bytes(static_cast<size_t>(int_or(*task, "bytes", 0)));
  auto count = parent.read_range(7, 100, bytes);
  if (!count) return parent.error(count.error()) ? 0 : 3;
  bytes.resize(*count);
  return parent.result({{"sha256", to_hex(sha256(bytes))}, {"name", string_or(*task, "name", "")}}) ? 0 : 3;
}

int report_layers(const Words&, const sandbox::ConfinementReport& report) {
  const std::string text = report.to_string();
  return write(4, text.data(), text.size()) > 0 ? 0 : refusal();
}

/// Once more what made this process: the descriptor is closed by then, so it is opened again.
int execute_again(const Words&) {
  const int self = open("/proc/self/exe", O_RDONLY);
  if (self >= 0 && self != 3) dup2(self, 3);
  std::array<char*, 2> arguments{const_cast<char*>("again"), nullptr};
  syscall(SYS_execveat, 3, "", arguments.data(), nullptr, AT_EMPTY_PATH);
  return refusal();
}

int execute_at_path(const Words&) {
  std::array<char*, 2> arguments{const_cast<char*>("true"), nullptr};
  syscall(SYS_execveat, 3, "/bin/true", arguments.data(), nullptr, AT_EMPTY_PATH);
  return refusal();
}

/// Copies descriptor 0 to descriptor 1.
int filter_bytes(const Words&) {
  std::array<char, 4096> block;
  ssize_t count = 0;
  while ((count = read(0, block.data(), block.size())) > 0) {
    if (write(1, block.data(), static_cast<size_t>(count)) != count) return refusal();
  }
  return count == 0 ? 0 : refusal();
}

const std::map<std::string, std::function<int(const Words&)>>& acts() {
  static const std::map<std::string, std::function<int(const Words&)>> table{{"read", open_to_read},
                                                                             {"write", open_to_write},
                                                                             {"socket", make_socket},
                                                                             {"exec", execute},
                                                                             {"exec_again", execute_again},
                                                                             {"exec_at", execute_at_path},
                                                                             {"filter", filter_bytes},
                                                                             {"ptrace", trace},
                                                                             {"kill_parent", kill_parent},
                                                                             {"fork", make_process},
                                                                             {"namespace", make_namespace},
                                                                             {"clone3", clone3_call},
                                                                             {"thread", make_thread},
                                                                             {"mprotect", execute_memory},
                                                                             {"mmap", map_executable},
                                                                             {"ioctl", control_device},
                                                                             {"forget_parent", forget_parent},
                                                                             {"iconv", convert_text},
                                                                             {"allocate", allocate},
                                                                             {"spin", spin},
                                                                             {"sleep", sleep_long},
                                                                             {"ignore_term", ignore_term},
                                                                             {"segfault", segfault},
                                                                             {"stderr", fill_stderr},
                                                                             {"copy", copy_passed},
                                                                             {"surroundings", tell_surroundings},
                                                                             {"user", tell_user},
                                                                             {"threads", make_threads},
                                                                             {"parent", be_parent},
                                                                             {"task", do_task}};
  return table;
}

}  // namespace

int main(int argc, char** argv) {
  Words words(argv + 1, argv + argc);
  if (words.empty()) return 100;
  if (words[0] == sandbox::kLaunchWord) return sandbox::run_launched_program({words.begin() + 1, words.end()});
  if (words[0] == "confined") {
    const auto report = sandbox::confine();
    if (!report) {
      std::cerr << report.error().message;
      return 101;
    }
    words.erase(words.begin());
    if (words[0] == "layers") return report_layers(words, *report);
  }
  const auto found = acts().find(words[0]);
  if (found == acts().end()) return 102;
  words.erase(words.begin());
  return found->second(words);
}
