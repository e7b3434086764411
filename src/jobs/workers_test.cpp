#include <pier/jobs/workers.hpp>

#include "queue_fixture.hpp"

namespace pier::jobs {
namespace {

using namespace std::chrono_literals;

class WorkersTest : public test::QueueTest {
 protected:
  WorkerRow start(const std::string& name, const std::vector<std::string>& tags = {}) {
    WorkerRow wish;
    wish.name = name;
    wish.place = "here";
    wish.process = 42;
    wish.version = "1";
    wish.slots = 2;
    wish.memory_bytes = 1U << 30U;
    wish.tags = tags;
    auto made = step([&](Transaction& tx) { return register_worker(tx, wish); });
    EXPECT_TRUE(made) << made.error().message << made.error().detail;
    return made ? *made : WorkerRow();
  }
  std::vector<WorkerRow> all(bool with_gone = false) {
    auto snapshot = x_database->read();
    auto rows = list_workers(*snapshot, with_gone);
    EXPECT_TRUE(rows);
    return rows ? *rows : std::vector<WorkerRow>();
  }
  WorkerState seen(const std::string& id) {
    auto state = step([&](Transaction& tx) { return worker_seen(tx, id); });
    EXPECT_TRUE(state) << state.error().message;
    return state ? *state : WorkerState::kGone;
  }
  Result<WorkerRow> ask(const std::string& id, WorkerState state) {
    return step([&](Transaction& tx) { return set_worker_state(tx, id, state); });
  }
  Result<int64_t> retire(const std::string& id, bool lost) {
    return step([&](Transaction& tx) { return retire_worker(tx, id, lost); });
  }
};

INSTANTIATE_TEST_SUITE_P(Engines, WorkersTest, test::kBothEngines, test::engine_name);

TEST_P(WorkersTest, RegisteredAndListedWithWhatTheyRun) {
  const WorkerRow first = start("one", {"gpu", "8k", "gpu"});
  const WorkerRow second = start("two");
  EXPECT_LT(first.number, second.number);
  EXPECT_EQ(first.tags, (std::vector<std::string>{"8k", "gpu"}));
  const std::string id = job();
  add(id, named("a", ""));
  add(id, named("b", ""));
  ASSERT_TRUE(take(first.id));
  const auto workers = all();
  ASSERT_EQ(workers.size(), 2U);
  EXPECT_EQ(workers[0].id, first.id);
  EXPECT_EQ(workers[0].name, "one");
  EXPECT_EQ(workers[0].slots, 2);
  EXPECT_EQ(workers[0].memory_bytes, uint64_t{1} << 30U);
  EXPECT_EQ(workers[0].running, 1);
  EXPECT_EQ(workers[1].running, 0);
  EXPECT_EQ(to_json(workers[0]).at("state"), "active");
}

TEST_P(WorkersTest, HearsWhatIsAskedOfIt) {
  const WorkerRow worker = start("one");
  EXPECT_EQ(seen(worker.id), WorkerState::kActive);
  for (const WorkerState state : {WorkerState::kPaused, WorkerState::kDraining, WorkerState::kActive}) {
    ASSERT_TRUE(ask(worker.id, state));
    EXPECT_EQ(seen(worker.id), state);
  }
  const auto nobody = ask("wrk_none", WorkerState::kPaused);
  ASSERT_FALSE(nobody);
  EXPECT_EQ(nobody.error().code, ErrorCode::kNotFound);
}

TEST_P(WorkersTest, OneThatEndsGivesItsTasksBackWithoutATry) {
  const WorkerRow worker = start("one"), other = start("two");
  const std::string id = job();
  const TaskRow a = add(id, named("a", "")), b = add(id, named("b", ""));
  ASSERT_TRUE(take(worker.id));
  ASSERT_TRUE(take(other.id));
  EXPECT_EQ(retire(worker.id, false), 1);
  EXPECT_EQ(retire(worker.id, false), 0);
  const std::vector<TaskRow> rows{task(a.id), task(b.id)};
  for (const TaskRow& row : rows) {
    EXPECT_EQ(row.tries, 0);
    EXPECT_EQ(row.state, row.worker == other.id ? TaskState::kRunning : TaskState::kReady);
  }
  EXPECT_EQ(all().size(), 1U);
  EXPECT_EQ(all(true).size(), 2U);
  const auto refused = ask(worker.id, WorkerState::kActive);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kConflict);
}

TEST_P(WorkersTest, ATaskThatKillsItsWorkersFailsAtTheFifth) {
  const std::string id = job();
  const TaskRow bad = add(id, named("a", ""));
  for (int64_t n = 1; n <= 5; ++n) {
    const WorkerRow worker = start("w");
    ASSERT_TRUE(take(worker.id)) << n;
    EXPECT_EQ(retire(worker.id, true), 1);
    const TaskRow row = task(bad.id);
    EXPECT_EQ(row.tries, n);
    EXPECT_EQ(row.state, n < 5 ? TaskState::kReady : TaskState::kFailed);
  }
  EXPECT_EQ(show(id).state, JobState::kFailed);
  ASSERT_TRUE(show(id).error);
  EXPECT_EQ(show(id).error->code, ErrorCode::kCrashed);
}

TEST_P(WorkersTest, ASilentOneIsGoneAndComesBackWithoutItsTask) {
  const WorkerRow worker = start("one");
  const std::string id = job();
  add(id, named("a", ""));
  const auto taken = take(worker.id);
  ASSERT_TRUE(taken);
  pass(90s);
  const WorkerRow other = start("two");
  ASSERT_TRUE(step([&](Transaction& tx) { return forget_silent_workers(tx, 60s); }));
  ASSERT_TRUE(step([&](Transaction& tx) { return expire_leases(tx); }));
  ASSERT_EQ(all().size(), 1U);
  const auto again = take(other.id);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->attempt, taken->attempt + 1);
  EXPECT_EQ(seen(worker.id), WorkerState::kActive);
  const auto late = finish(*taken);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, ErrorCode::kConflict);
  EXPECT_TRUE(finish(*again));
}

