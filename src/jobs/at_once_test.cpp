// Several transactions at once. On SQLite they take turns; on PostgreSQL they meet, and there a test fails without the
// hold, the condition in the change or the ON CONFLICT it is about. A transaction that is to be met stays open while
// another thread starts its own.

#include <atomic>
#include <barrier>
#include <future>
#include <set>
#include <thread>

#include "queue_fixture.hpp"

namespace pier::jobs {
namespace {

using namespace std::chrono_literals;

class AtOnceTest : public test::QueueTest {
 protected:
  template <typename F, typename G>
  auto meet(F&& first, G&& second) {
    return database::test::meet(*x_database, std::forward<F>(first), std::forward<G>(second));
  }
  /// As the worker does it: again when it clashed.
  Result<void> written(const std::function<Result<void>(Transaction&)>& work) { return x_database->write(work); }
};

INSTANTIATE_TEST_SUITE_P(Engines, AtOnceTest, test::kBothEngines, test::engine_name);

TEST_P(AtOnceTest, EightClaimersShareNothing) {
  constexpr int kTasks = 400;
  const std::string id = job();
  ASSERT_TRUE(step([&](Transaction& tx) -> Result<void> {
    for (int i = 0; i < kTasks; ++i)
      PIER_CHECK(add_task(tx, id, named("encode", i % 4 == 0 ? "n" + std::to_string(i / 8) : "")));
    return {};
  }));
  std::mutex mutex;
  std::multiset<std::string> claimed;
  std::atomic<int> made = 0;
  std::vector<std::jthread> workers;
  for (int worker = 0; worker < 8; ++worker) {
    workers.emplace_back([&, worker] {
      for (int idle = 0; idle < 20;) {
        const auto task = take("w" + std::to_string(worker));
        if (!task) {
          ++idle;
          std::this_thread::sleep_for(2ms);
          continue;
        }
        idle = 0;
        const auto twins = finish(*task);
        EXPECT_TRUE(twins) << twins.error().message << twins.error().detail;
        made += twins ? 1 + static_cast<int>(twins->size()) : 0;
        const std::lock_guard lock(mutex);
        claimed.insert(task->id);
      }
    });
  }
  workers.clear();
  EXPECT_EQ(made, kTasks);
  EXPECT_EQ(std::set(claimed.begin(), claimed.end()).size(), claimed.size());
  EXPECT_EQ(claimed.size(), size_t{kTasks - kTasks / 8});  // every second one with a name is the twin of another
  ASSERT_TRUE(step([&](Transaction& tx) { return end_job(tx, id, nullptr); }));
}

TEST_P(AtOnceTest, AClaimDoesNotWaitForAnother) {
  const std::string id = job();
  add(id, named("a", ""));
  add(id, named("b", ""));
  if (GetParam() == database::test::Engine::kSqlite) return;  // has one writer
  auto one = x_database->begin();
  auto two = x_database->begin();
  const auto first = claim(*one, "w1", {}, 30s);
  const auto second = claim(*two, "w2", {}, 30s);
  ASSERT_TRUE(first && second);
  ASSERT_TRUE(*first && *second);
  EXPECT_NE((*first)->id, (*second)->id);
  EXPECT_TRUE(two->commit());
  EXPECT_TRUE(one->commit());
  EXPECT_EQ(show(id).state, JobState::kRunning);
}

TEST_P(AtOnceTest, TwinsAreNotClaimedAtTheSameTime) {
  const std::string id = job();
  add(id, named("encode", "same"));
  add(id, named("encode", "same"));
  const TaskRow other = add(id, named("probe", ""));
  const auto second = meet([&](Transaction& tx) { return claim(tx, "w1", {}, 30s); },
                           [&](Transaction& tx) { return claim(tx, "w2", {}, 30s); });
  ASSERT_TRUE(second) << second.error().detail;
  ASSERT_TRUE(*second);
  EXPECT_EQ((*second)->id, other.id);
}

TEST_P(AtOnceTest, DependenciesThatEndTogetherAreAllCounted) {
  const std::string id = job();
  std::vector<std::string> parts;
  for (int i = 0; i < 8; ++i) parts.push_back(add(id, named("encode", "")).id);
  const TaskRow last = add(id, named("assemble", "", parts));
  std::vector<TaskRow> running;
  while (const auto task = take()) running.push_back(*task);
  ASSERT_EQ(running.size(), 8U);
  std::barrier together(8);
  std::vector<std::jthread> workers;
  for (const TaskRow& task : running) {
    workers.emplace_back([&] {
      together.arrive_and_wait();
      EXPECT_TRUE(finish(task));
    });
  }
  workers.clear();
  EXPECT_EQ(task(last.id).remaining_deps, 0);
  EXPECT_EQ(task(last.id).state, TaskState::kReady);
}

TEST_P(AtOnceTest, WhoeverBeginsToWaitForATaskThatEndsIsReleased) {
  const std::string id = job();
  add(id, named("encode", ""));
  const TaskRow running = *take();
  const auto added = meet([&](Transaction& tx) { return complete(tx, running.id, running.attempt, nullptr); },
                          [&](Transaction& tx) { return add_task(tx, id, named("assemble", "", {running.id})); });
  ASSERT_TRUE(added) << added.error().message << added.error().detail;
  EXPECT_EQ(task(added->id).state, TaskState::kReady);

  const TaskRow later = add(id, named("encode", ""));
  const TaskRow waits = add(id, named("publish", "", {later.id}));
  ASSERT_TRUE(finish(*take("w", {{"assemble"}, UINT64_MAX})));
  const TaskRow second = *take();
  ASSERT_EQ(second.id, later.id);
  const TaskRow third = add(id, named("more", ""));
  const auto dependent = meet([&](Transaction& tx) { return add_dependency(tx, waits.id, third.id); },
                              [&](Transaction& tx) { return complete(tx, second.id, second.attempt, nullptr); });
  ASSERT_TRUE(dependent) << dependent.error().detail;
  EXPECT_EQ(task(waits.id).remaining_deps, 1);
  EXPECT_EQ(task(waits.id).state, TaskState::kBlocked);
}

TEST_P(AtOnceTest, ATwinAddedWhileTheFirstEndsIsDoneWithIt) {
  const std::string one = job();
  const std::string two = job();
  add(one, named("encode", "same"));
  const TaskRow running = *take();
  const auto added = meet([&](Transaction& tx) { return complete(tx, running.id, running.attempt, {{"o", 1}}); },
                          [&](Transaction& tx) { return add_task(tx, two, named("encode", "same")); });
  ASSERT_TRUE(added) << added.error().message << added.error().detail;
  EXPECT_EQ(task(added->id).state, TaskState::kDone);

  add(one, named("encode", "other"));
  const TaskRow again = *take();
  const auto twins = meet([&](Transaction& tx) { return add_task(tx, two, named("encode", "other")); },
                          [&](Transaction& tx) { return complete(tx, again.id, again.attempt, nullptr); });
  ASSERT_TRUE(twins) << twins.error().message << twins.error().detail;
  EXPECT_EQ(twins->size(), 1U);
}

TEST_P(AtOnceTest, AnIdempotencyKeyMakesOneJob) {
  const NewJob wanted{"default", "publish", {{"file", "a"}}, "key"};
  std::string first;
  const auto second = meet(
      [&](Transaction& tx) {
        auto made = create_job(tx, wanted);
        first = made ? made->id : "";
        return made;
      },
      [&](Transaction& tx) { return create_job(tx, wanted); });
  ASSERT_TRUE(second) << second.error().message << second.error().detail;
  EXPECT_EQ(second->id, first);
}

TEST_P(AtOnceTest, NothingIsAddedToAJobThatEnds) {
  const std::string id = job();
  const auto added = meet([&](Transaction& tx) { return cancel_job(tx, id); },
                          [&](Transaction& tx) { return add_task(tx, id, named("late", "")); });
  ASSERT_FALSE(added);
  EXPECT_EQ(added.error().code, ErrorCode::kConflict);

  const std::string other = job();
  std::string late;
  const auto cancelled = meet(
      [&](Transaction& tx) {
        auto made = add_task(tx, other, named("late", ""));
        late = made ? made->id : "";
        return made;
      },
      [&](Transaction& tx) { return cancel_job(tx, other); });
  ASSERT_TRUE(cancelled);
  EXPECT_EQ(task(late).state, TaskState::kCancelled);

  const std::string third = job();
  const auto ended = meet([&](Transaction& tx) { return add_task(tx, third, named("late", "")); },
                          [&](Transaction& tx) { return end_job(tx, third, nullptr); });
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code, ErrorCode::kConflict);
}

TEST_P(AtOnceTest, AStaleWorkerChangesNothing) {
  const std::string id = job();
  add(id, named("encode", ""));
  const TaskRow stale = *take("w1");
  pass(31s);
  const auto beat = meet(
      [&](Transaction& tx) -> Result<void> {
        PIER_CHECK(expire_leases(tx));
        PIER_TRY(const auto task, claim(tx, "w2", {}, 30s));
        EXPECT_TRUE(task);
        return {};
      },
      [&](Transaction& tx) { return heartbeat(tx, stale.id, stale.attempt, 3600s, 0.9, "stale"); });
  ASSERT_FALSE(beat);
  EXPECT_EQ(beat.error().code, ErrorCode::kConflict);
  EXPECT_EQ(task(stale.id).note, "");
  EXPECT_EQ(task(stale.id).worker, "w2");
}

TEST_P(AtOnceTest, AWorkerHeardInTimeIsNotExpired) {
  const std::string id = job();
  add(id, named("encode", ""));
  const TaskRow running = *take("w1");
  pass(31s);
  const auto expired = meet([&](Transaction& tx) { return heartbeat(tx, running.id, running.attempt, 30s, 0.5); },
                            [&](Transaction& tx) { return expire_leases(tx); });
  ASSERT_TRUE(expired) << expired.error().detail;
  EXPECT_EQ(*expired, 0);
  EXPECT_EQ(task(running.id).state, TaskState::kRunning);
  EXPECT_EQ(task(running.id).tries, 0);
}

TEST_P(AtOnceTest, TwoThatWouldWaitForEachOtherCloseNoCircle) {
  const std::string id = job();
  const TaskRow gate = add(id, named("gate", ""));
  const TaskRow a = add(id, named("a", "", {gate.id}));
  const TaskRow b = add(id, named("b", "", {gate.id}));
  const auto closed = meet([&](Transaction& tx) { return add_dependency(tx, a.id, b.id); },
                           [&](Transaction& tx) { return add_dependency(tx, b.id, a.id); });
  ASSERT_FALSE(closed);
  EXPECT_EQ(closed.error().code, ErrorCode::kConflict) << closed.error().message;
}

/// Claims, ends, failures, cancellations, expiry and planning of a few jobs at once, all by the names of few results:
/// nobody gets stuck, and what is left is consistent.
TEST_P(AtOnceTest, EverythingAtOnceEndsWell) {
  constexpr int kJobs = 12;
  std::vector<std::string> ids;
  for (int i = 0; i < kJobs; ++i) ids.push_back(job());
  std::atomic<int> planned = 0;
  std::vector<std::jthread> threads;
  for (int worker = 0; worker < 4; ++worker) {
    threads.emplace_back([&, worker] {
      for (int i = worker; i < kJobs; i += 4) {
        const auto done = written([&](Transaction& tx) -> Result<void> {
          std::vector<std::string> chunks;
          for (int chunk = 0; chunk < 5; ++chunk) {
            PIER_TRY(const TaskRow made,
                     add_task(tx, ids[i], named("encode", "chunk " + std::to_string((chunk + i) % 7))));
            chunks.push_back(made.id);
          }
          PIER_CHECK(add_task(tx, ids[i], named("assemble", "", chunks)));
          return {};
        });
        EXPECT_TRUE(done || done.error().code == ErrorCode::kConflict) << done.error().message << done.error().detail;
        ++planned;
      }
    });
    threads.emplace_back([&, worker] {
      for (int idle = 0; idle < 10;) {
        std::optional<TaskRow> task;
        const auto claimed = written([&](Transaction& tx) -> Result<void> {
          PIER_TRY(task, claim(tx, "w" + std::to_string(worker), {}, 30s));
          return {};
        });
        EXPECT_TRUE(claimed) << claimed.error().message << claimed.error().detail;
        if (!task) {
          idle += planned == kJobs ? 1 : 0;
          std::this_thread::sleep_for(2ms);
          continue;
        }
        const auto ended = written([&](Transaction& tx) -> Result<void> {
          PIER_CHECK(heartbeat(tx, task->id, task->attempt, 30s, 1));
          if (task->kind == "encode" && task->id.back() == '7') {
            PIER_CHECK(fail(tx, task->id, task->attempt, {ErrorCode::kIo, "bad", ""}, {2, 0us}, true));
            return {};
          }
          PIER_CHECK(complete(tx, task->id, task->attempt, nullptr));
          return task->kind == "assemble" ? end_job(tx, task->job_id, nullptr) : Result<void>();
        });
        EXPECT_TRUE(ended || ended.error().code == ErrorCode::kCancelled || ended.error().code == ErrorCode::kConflict)
            << ended.error().message << ended.error().detail;
      }
    });
  }
  threads.emplace_back([&] {
    for (int i = 0; i < kJobs; i += 5) {
      const auto done = written([&](Transaction& tx) { return cancel_job(tx, ids[i]); });
      EXPECT_TRUE(done || done.error().code == ErrorCode::kConflict) << done.error().message << done.error().detail;
      EXPECT_TRUE(written([&](Transaction& tx) -> Result<void> {
        PIER_CHECK(expire_leases(tx));
        return {};
      }));
    }
  });
  threads.clear();
  auto snapshot = x_database->read();
  for (const std::string& id : ids) {
    const JobState state = show_job(*snapshot, "default", id)->state;
    const auto tasks = list_tasks(*snapshot, id);
    ASSERT_TRUE(tasks);
    for (const TaskRow& row : *tasks) {
      EXPECT_TRUE(is_ended(row.state)) << to_string(row.state) << " in a job that is " << to_string(state);
    }
    EXPECT_TRUE(is_ended(state)) << to_string(state);
  }
}

}  // namespace
}  // namespace pier::jobs
