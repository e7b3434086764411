#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <deque>
#include <future>
#include <mutex>
#include <optional>
#include <thread>

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include <pier/sandbox/spawn.hpp>

#include "child.hpp"
#include "launch.hpp"

namespace pier::sandbox {
namespace {

using impl::SteadyClock;
using impl::TimePoint;
using std::chrono::milliseconds;

uint64_t own_peak_bytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<uint64_t>(usage.ru_maxrss) * 1024;
}

}  // namespace

struct Spawner::State {
  struct Request {
    const ChildSpec* spec = nullptr;
    std::promise<Result<std::shared_ptr<Child::State>>> answer;
  };

  std::shared_ptr<UniqueFd> wake_event;
  UniqueFd dev_null;
  std::optional<impl::TaskCgroups> cgroups;
  Layer memory;

  std::mutex mutex;
  std::deque<Request*> requests;
  bool stopping = false;
  std::optional<Error> broken;

  std::vector<std::shared_ptr<Child::State>> running;  // only the thread
  std::thread thread;

  void prepare_memory_limit(const std::string& cgroup);
  void run();
  bool take_requests();
  void look_after(const std::shared_ptr<Child::State>& child, bool ended);
  void poll_children();
  Result<std::shared_ptr<Child::State>> start(const ChildSpec& spec);
};

namespace {

Result<void> check_spec(const ChildSpec& spec) {
  if (spec.program.empty()) return fail(ErrorCode::kInvalidArgument, "cannot start a process: no program named");
  std::vector<int> numbers;
  for (const PassedFd& passed : spec.descriptors) {
    if (passed.parent_fd < 0 || passed.child_fd < 0 || passed.child_fd == 2 || passed.child_fd > impl::kMaxChildFd) {
      return fail(ErrorCode::kInvalidArgument, "cannot start a process: descriptor " +
                                                   std::to_string(passed.parent_fd) + " cannot become " +
                                                   std::to_string(passed.child_fd));
    }
    numbers.push_back(passed.child_fd);
  }
  std::sort(numbers.begin(), numbers.end());
  if (std::adjacent_find(numbers.begin(), numbers.end()) != numbers.end()) {
    return fail(ErrorCode::kInvalidArgument, "cannot start a process: two descriptors with one number");
  }
  return {};
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  result.reserve(texts.size() + 1);
  for (std::string& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

std::vector<std::pair<int, int>> descriptor_table(const ChildSpec& spec, int dev_null, int stderr_write) {
  std::vector<std::pair<int, int>> table;
  bool has_input = false;
  bool has_output = false;
  for (const PassedFd& passed : spec.descriptors) {
    table.emplace_back(passed.parent_fd, passed.child_fd);
    has_input |= passed.child_fd == 0;
    has_output |= passed.child_fd == 1;
  }
  if (!has_input) table.emplace_back(dev_null, 0);
  if (!has_output) table.emplace_back(dev_null, 1);
  table.emplace_back(stderr_write, 2);
  return table;
}

}  // namespace

Result<std::shared_ptr<Child::State>> Spawner::State::start(const ChildSpec& spec) {
  PIER_CHECK(check_spec(spec));
  std::vector<std::string> arguments{spec.program};
  arguments.insert(arguments.end(), spec.arguments.begin(), spec.arguments.end());
  std::vector<std::string> environment;
  for (const auto& [name, value] : spec.environment) environment.push_back(name + "=" + value);
  const std::vector<char*> argv = pointers(arguments);
  const std::vector<char*> envp = pointers(environment);

  std::array<int, 2> pipe_fds{};
  if (pipe2(pipe_fds.data(), O_CLOEXEC) != 0) return Failure(errno_error(errno, "cannot start a process: pipe"));
  auto child = std::make_shared<Child::State>();
  child->stderr_read = UniqueFd(pipe_fds[0]);
  const UniqueFd stderr_write(pipe_fds[1]);
  fcntl(child->stderr_read.get(), F_SETFL, O_NONBLOCK);

  impl::LaunchPlan plan;
  plan.program = spec.program.c_str();
  plan.argv = argv.data();
  plan.envp = envp.data();
  plan.cpu_seconds = static_cast<uint64_t>(std::max<int64_t>(0, spec.cpu_limit.count()));
  plan.nice = std::clamp(spec.nice, 0, 19);
  plan.drop_privileges = spec.drop_privileges;
  plan.descriptors = descriptor_table(spec, dev_null.get(), stderr_write.get());
  if (cgroups && spec.memory_limit_bytes > 0) {
    PIER_TRY(child->cgroup, cgroups->make(spec.memory_limit_bytes));
    plan.cgroup_procs_fd = child->cgroup->procs_fd();
  }

  child->parent_peak_bytes = own_peak_bytes();
  PIER_TRY(auto launched, impl::launch(plan));
  child->pid = launched.pid;
  child->pidfd = std::move(launched.pidfd);
  child->wake_event = wake_event;
  child->started = SteadyClock::now();
  child->watch_again = child->started;
  child->memory_limit = spec.memory_limit_bytes;
  child->cpu_limit = spec.cpu_limit;
  if (spec.wall_limit.count() > 0) child->deadline = child->started + spec.wall_limit;
  running.push_back(child);
  return child;
}

bool Spawner::State::take_requests() {
  for (;;) {
    Request* request = nullptr;
    {
      std::lock_guard lock(mutex);
      if (requests.empty()) return !stopping;
      request = requests.front();
      requests.pop_front();
    }
    request->answer.set_value(start(*request->spec));
  }
}

void Spawner::State::look_after(const std::shared_ptr<Child::State>& child, bool ended) {
  const TimePoint now = SteadyClock::now();
  if (ended) {
    child->reap();
    return;
  }
  if (child->stderr_read && now >= child->stderr_again) child->drain_stderr();
  child->watch_memory(now);
  child->watch_time(now);
}

void Spawner::State::poll_children() {
  std::vector<pollfd> waits{{wake_event->get(), POLLIN, 0}};
  std::optional<TimePoint> next;
  const TimePoint now = SteadyClock::now();
  for (const auto& child : running) {
    waits.push_back({child->pidfd.get(), POLLIN, 0});
    const bool listen = child->stderr_read && now >= child->stderr_again;
    waits.push_back({listen ? child->stderr_read.get() : -1, POLLIN, 0});
    const std::optional<TimePoint> look = child->next_look();
    if (!next || *look < *next) next = look;
  }
  int timeout = -1;
  if (next) timeout = static_cast<int>(std::max<int64_t>(0, std::chrono::ceil<milliseconds>(*next - now).count()));
  if (poll(waits.data(), waits.size(), timeout) < 0) return;
  if (waits[0].revents != 0) {
    uint64_t count = 0;
    [[maybe_unused]] const ssize_t taken = read(wake_event->get(), &count, sizeof count);
  }
  for (size_t i = 0; i < running.size(); ++i) look_after(running[i], waits[1 + 2 * i].revents != 0);
  std::erase_if(running, [](const auto& child) {
    std::lock_guard lock(child->mutex);
    return child->exit.has_value();
  });
}

void Spawner::State::run() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, nullptr);
  while (take_requests()) poll_children();
  for (const auto& child : running) {
    child->kill_for(KilledFor::kCancel);
    child->reap();
  }
  running.clear();
}