TEST_P(WorkersTest, WhatKeepsThemFromWorkIsToldAndPasses) {
  const WorkerRow full = start("full"), elsewhere = start("elsewhere");
  const std::string id = job();
  add(id, named("encode", ""));
  const auto waits = [&] {
    auto snapshot = x_database->read();
    std::vector<std::string> said;
    const auto found = unserved_tasks(*snapshot, id);
    for (const UnservedTasks& tasks : *found) said.insert(said.end(), tasks.hindrances.begin(), tasks.hindrances.end());
    return said;
  };
  ASSERT_TRUE(step([&](Transaction& tx) { return worker_seen(tx, full.id, "no room"); }));
  EXPECT_EQ(all()[0].note, "no room");
  EXPECT_TRUE(waits().empty()) << "the other one may";
  const WallTime until = x_clock.now() + 60'000'000;
  const auto refuse = [&](const std::string& other) {
    return step([&](Transaction& tx) { return refuse_job(tx, elsewhere.id, {other, "not mounted", until}); });
  };
  ASSERT_TRUE(refuse("job_other"));
  EXPECT_TRUE(waits().empty());
  ASSERT_TRUE(refuse(id));
  ASSERT_EQ(all()[1].refusals.size(), 2U);
  EXPECT_EQ(waits(), (std::vector<std::string>{"full: no room", "elsewhere: not mounted"}));
  pass(60s);
  EXPECT_TRUE(all()[1].refusals.empty());
  EXPECT_TRUE(waits().empty());
  ASSERT_TRUE(step([&](Transaction& tx) { return worker_seen(tx, full.id); }));
  EXPECT_EQ(all()[0].note, "");
}

