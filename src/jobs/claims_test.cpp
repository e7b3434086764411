#include <set>
#include <thread>

#include "queue_fixture.hpp"

namespace pier::jobs {
namespace {

using namespace std::chrono_literals;
using ClaimsTest = test::QueueTest;

INSTANTIATE_TEST_SUITE_P(Engines, ClaimsTest, test::kBothEngines, test::engine_name);

NewTask weighed(const std::string& kind, int64_t priority, double cost, uint64_t memory = 0) {
  NewTask task;
  task.kind = kind;
  task.priority = priority;
  task.cost = cost;
  task.memory_bytes = memory;
  return task;
}

TEST_P(ClaimsTest, OrderIsPriorityThenAgeOfTheJobThenCost) {
  const std::string id = job();
  const std::string younger = job();
  add(younger, weighed("A", 5, 99.0));
  add(younger, weighed("B", 0, 99.0));
  for (const auto& [kind, priority, cost] : {std::tuple{"e", 0, 1.0},
                                             {"f", 0, 1.0},
                                             {"d", 0, 2.0},
                                             {"b", 5, 1.0},
                                             {"a", 5, 9.0},
                                             {"c", 1, 0.0},
                                             {"g", -1, 100.0}}) {
    add(id, weighed(kind, priority, cost));
  }
  std::string order;
  while (const auto task = take()) order += task->kind;
  EXPECT_EQ(order, "abAcdefBg");
  EXPECT_EQ(show(id).state, JobState::kRunning);
}

TEST_P(ClaimsTest, TheFilterHolds) {
  const std::string id = job();
  add(id, weighed("encode", 9, 1, 1000));
  add(id, weighed("probe", 0, 1, 10));
  NewTask later = weighed("probe", 9, 1, 0);
  later.run_at = x_clock.now() + 1000;
  add(id, later);
  EXPECT_EQ(take("w", {{"verify"}, UINT64_MAX}), std::nullopt);
  EXPECT_EQ(take("w", {{}, 9}), std::nullopt);
  EXPECT_EQ(take("w", {{"encode", "probe"}, 999})->memory_bytes, 10U);
  EXPECT_EQ(take("w", {{"probe"}, UINT64_MAX}), std::nullopt);
  pass(1ms);
  EXPECT_EQ(take("w", {{"probe"}, UINT64_MAX})->run_at, later.run_at);
  EXPECT_EQ(take("w", {{"encode"}, 1000})->kind, "encode");
  EXPECT_EQ(take(), std::nullopt);
}

/// Every set of wanted tags beside every set of offered ones.
TEST_P(ClaimsTest, ATaskWaitsForAWorkerWithAllItsTags) {
  const std::vector<std::string> sets{"", "8k", "gpu", "8k,gpu", "8", "8k-gpu", "a,b,c,d,e,f"};
  const std::string id = job();
  for (const std::string& wanted : sets) {
    NewTask task = named("encode", "");
    task.tags = *tags_from(wanted);
    const TaskRow added = add(id, task);
    EXPECT_EQ(added.tags, task.tags);
    for (const std::string& offered : sets) {
      const std::vector<std::string> offers = *tags_from(offered);
      ClaimFilter filter;
      filter.tags = offers;
      auto tx = x_database->begin();
      ASSERT_TRUE(tx);
      const auto claimed = claim(*tx, "w", filter, 30s);
      ASSERT_TRUE(claimed) << claimed.error().detail;
      EXPECT_EQ(claimed->has_value(), std::ranges::includes(offers, task.tags)) << wanted << " | " << offered;
    }
    ClaimFilter filter;
    filter.tags = task.tags;
    const auto taken = take("w", filter);
    ASSERT_TRUE(taken);
    EXPECT_EQ(taken->tags, task.tags);
    ASSERT_TRUE(finish(*taken));
  }
}

TEST_P(ClaimsTest, TagsOfATaskAreInOrderAndValid) {
  const std::string id = job();
  NewTask task = named("encode", "");
  task.tags = {"gpu", "8k", "gpu"};
  EXPECT_EQ(tags_text(add(id, task).tags), "8k,gpu");
  task.tags = {"no tag"};
  EXPECT_EQ(step([&](Transaction& tx) { return add_task(tx, id, task); }).error().code, ErrorCode::kInvalidArgument);
  ClaimFilter filter;
  filter.tags = std::vector<std::string>(kMaxTags + 1, "8k");
  EXPECT_EQ(step([&](Transaction& tx) { return claim(tx, "w", filter, 30s); }).error().code,
            ErrorCode::kInvalidArgument);
}

TEST_P(ClaimsTest, ALostLeaseIsFencedOff) {
  const std::string id = job();
  add(id, weighed("encode", 0, 1));
  const TaskRow old = *take("w1");
  EXPECT_EQ(old.attempt, 1U);
  EXPECT_EQ(old.lease_until, x_clock.now() + 30'000'000);
  pass(20s);
  ASSERT_TRUE(step([&](Transaction& tx) { return heartbeat(tx, old.id, old.attempt, 30s, 0.25, "frame 5"); }));
  EXPECT_EQ(task(old.id).note, "frame 5");
  EXPECT_EQ(task(old.id).progress, 0.25);
  pass(25s);
  EXPECT_EQ(*step([&](Transaction& tx) { return expire_leases(tx); }), 0);
  pass(6s);
  EXPECT_EQ(*step([&](Transaction& tx) { return expire_leases(tx); }), 1);
  EXPECT_EQ(task(old.id).state, TaskState::kReady);
  EXPECT_EQ(task(old.id).tries, 1);

  const TaskRow now = *take("w2");
  EXPECT_EQ(now.id, old.id);
  EXPECT_EQ(now.attempt, 2U);
  EXPECT_EQ(finish(old).error().code, ErrorCode::kConflict);
  EXPECT_EQ(step([&](Transaction& tx) { return heartbeat(tx, old.id, old.attempt, 30s, 0.9); }).error().code,
            ErrorCode::kConflict);
  EXPECT_EQ(step([&](Transaction& tx) { return fail(tx, old.id, old.attempt, {}, {}, true); }).error().code,
            ErrorCode::kConflict);
  EXPECT_TRUE(finish(now));
  EXPECT_EQ(finish(now).error().code, ErrorCode::kConflict);
  EXPECT_EQ(step([&](Transaction& tx) { return heartbeat(tx, "tsk_none", 1, 30s, 0); }).error().code,
            ErrorCode::kNotFound);
}

TEST_P(ClaimsTest, AWorkerLostTooOftenFailsTheTask) {
  const std::string id = job();
  add(id, weighed("encode", 0, 1));
  const TaskRow other = add(id, weighed("encode", -1, 1));
  for (int lost = 1; lost <= 3; ++lost) {
    ASSERT_TRUE(take());
    pass(31s);
    ASSERT_EQ(*step([&](Transaction& tx) { return expire_leases(tx, 3); }), 1);
    EXPECT_EQ(show(id).state, lost < 3 ? JobState::kRunning : JobState::kFailed);
  }
  ASSERT_TRUE(show(id).error);
  EXPECT_EQ(show(id).error->code, ErrorCode::kCrashed);
  EXPECT_EQ(task(other.id).state, TaskState::kCancelled);
}

TEST_P(ClaimsTest, AReleasedTaskIsNotBlamed) {
  const std::string id = job();
  add(id, weighed("a", 2, 1));
  add(id, weighed("b", 1, 1));
  const TaskRow one = *take("w1");
  const TaskRow two = *take("w2");
  EXPECT_EQ(*step([&](Transaction& tx) { return release_worker(tx, "w1"); }), 1);
  EXPECT_EQ(task(one.id).state, TaskState::kReady);
  EXPECT_EQ(task(one.id).tries, 0);
  EXPECT_EQ(task(two.id).state, TaskState::kRunning);
  EXPECT_EQ(*step([&](Transaction& tx) { return release_all(tx); }), 1);
  EXPECT_EQ(take("w3")->attempt, 2U);
}

TEST_P(ClaimsTest, ARetryWaitsLongerEachTime) {
  const std::string id = job();
  add(id, weighed("encode", 0, 1));
  const RetryPolicy policy{3, 2s};
  const Error error{ErrorCode::kIo, "disk gave an error", "errno 5"};
  const auto bad = [&](const TaskRow& task, bool retryable) {
    return *step([&](Transaction& tx) { return fail(tx, task.id, task.attempt, error, policy, retryable); });
  };
  EXPECT_EQ(bad(*take(), true), TaskState::kReady);
  EXPECT_EQ(take(), std::nullopt);
  pass(2s);
  const TaskRow second = *take();
  EXPECT_FALSE(second.error);
  EXPECT_EQ(bad(second, true), TaskState::kReady);
  EXPECT_EQ(task(second.id).error->message, error.message);
  pass(3999ms);
  EXPECT_EQ(take(), std::nullopt);
  pass(1ms);
  EXPECT_EQ(bad(*take(), true), TaskState::kFailed);
  EXPECT_EQ(show(id).state, JobState::kFailed);
  EXPECT_EQ(show(id).error->code, ErrorCode::kIo);
  EXPECT_EQ(show(id).error->detail, "errno 5");
  EXPECT_EQ(to_json(show(id)).at("error").as_object().if_contains("detail"), nullptr);
}

TEST_P(ClaimsTest, BadEndsAreKeptAndTheNextTryHasOtherSettings) {
  const std::string id = job();
  add(id, weighed("encode", 0, 1, 1000));
  RetryPolicy policy{.max_tries = 4, .backoff = 0s};
  const auto bad = [&](const TaskRow& task, const Error& error) {
    return *step([&](Transaction& tx) { return fail(tx, task.id, task.attempt, error, policy, true); });
  };
  const TaskRow first = *take("w1");
  EXPECT_TRUE(first.settings.is_null());
  policy.otherwise = OtherSettings{1500, {{"threads", 1}}};
  // What a child wrote may be any bytes, cut off anywhere.
  EXPECT_EQ(bad(first, {ErrorCode::kTooLarge, "memory", std::string(5000, 'x') + "\xe6"}), TaskState::kReady);
  const TaskRow second = *take("w2");
  EXPECT_EQ(second.memory_bytes, 1500U);
  EXPECT_EQ(second.settings, json::value({{"threads", 1}}));
  policy.otherwise.reset();
  EXPECT_EQ(bad(second, {ErrorCode::kIo, "disk \xe6", "\xe6"}), TaskState::kReady);
  const TaskRow third = *take("w3");
  EXPECT_EQ(third.memory_bytes, 1500U);  // other failures keep what there is
  EXPECT_EQ(third.settings, second.settings);
  pass(31s);
  ASSERT_EQ(*step([&](Transaction& tx) { return expire_leases(tx); }), 1);
  ASSERT_EQ(bad(*take("w4"), {ErrorCode::kIo, "again", ""}), TaskState::kFailed);
  auto snapshot = x_database->read();
  const auto tried = tasks_with_bad_ends(*snapshot, id, 10);
  ASSERT_TRUE(tried) << tried.error().detail;
  ASSERT_EQ(tried->size(), 1U);
  std::string text;
  for (const BadEnd& end : tried->front().bad_ends) {
    text += std::to_string(end.attempt) + " " + end.worker + " " + std::string(pier::to_string(end.error.code)) + " " +
            std::to_string(end.memory_bytes) + (end.settings.is_null() ? "" : " otherwise") + "; ";
  }
  EXPECT_EQ(text, "1 w1 too_large 1000; 2 w2 io 1500 otherwise; 3 w3 crashed 1500 otherwise; 4 w4 io 1500 otherwise; ");
  EXPECT_LE(tried->front().bad_ends.front().error.detail.size(), 2003U);
}

TEST_P(ClaimsTest, OnlyTheLastBadEndsAreKept) {
  const std::string id = job();
  add(id, weighed("encode", 0, 1));
  const RetryPolicy policy{.max_tries = 100, .backoff = 0s};
  for (int i = 0; i < 20; ++i) {
    const TaskRow task = *take();
    ASSERT_TRUE(step(
        [&](Transaction& tx) { return fail(tx, task.id, task.attempt, {ErrorCode::kIo, "x", ""}, policy, true); }));
  }
  const TaskRow task = *take();
  ASSERT_EQ(task.bad_ends.size(), 8U);
  EXPECT_EQ(task.bad_ends.front().attempt, 13U);
  EXPECT_EQ(task.bad_ends.back().attempt, 20U);
}

TEST_P(ClaimsTest, AFinalFailureFailsTheJobAndStopsItsSiblings) {
  const std::string id = job();
  const TaskRow done = add(id, weighed("done", 9, 1));
  const TaskRow broken = add(id, weighed("broken", 8, 1));
  add(id, weighed("sibling", 7, 1));
  NewTask last = weighed("last", 0, 1);
  last.after = {broken.id};
  const TaskRow waiting = add(id, last);
  const std::string other = job();
  const TaskRow untouched = add(other, weighed("other", -9, 1));
  ASSERT_TRUE(finish(*take()));
  const TaskRow running = *take();
  const TaskRow sibling = *take();
  const Error error{ErrorCode::kInputDamaged, "the file is damaged", ""};
  EXPECT_EQ(*step([&](Transaction& tx) { return fail(tx, running.id, running.attempt, error, {}, false); }),
            TaskState::kFailed);
  EXPECT_EQ(task(done.id).state, TaskState::kDone);
  EXPECT_EQ(task(waiting.id).state, TaskState::kCancelled);
  EXPECT_EQ(step([&](Transaction& tx) { return heartbeat(tx, sibling.id, sibling.attempt, 30s, 0.5); }).error().code,
            ErrorCode::kCancelled);
  EXPECT_EQ(finish(sibling).error().code, ErrorCode::kCancelled);
  EXPECT_EQ(task(untouched.id).state, TaskState::kReady);
  EXPECT_EQ(step([&](Transaction& tx) { return add_task(tx, id, weighed("more", 0, 1)); }).error().code,
            ErrorCode::kConflict);
}

TEST_P(ClaimsTest, TwinsRunOnce) {
  const std::string one = job();
  const std::string two = job();
  const TaskRow a = add(one, named("encode", "same"));
  const TaskRow b = add(two, named("encode", "same"));
  const TaskRow after = add(two, named("assemble", "", {b.id}));
  const TaskRow running = *take();
  EXPECT_EQ(running.id, a.id);
  EXPECT_EQ(take(), std::nullopt);
  const auto twins = finish(running, {{"object", "o"}});
  ASSERT_TRUE(twins) << twins.error().detail;
  EXPECT_EQ(*twins, std::vector<std::string>{b.id});
  EXPECT_EQ(task(b.id).state, TaskState::kDone);
  EXPECT_TRUE(task(b.id).reused);
  EXPECT_EQ(task(b.id).result, json::value({{"object", "o"}}));
  EXPECT_EQ(take()->id, after.id);
}

TEST_P(ClaimsTest, ATwinGoesOnWhenTheFirstFails) {
  const std::string one = job();
  const std::string two = job();
  add(one, named("encode", "same"));
  const TaskRow b = add(two, named("encode", "same"));
  const TaskRow running = *take();
  ASSERT_TRUE(step([&](Transaction& tx) { return fail(tx, running.id, running.attempt, {}, {}, false); }));
  EXPECT_EQ(take()->id, b.id);
}

TEST_P(ClaimsTest, ManyWorkersNeverShareATask) {
  const std::string id = job();
  ASSERT_TRUE(step([&](Transaction& tx) -> Result<void> {
    for (int i = 0; i < 60; ++i) PIER_CHECK(add_task(tx, id, weighed("encode", i % 3, 1)));
    return {};
  }));
  std::mutex mutex;
  std::multiset<std::string> seen;
  std::vector<std::jthread> workers;
  for (int worker = 0; worker < 4; ++worker) {
    workers.emplace_back([&, worker] {
      while (const auto task = take("w" + std::to_string(worker))) {
        EXPECT_TRUE(finish(*task));
        const std::lock_guard lock(mutex);
        seen.insert(task->id);
      }
    });
  }
  workers.clear();
  EXPECT_EQ(seen.size(), 60U);
  EXPECT_EQ(std::set(seen.begin(), seen.end()).size(), 60U);
}

}  // namespace
}  // namespace pier::jobs
