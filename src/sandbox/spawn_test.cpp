#include <csignal>
#include <cstring>
#include <thread>

#include <poll.h>
#include <sys/syscall.h>

#include <pier/sandbox/spawn.hpp>

#include "test_process.hpp"

namespace pier::sandbox {
namespace {

TEST(Spawn, tells_the_exit_code) {
  const ChildExit ended = run_child({"thread"});
  EXPECT_EQ(ended.exit_code, 0);
  EXPECT_EQ(ended.signal, 0);
  EXPECT_TRUE(ended.success());
  EXPECT_GT(ended.wall_us, 0);
  const ChildExit failed = run_child({"no such act"});
  EXPECT_EQ(failed.exit_code, 102);
  EXPECT_FALSE(failed.success());
}

TEST(Spawn, program_that_is_not_there_is_an_error) {
  ChildSpec spec;
  spec.program = "/no/such/program";
  const auto child = spawner().start(spec);
  ASSERT_FALSE(child);
  EXPECT_EQ(child.error().code, ErrorCode::kNotFound);
  EXPECT_NE(child.error().message.find("/no/such/program"), std::string::npos);
}

TEST(Spawn, bad_descriptors_are_errors) {
  ChildSpec spec = test_child({"thread"});
  spec.descriptors = {{0, 2}};
  EXPECT_EQ(spawner().start(spec).error().code, ErrorCode::kInvalidArgument);
  spec.descriptors = {{0, 5}, {1, 5}};
  EXPECT_EQ(spawner().start(spec).error().code, ErrorCode::kInvalidArgument);
  spec.descriptors = {{1'000'000, 5}};
  EXPECT_FALSE(spawner().start(spec));
}

TEST(Spawn, child_sees_only_what_it_was_given) {
  // Some of ours that must not show, below and above the numbers of the child.
  std::vector<UniqueFd> ours;
  for (int i = 0; i < 40; ++i) ours.emplace_back(open("/dev/null", O_RDONLY));  // without O_CLOEXEC
  signal(SIGPIPE, SIG_IGN);
  ChildSpec spec = test_child({"surroundings"});
  spec.environment = {{"PATH", "/usr/bin"}, {"LANG", "C.UTF-8"}};
  spec.nice = 7;
  spec.descriptors = {{ours[3].get(), 9}, {ours[20].get(), 3}};
  EXPECT_EQ(output_of(spec),
            "fds 0 1 2 3 4 9\nenv PATH=/usr/bin LANG=C.UTF-8\ncore 0 files 1024 nice 7 blocked 0 sigpipe default "
            "leader 1\n");
}

TEST(Spawn, passed_descriptor_can_be_read_and_crossed) {
  Pipe in;
  Pipe out;
  ASSERT_TRUE(write_all(in.write_end.get(), as_bytes("hello from a pipe")));
  in.write_end.reset();
  ChildSpec spec = test_child({"copy"});
  spec.descriptors = {{in.read_end.get(), 3}, {out.write_end.get(), 4}};
  EXPECT_EQ(run_spec(spec).exit_code, 0);
  EXPECT_EQ(out.all(), "hello from a pipe");
}

TEST(Spawn, swapped_numbers_do_not_mix) {
  // Descriptors of ours with just the numbers the child wants for others.
  Pipe one;
  Pipe two;
  const int a = one.read_end.get();
  const int b = two.read_end.get();
  ASSERT_TRUE(write_all(one.write_end.get(), as_bytes("one")));
  one.write_end.reset();
  ChildSpec spec = test_child({"copy"});
  Pipe out;
  spec.descriptors = {{a, 3}, {out.write_end.get(), 4}, {b, a > 4 ? a : 40}, {two.write_end.get(), b > 4 ? b : 41}};
  EXPECT_EQ(run_spec(spec).exit_code, 0);
  EXPECT_EQ(out.all(), "one");
}

TEST(Spawn, a_crash_is_reported_and_we_live) {
  const ChildExit exit = run_child({"segfault"});
  if (kSanitized) {
    EXPECT_FALSE(exit.success());
  } else {
    EXPECT_EQ(exit.signal, SIGSEGV);
    EXPECT_EQ(exit.exit_code, -1);
  }
  EXPECT_EQ(exit.killed_for, KilledFor::kNone);
  EXPECT_EQ(child_error(exit, "decode").code, ErrorCode::kCrashed);
  EXPECT_EQ(run_child({"thread"}).exit_code, 0);
}

TEST(Spawn, memory_over_the_limit_is_killed) {
  if (kSanitized) {
    EXPECT_FALSE(spawner().memory_layer().active);
    GTEST_SKIP() << "limits are off in a build with sanitizers";
  }
  EXPECT_TRUE(spawner().memory_layer().active) << spawner().memory_layer().reason;
  ChildSpec spec = test_child({"allocate", "2048", "10000"});
  spec.memory_limit_bytes = 256U << 20U;
  const ChildExit exit = run_spec(spec);
  EXPECT_EQ(exit.killed_for, KilledFor::kMemory);
  EXPECT_EQ(exit.signal, SIGKILL);
  EXPECT_GT(exit.peak_rss_bytes, 256U << 20U);
  const Error error = child_error(exit, "encode chunk 3");
  EXPECT_EQ(error.code, ErrorCode::kTooLarge);
  EXPECT_NE(error.message.find("encode chunk 3"), std::string::npos);
}

TEST(Spawn, memory_below_the_limit_is_left_alone_and_measured) {
  ChildSpec spec = test_child({"allocate", "150", "300"});
  spec.memory_limit_bytes = 512U << 20U;
  const ChildExit exit = run_spec(spec);
  EXPECT_EQ(exit.exit_code, 0);
  EXPECT_EQ(exit.killed_for, KilledFor::kNone);
  EXPECT_GE(exit.peak_rss_bytes, 150U << 20U);
  if (!kSanitized) {
    EXPECT_LT(exit.peak_rss_bytes, 200U << 20U);
  }
}

TEST(Spawn, small_child_of_a_large_parent_is_measured_small) {
  const std::vector<char> ballast(300U << 20U, 'x');
  ChildSpec spec = test_child({"allocate", "50", "300"});
  const ChildExit exit = run_spec(spec);
  EXPECT_EQ(ballast.back(), 'x');
  EXPECT_GE(exit.peak_rss_bytes, 50U << 20U);
  if (!kSanitized) {
    EXPECT_LT(exit.peak_rss_bytes, 100U << 20U);
  }
}

TEST(Spawn, deadline_ends_a_spinning_child) {
  ChildSpec spec = test_child({"spin"});
  spec.wall_limit = milliseconds(300);
  const ChildExit exit = run_spec(spec);
  EXPECT_EQ(exit.killed_for, KilledFor::kDeadline);
  EXPECT_EQ(exit.signal, SIGKILL);
  EXPECT_GT(exit.user_cpu_us, 1'000);  // of 300 ms, on a machine that is very busy
  EXPECT_GE(exit.wall_us, 300'000);
  EXPECT_LT(exit.wall_us, 2'000'000);
  EXPECT_EQ(child_error(exit, "x").code, ErrorCode::kTimeout);
}

TEST(Spawn, cpu_time_over_the_limit_ends_a_child) {
  ChildSpec spec = test_child({"spin"});
  spec.cpu_limit = seconds(1);
  spec.wall_limit = seconds(15);
  const ChildExit exit = run_spec(spec);
  EXPECT_EQ(exit.killed_for, KilledFor::kCpu) << to_string(exit.killed_for);
  EXPECT_EQ(exit.signal, SIGXCPU);
  EXPECT_EQ(child_error(exit, "x").code, ErrorCode::kTimeout);
}

TEST(Spawn, a_thread_bomb_is_killed) {
  if (kSanitized) GTEST_SKIP() << "limits are off in a build with sanitizers";
  ChildSpec spec = test_child({"confined", "threads"});
  spec.wall_limit = seconds(15);
  const ChildExit exit = run_spec(spec);
  EXPECT_EQ(exit.killed_for, KilledFor::kThreads) << to_string(exit.killed_for) << exit.stderr_tail;
  EXPECT_EQ(child_error(exit, "x").code, ErrorCode::kCrashed);
}

TEST(Spawn, terminate_ends_a_child_by_sigterm) {
  auto child = spawner().start(test_child({"sleep"}));
  ASSERT_TRUE(child);
  EXPECT_EQ(child->wait(milliseconds(50)).error().code, ErrorCode::kTimeout);
  EXPECT_TRUE(child->running());
  child->terminate();
  const auto exit = child->wait(seconds(5));
  ASSERT_TRUE(exit);
  EXPECT_EQ(exit->signal, SIGTERM);
  EXPECT_EQ(exit->killed_for, KilledFor::kCancel);
  EXPECT_FALSE(child->running());
  EXPECT_EQ(child_error(*exit, "x").code, ErrorCode::kCancelled);
}

TEST(Spawn, terminate_kills_after_the_grace) {
  Pipe ready;
  ChildSpec spec = test_child({"ignore_term"});
  spec.descriptors = {{ready.write_end.get(), 3}};
  auto child = spawner().start(spec);
  ASSERT_TRUE(child);
  char byte = 0;
  ASSERT_EQ(read(ready.read_end.get(), &byte, 1), 1);
  child->terminate(milliseconds(200));
  EXPECT_FALSE(child->wait(milliseconds(100)));
  const auto exit = child->wait(seconds(5));
  ASSERT_TRUE(exit);
  EXPECT_EQ(exit->signal, SIGKILL);
  EXPECT_EQ(exit->killed_for, KilledFor::kCancel);
}

TEST(Spawn, standard_error_is_drained_and_its_tail_kept) {
  const ChildExit exit = run_child({"stderr", "4096"});  // 4 MiB, far over the pipe
  EXPECT_EQ(exit.exit_code, 0);
  EXPECT_EQ(exit.stderr_tail.size(), 16U << 10U);
  EXPECT_TRUE(exit.stderr_tail.ends_with("x\nthe last line"));
  EXPECT_EQ(run_child({"stderr", "0"}).stderr_tail, "the last line");
}

bool gone_within(int pidfd, milliseconds time) {
  pollfd wait{pidfd, POLLIN, 0};
  return poll(&wait, 1, static_cast<int>(time.count())) == 1;
}

TEST(Spawn, dropping_the_handle_kills) {
  UniqueFd pidfd;
  {
    auto child = spawner().start(test_child({"sleep"}));
    ASSERT_TRUE(child);
    pidfd = UniqueFd(static_cast<int>(syscall(SYS_pidfd_open, child->pid(), 0)));
    ASSERT_TRUE(pidfd);
    EXPECT_FALSE(gone_within(pidfd.get(), milliseconds(0)));
  }
  EXPECT_TRUE(gone_within(pidfd.get(), seconds(2)));
}

TEST(Spawn, dropping_the_spawner_kills_and_the_handle_knows) {
  auto own = std::make_unique<Spawner>();
  auto child = own->start(test_child({"sleep"}));
  ASSERT_TRUE(child);
  own.reset();
  const auto exit = child->wait(milliseconds(0));
  ASSERT_TRUE(exit);
  EXPECT_EQ(exit->killed_for, KilledFor::kCancel);
}

void expect_gone_with_parent(const std::vector<std::string>& act) {
  Pipe out;
  std::vector<std::string> arguments{"parent"};
  arguments.insert(arguments.end(), act.begin(), act.end());
  ChildSpec spec = test_child(arguments);
  spec.descriptors = {{out.write_end.get(), 4}};
  auto parent = spawner().start(spec);
  ASSERT_TRUE(parent);
  std::array<char, 32> text{};
  ASSERT_GT(read(out.read_end.get(), text.data(), text.size() - 1), 0);
  const UniqueFd grandchild(static_cast<int>(syscall(SYS_pidfd_open, std::atoi(text.data()), 0)));
  ASSERT_TRUE(grandchild) << std::strerror(errno);
  EXPECT_FALSE(gone_within(grandchild.get(), milliseconds(200)));
  kill(parent->pid(), SIGKILL);
  EXPECT_TRUE(gone_within(grandchild.get(), seconds(1)));
}

TEST(Spawn, child_dies_with_a_killed_parent) {
  expect_gone_with_parent({"sleep"});
}
TEST(Spawn, confined_child_dies_with_a_killed_parent) {
  expect_gone_with_parent({"confined", "sleep"});
}

TEST(Spawn, program_itself_can_run_unprivileged) {
  if (geteuid() != 0) GTEST_SKIP() << "only root has privileges to drop";
  ChildSpec spec;
  spec.program = "/usr/bin/id";
  spec.arguments = {"-u"};
  spec.drop_privileges = true;
  Pipe out;
  spec.descriptors = {{out.write_end.get(), 1}};
  EXPECT_EQ(run_spec(spec).exit_code, 0);
  EXPECT_EQ(out.all(), "65534\n");
}

TEST(Spawn, many_threads_start_many_children) {
  std::vector<std::thread> threads;
  std::atomic<int> good = 0;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&good] {
      for (int k = 0; k < 5; ++k) good += run_child({"thread"}).success();
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(good, 40);
}

}  // namespace
}  // namespace pier::sandbox