TEST_P(WorkersTest, AJobLeftToOthersIsNotClaimedAndATaskGivenBackHasNoTry) {
  const WorkerRow one = start("one"), two = start("two");
  const std::string id = job(), other = job();
  add(id, named("encode", ""));
  const TaskRow task = *take(one.id);
  ASSERT_TRUE(step([&](Transaction& tx) { return give_back(tx, task.id, task.attempt); }));
  EXPECT_EQ(step([&](Transaction& tx) { return give_back(tx, task.id, task.attempt); }).error().code,
            ErrorCode::kConflict);
  ClaimFilter filter;
  filter.refused = {other, id};
  const auto claimed = [&] { return *step([&](Transaction& tx) { return claim(tx, one.id, filter, 60s); }); };
  EXPECT_EQ(claimed(), std::nullopt);
  add(job(), named("encode", ""));
  EXPECT_NE(claimed()->job_id, id) << "only that job is left";
  const TaskRow again = *take(two.id);
  EXPECT_EQ(again.id, task.id);
  EXPECT_EQ(again.attempt, task.attempt + 1);
  EXPECT_EQ(again.tries, 0);
}

/// A job that silently never starts is what nobody forgives.
TEST_P(WorkersTest, ReadyTasksThatNobodyWillStartAreNamed) {
  const std::string id = job();
  NewTask large = named("encode", "");
  large.tags = {"8k", "gpu"};
  const TaskRow probe = add(id, named("probe", ""));
  large.after = {probe.id};
  add(id, large);
  add(id, large);
  const auto unserved = [&] {
    auto snapshot = x_database->read();
    auto found = unserved_tasks(*snapshot, id);
    EXPECT_TRUE(found) << found.error().detail;
    std::string text;
    for (const UnservedTasks& tasks : *found)
      text += "[" + tags_text(tasks.tags) + " " + std::to_string(tasks.tasks) + " " +
              std::to_string((tasks.since - probe.created) / 1'000'000) + "]";
    return text;
  };
  EXPECT_EQ(unserved(), "[ 1 0]");  // nobody at all
  WorkerRow wish;
  wish.tags = {"8k"};
  const WorkerRow first = *step([&](Transaction& tx) { return register_worker(tx, wish); });
  wish.tags = {"gpu"};
  ASSERT_TRUE(step([&](Transaction& tx) { return register_worker(tx, wish); }));
  EXPECT_EQ(unserved(), "");
  pass(7s);
  ASSERT_TRUE(finish(*take(first.id)));
  pass(60s);
  EXPECT_EQ(take(first.id), std::nullopt);
  EXPECT_EQ(unserved(), "[8k,gpu 2 7]");  // one has the one, another the other
  wish.tags = {"8k", "gpu", "more"};
  const WorkerRow both = *step([&](Transaction& tx) { return register_worker(tx, wish); });
  EXPECT_EQ(unserved(), "");
  ASSERT_TRUE(step([&](Transaction& tx) { return set_worker_state(tx, both.id, WorkerState::kPaused); }));
  EXPECT_EQ(unserved(), "[8k,gpu 2 7]");
  ASSERT_TRUE(step([&](Transaction& tx) { return set_worker_state(tx, both.id, WorkerState::kActive); }));
  EXPECT_EQ(unserved(), "");
  ASSERT_TRUE(step([&](Transaction& tx) { return retire_worker(tx, both.id, false); }));
  EXPECT_EQ(unserved(), "[8k,gpu 2 7]");
}

TEST(Tags, SortedWithoutRepeats) {
  EXPECT_EQ(tags_text(*tags_from("gpu,8k,gpu")), "8k,gpu");
  EXPECT_TRUE(tags_from("")->empty());
  for (const std::string& wrong : {std::string("a,,b"), std::string("A"), std::string("a b"), std::string(33, 'a'),
                                   std::string("a,b,c,d,e,f,g"), std::string(",")}) {
    const auto tags = tags_from(wrong);
    ASSERT_FALSE(tags) << wrong;
    EXPECT_EQ(tags.error().code, ErrorCode::kInvalidArgument);
  }
}

}  // namespace
}  // namespace pier::jobs