void Spawner::State::prepare_memory_limit([[maybe_unused]] const std::string& cgroup) {
#ifdef PIER_SANITIZED
  memory = {"memory_limit", false, "off in a build with sanitizers"};
#else
  auto found = impl::TaskCgroups::open(cgroup);
  if (found) {
    memory = {"memory_limit", true, "control group " + found->path() + " and resident size"};
    cgroups = std::move(*found);
  } else {
    memory = {"memory_limit", true, "resident size watched (" + found.error().message + ")"};
  }
#endif
}

Spawner::Spawner() : Spawner(Options{}) {}

Spawner::Spawner(const Options& options) : x_state(std::make_unique<State>()) {
  x_state->wake_event = std::make_shared<UniqueFd>(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  x_state->dev_null = UniqueFd(open("/dev/null", O_RDWR | O_CLOEXEC));
  if (!*x_state->wake_event || !x_state->dev_null) {
    x_state->broken = errno_error(errno, "cannot prepare to start processes");
    return;
  }
  x_state->prepare_memory_limit(options.cgroup);
  x_state->thread = std::thread([state = x_state.get()] { state->run(); });
}

Spawner::~Spawner() {
  {
    std::lock_guard lock(x_state->mutex);
    x_state->stopping = true;
  }
  if (!x_state->thread.joinable()) return;
  impl::wake(*x_state->wake_event);
  x_state->thread.join();
}

Layer Spawner::memory_layer() const {
  return x_state->memory;
}

Result<Child> Spawner::start(const ChildSpec& spec) {
  if (x_state->broken) return Failure(*x_state->broken);
  State::Request request{&spec, {}};
  auto answer = request.answer.get_future();
  {
    std::lock_guard lock(x_state->mutex);
    x_state->requests.push_back(&request);
  }
  impl::wake(*x_state->wake_event);
  PIER_TRY(auto state, answer.get());
  return Child(std::move(state));
}

}  // namespace pier::sandbox
