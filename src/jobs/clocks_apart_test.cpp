// Machines whose clocks are minutes apart share one queue: on PostgreSQL the server's clock counts for all of them.

#include <thread>

#include <gtest/gtest.h>

#include <pier/database/testing/fresh_records.hpp>
#include <pier/database/testing/transactions.hpp>
#include <pier/jobs/workers.hpp>

namespace pier::jobs {
namespace {

using namespace std::chrono_literals;
using database::Database;

constexpr int64_t kApart = 5LL * 60 * 1'000'000;

/// A machine that writes to the records, with a clock of its own.
struct Machine {
  Machine(const database::test::FreshRecords& records, int64_t off, bool own_clock)
      : clock(Clock::system().now() + off) {
    database::OpenOptions options;
    options.clock = &clock;
    options.own_clock = own_clock;
    auto opened = Database::open(records.url(), options);
    EXPECT_TRUE(opened) << opened.error().message << opened.error().detail;
    database = std::move(*opened);
  }
  template <typename F>
  auto step(F&& work) {
    return database::test::step(*database, std::forward<F>(work));
  }
  TaskRow take(Microseconds lease) {
    auto task = step([&](Transaction& tx) { return claim(tx, "w", {}, lease); });
    EXPECT_TRUE(task && *task);
    return task && *task ? **task : TaskRow();
  }
  int64_t expired() {
    return *step([](Transaction& tx) { return expire_leases(tx); });
  }
  Result<void> beat(const TaskRow& task, Microseconds lease) {
    return step([&](Transaction& tx) { return heartbeat(tx, task.id, task.attempt, lease, 0.5); });
  }

  FakeClock clock;
  std::unique_ptr<Database> database;
};

class ClocksApartTest : public testing::Test {
 protected:
  void add_task_at(Machine& machine) {
    ASSERT_TRUE(machine.step([](Transaction& tx) -> Result<void> {
      PIER_TRY(const JobRow job, create_job(tx, {"default", "publish", {}, ""}));
      NewTask task;
      task.kind = "encode";
      PIER_CHECK(add_task(tx, job.id, task));
      return {};
    }));
  }
  database::test::FreshRecords x_records{database::test::Engine::kPostgresql};
};

TEST_F(ClocksApartTest, ALeaseLastsAsLongAsItWasGiven) {
  Machine early(x_records, -kApart, false), late(x_records, kApart, false);
  add_task_at(late);
  const TaskRow first = early.take(60s);
  EXPECT_EQ(late.expired(), 0);  // by its own clock it passed nine minutes ago
  ASSERT_TRUE(early.beat(first, 50ms));
  std::this_thread::sleep_for(100ms);
  EXPECT_EQ(late.expired(), 1);
  EXPECT_EQ(early.beat(first, 60s).error().code, ErrorCode::kConflict);
  const TaskRow second = late.take(50ms);
  EXPECT_EQ(second.attempt, first.attempt + 1);
  std::this_thread::sleep_for(100ms);
  EXPECT_EQ(early.expired(), 1);  // by its own clock it lasts ten minutes more
  const TaskRow third = early.take(60s);
  EXPECT_EQ(late.expired(), 0);
  ASSERT_TRUE(late.beat(third, 60s));
  EXPECT_TRUE(early.step([&](Transaction& tx) { return complete(tx, third.id, third.attempt, nullptr); }));
}

TEST_F(ClocksApartTest, ARetryComesWhenItIsDue) {
  Machine early(x_records, -kApart, false), late(x_records, kApart, false);
  add_task_at(early);
  const TaskRow first = late.take(60s);
  const RetryPolicy policy{.max_tries = 3, .backoff = 50ms};
  ASSERT_TRUE(late.step(
      [&](Transaction& tx) { return fail(tx, first.id, first.attempt, {ErrorCode::kIo, "disk", {}}, policy, true); }));
  std::this_thread::sleep_for(100ms);
  EXPECT_EQ(early.take(60s).attempt, 2U);
}

TEST_F(ClocksApartTest, AWorkerIsSilentOnlyWhenItIs) {
  Machine early(x_records, -kApart, false), late(x_records, kApart, false);
  ASSERT_TRUE(early.step([](Transaction& tx) { return register_worker(tx, {}); }));
  EXPECT_EQ(*late.step([](Transaction& tx) { return forget_silent_workers(tx, 2min); }), 0);
}

/// What the tests above would see if each machine went by its own clock.
TEST_F(ClocksApartTest, OwnClocksWouldTakeALivingWorkersTask) {
  Machine early(x_records, -kApart, true), late(x_records, kApart, true);
  add_task_at(early);
  const TaskRow task = early.take(60s);
  EXPECT_EQ(late.expired(), 1);
  EXPECT_EQ(early.beat(task, 60s).error().code, ErrorCode::kConflict);
}

TEST_F(ClocksApartTest, TheTimeIsTheServers) {
  Machine early(x_records, -kApart, false);
  const auto before = Clock::system().now();
  const auto written = *early.step([](Transaction& tx) -> Result<WallTime> { return tx.now(); });
  auto snapshot = early.database->read();
  const auto after = Clock::system().now();
  EXPECT_LE(before - 1000, written);  // one machine here, but the server cuts its time to microseconds by itself
  EXPECT_LE(written, snapshot->now());
  EXPECT_LE(snapshot->now(), after + 1000);
}

}  // namespace
}  // namespace pier::jobs
