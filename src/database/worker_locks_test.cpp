#include <csignal>

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <pier/database/worker_locks.hpp>

#include "scratch.hpp"

namespace pier::database {
namespace {

/// A child that holds a number until it is killed.
pid_t start_worker(const std::string& path, int64_t number) {
  int ready[2];
  if (::pipe(ready) != 0) return -1;
  const pid_t child = ::fork();
  if (child == 0) {
    auto locks = WorkerLocks::open(path);
    const char good = locks && locks->hold(number) ? 'y' : 'n';
    if (::write(ready[1], &good, 1) != 1) ::_exit(1);
    while (true) ::pause();
  }
  char answer = 0;
  const bool held = ::read(ready[0], &answer, 1) == 1 && answer == 'y';
  ::close(ready[0]);
  ::close(ready[1]);
  return held ? child : -1;
}

void end(pid_t child) {
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
}

TEST(WorkerLocks, TheKernelSaysWhoLives) {
  const test::Scratch scratch;
  const auto locks = WorkerLocks::open(scratch.path());
  ASSERT_TRUE(locks) << locks.error().message;
  const pid_t three = start_worker(scratch.path(), 3);
  const pid_t seven = start_worker(scratch.path(), 7);
  ASSERT_GT(three, 0);
  ASSERT_GT(seven, 0);
  for (const auto& [number, alive] : {std::pair{3, true}, {7, true}, {4, false}}) {
    const auto found = locks->alive(number);
    ASSERT_TRUE(found);
    EXPECT_EQ(*found, alive) << number;
  }
  end(three);
  EXPECT_FALSE(*locks->alive(3));
  EXPECT_TRUE(*locks->alive(7));
  end(seven);
  EXPECT_FALSE(*locks->alive(7));
}

TEST(WorkerLocks, OneSeesItself) {
  const test::Scratch scratch;
  auto locks = WorkerLocks::open(scratch.path());
  ASSERT_TRUE(locks);
  EXPECT_FALSE(*locks->alive(1));
  ASSERT_TRUE(locks->hold(1));
  EXPECT_TRUE(*locks->alive(1));
  const auto other = WorkerLocks::open(scratch.path());
  ASSERT_TRUE(other);
  EXPECT_EQ(other->place(), locks->place());
  EXPECT_TRUE(*other->alive(1));
}

TEST(WorkerLocks, HushOnlyWithoutWorkersAndNoneBeginsUnderIt) {
  const test::Scratch scratch;
  const auto locks = WorkerLocks::open(scratch.path());
  ASSERT_TRUE(locks);
  const pid_t worker = start_worker(scratch.path(), 1);
  ASSERT_GT(worker, 0);
  auto hush = locks->hush();
  ASSERT_TRUE(hush);
  EXPECT_FALSE(hush->has_value());
  end(worker);
  hush = locks->hush();
  ASSERT_TRUE(hush);
  ASSERT_TRUE(hush->has_value());
  // One that begins now waits until the other is through.
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t late = ::fork();
  if (late == 0) {
    hush->reset();  // the copy it inherited
    auto own = WorkerLocks::open(scratch.path());
    const char good = own && own->hold(2) ? 'y' : 'n';
    if (::write(ready[1], &good, 1) != 1) ::_exit(1);
    while (true) ::pause();
  }
  ::usleep(100'000);
  EXPECT_TRUE(*locks->alive(2));  // by the hush
  hush->reset();
  char answer = 0;
  EXPECT_EQ(::read(ready[0], &answer, 1), 1);
  EXPECT_EQ(answer, 'y');
  end(late);
  ::close(ready[0]);
  ::close(ready[1]);
  EXPECT_FALSE(*locks->alive(2));
}

TEST(WorkerLocks, NoDirectory) {
  const auto locks = WorkerLocks::open("/nowhere/at/all");
  ASSERT_FALSE(locks);
  EXPECT_EQ(locks.error().code, ErrorCode::kNotFound);
  EXPECT_NE(locks.error().message.find("/nowhere/at/all"), std::string::npos);
}

}  // namespace
}  // namespace pier::database
