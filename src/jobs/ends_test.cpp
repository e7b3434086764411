#include "queue_fixture.hpp"

namespace pier::jobs {
namespace {

using namespace std::chrono_literals;
using EndsTest = test::QueueTest;

INSTANTIATE_TEST_SUITE_P(Engines, EndsTest, test::kBothEngines, test::engine_name);

TEST_P(EndsTest, AJobEndsWhenItsCallerSaysSo) {
  const std::string id = job();
  add(id, named("a", ""));
  const auto end = [&] { return step([&](Transaction& tx) { return end_job(tx, id, {{"asset", "ast"}}); }); };
  EXPECT_EQ(end().error().code, ErrorCode::kConflict);
  const TaskRow running = *take();
  EXPECT_EQ(end().error().code, ErrorCode::kConflict);
  ASSERT_TRUE(finish(running));
  EXPECT_EQ(show(id).state, JobState::kRunning);
  ASSERT_TRUE(end());
  EXPECT_EQ(show(id).state, JobState::kDone);
  EXPECT_EQ(show(id).result, json::value({{"asset", "ast"}}));
  EXPECT_EQ(end().error().code, ErrorCode::kConflict);
  EXPECT_EQ(step([&](Transaction& tx) { return cancel_job(tx, id); }).error().code, ErrorCode::kConflict);
  EXPECT_EQ(step([&](Transaction& tx) { return resume_job(tx, id); }).error().code, ErrorCode::kConflict);
}

TEST_P(EndsTest, CancelStopsEverythingAndResumeKeepsWhatWasDone) {
  const std::string id = job();
  const TaskRow a = add(id, named("a", "na"));
  const TaskRow b = add(id, named("b", "nb"));
  const TaskRow c = add(id, named("c", "nc", {a.id, b.id}));
  ASSERT_TRUE(finish(*take()));
  const TaskRow running = *take();
  ASSERT_TRUE(step([&](Transaction& tx) { return cancel_job(tx, id); }));
  ASSERT_TRUE(step([&](Transaction& tx) { return cancel_job(tx, id); }));
  EXPECT_EQ(show(id).state, JobState::kCancelled);
  EXPECT_EQ(finish(running).error().code, ErrorCode::kCancelled);
  EXPECT_EQ(take(), std::nullopt);

  ASSERT_TRUE(step([&](Transaction& tx) { return resume_job(tx, id); }));
  EXPECT_EQ(show(id).state, JobState::kQueued);
  EXPECT_EQ(task(a.id).state, TaskState::kDone);
  EXPECT_EQ(task(c.id).state, TaskState::kBlocked);
  const TaskRow again = *take();
  EXPECT_EQ(again.id, b.id);
  EXPECT_EQ(again.attempt, 2U);
  EXPECT_EQ(finish(running).error().code, ErrorCode::kConflict);
  ASSERT_TRUE(finish(again));
  EXPECT_EQ(take()->id, c.id);
}

TEST_P(EndsTest, AFailedJobIsTakenUpAgain) {
  const std::string id = job();
  const TaskRow a = add(id, named("a", ""));
  add(id, named("b", "", {a.id}));
  const TaskRow running = *take();
  const Error error{ErrorCode::kNoSpace, "disk full", ""};
  ASSERT_TRUE(step([&](Transaction& tx) { return fail(tx, running.id, running.attempt, error, {1, 2s}, true); }));
  EXPECT_EQ(show(id).state, JobState::kFailed);
  ASSERT_TRUE(step([&](Transaction& tx) { return resume_job(tx, id); }));
  EXPECT_FALSE(show(id).error);
  EXPECT_EQ(task(a.id).tries, 0);
  EXPECT_FALSE(task(a.id).error);
  ASSERT_TRUE(finish(*take()));
  ASSERT_TRUE(finish(*take()));
}

TEST_P(EndsTest, FailJobFromOutside) {
  const std::string id = job();
  const TaskRow a = add(id, named("a", ""));
  ASSERT_TRUE(
      step([&](Transaction& tx) { return fail_job(tx, id, {ErrorCode::kInputChanged, "master changed", ""}); }));
  EXPECT_EQ(show(id).error->code, ErrorCode::kInputChanged);
  EXPECT_EQ(task(a.id).state, TaskState::kCancelled);
}

TEST_P(EndsTest, ASupersededTaskHoldsNobodyUp) {
  const std::string id = job();
  const TaskRow a = add(id, named("a", ""));
  const TaskRow b = add(id, named("b", "", {a.id}));
  const TaskRow running = *take();
  ASSERT_TRUE(step([&](Transaction& tx) { return supersede(tx, a.id); }));
  ASSERT_TRUE(step([&](Transaction& tx) { return supersede(tx, a.id); }));
  EXPECT_EQ(step([&](Transaction& tx) { return heartbeat(tx, a.id, running.attempt, 30s, 0.1); }).error().code,
            ErrorCode::kCancelled);
  EXPECT_EQ(task(b.id).state, TaskState::kReady);
  EXPECT_EQ(progress_of(id).tasks_total, 1);
  ASSERT_TRUE(finish(*take()));
  ASSERT_TRUE(step([&](Transaction& tx) { return end_job(tx, id, nullptr); }));
}

TEST_P(EndsTest, NothingOfAnUncommittedStepIsSeen) {
  const std::string id = job();
  add(id, named("a", ""));
  const TaskRow running = *take();
  {
    auto tx = x_database->begin();
    ASSERT_TRUE(complete(*tx, running.id, running.attempt, nullptr));
    ASSERT_TRUE(end_job(*tx, id, nullptr));
  }
  EXPECT_EQ(task(running.id).state, TaskState::kRunning);
  EXPECT_EQ(show(id).state, JobState::kRunning);
}

}  // namespace
}  // namespace pier::jobs
