#include "queue_fixture.hpp"

namespace pier::jobs {
namespace {

using test::QueueTest;
using SubmitTest = QueueTest;

INSTANTIATE_TEST_SUITE_P(Engines, SubmitTest, test::kBothEngines, test::engine_name);

TEST_P(SubmitTest, AJobIsStoredAndShown) {
  const std::string id = job();
  const JobRow row = show(id);
  EXPECT_EQ(row.state, JobState::kQueued);
  EXPECT_EQ(row.kind, "publish");
  EXPECT_EQ(row.request, json::value({{"x", 1}}));
  EXPECT_TRUE(row.result.is_null());
  EXPECT_EQ(row.created, x_clock.now());
  const auto made = step([&](Transaction& tx) { return create_job(tx, {"nobody", "publish", {}, ""}); });
  EXPECT_EQ(made.error().code, ErrorCode::kNotFound);
}

TEST_P(SubmitTest, AnIdempotencyKeyGivesTheSameJob) {
  const auto submit = [&](const json::value& request, const std::string& key) {
    return step([&](Transaction& tx) { return create_job(tx, {"default", "publish", request, key}); });
  };
  const auto one = submit({{"file", "a"}}, "key");
  const auto same = submit({{"file", "a"}}, "key");
  ASSERT_TRUE(one && same);
  EXPECT_EQ(one->id, same->id);
  EXPECT_EQ(submit({{"file", "b"}}, "key").error().code, ErrorCode::kConflict);
  EXPECT_NE(submit({{"file", "a"}}, "other")->id, one->id);
  EXPECT_NE(submit({{"file", "a"}}, "")->id, submit({{"file", "a"}}, "")->id);
}

TEST_P(SubmitTest, ATaskWaitsForAllItsDependencies) {
  const std::string id = job();
  const TaskRow a = add(id, named("encode", "a"));
  const TaskRow b = add(id, named("encode", "b"));
  const TaskRow end = add(id, named("assemble", "c", {a.id, b.id, a.id}));
  EXPECT_EQ(a.state, TaskState::kReady);
  EXPECT_EQ(end.state, TaskState::kBlocked);
  EXPECT_EQ(end.remaining_deps, 2);
  ASSERT_TRUE(finish(*take(), {{"n", 1}}));
  EXPECT_EQ(task(end.id).state, TaskState::kBlocked);
  ASSERT_TRUE(finish(*take(), {{"n", 2}}));
  EXPECT_EQ(task(end.id).state, TaskState::kReady);
  auto snapshot = x_database->read();
  const auto inputs = dependencies(*snapshot, end.id);
  ASSERT_TRUE(inputs);
  ASSERT_EQ(inputs->size(), 2U);
  EXPECT_EQ((*inputs)[0].id, a.id);
  EXPECT_EQ((*inputs)[0].result, json::value({{"n", 1}}));
  EXPECT_EQ((*inputs)[1].id, b.id);
}

TEST_P(SubmitTest, AStepMayPlanFurtherSteps) {
  const std::string id = job();
  const TaskRow plan = add(id, named("plan", ""));
  const TaskRow publish = add(id, named("publish", "", {plan.id}));
  const TaskRow running = *take();
  const auto planned = step([&](Transaction& tx) -> Result<std::string> {
    PIER_TRY(const TaskRow chunk, add_task(tx, id, named("encode", "chunk")));
    PIER_CHECK(add_dependency(tx, publish.id, chunk.id));
    PIER_CHECK(add_dependency(tx, publish.id, chunk.id));
    PIER_CHECK(complete(tx, running.id, running.attempt, nullptr));
    return chunk.id;
  });
  ASSERT_TRUE(planned) << planned.error().message;
  EXPECT_EQ(task(publish.id).state, TaskState::kBlocked);
  EXPECT_EQ(task(publish.id).remaining_deps, 1);
  const TaskRow chunk = *take();
  EXPECT_EQ(chunk.id, *planned);
  ASSERT_TRUE(finish(chunk));
  EXPECT_EQ(task(publish.id).state, TaskState::kReady);

  const auto circle = [&](const std::string& a, const std::string& b) {
    return step([&](Transaction& tx) { return add_dependency(tx, a, b); }).error().code;
  };
  const TaskRow late = add(id, named("late", "", {publish.id}));
  EXPECT_EQ(circle(publish.id, late.id), ErrorCode::kConflict);
  EXPECT_EQ(circle(publish.id, publish.id), ErrorCode::kConflict);
  EXPECT_EQ(circle(chunk.id, late.id), ErrorCode::kConflict);  // has ended
  EXPECT_EQ(circle(late.id, "tsk_none"), ErrorCode::kNotFound);
  EXPECT_TRUE(
      step([&](Transaction& tx) { return add_dependency(tx, late.id, chunk.id); }));  // done: nothing to wait for
  EXPECT_EQ(task(late.id).remaining_deps, 1);
}

TEST_P(SubmitTest, DependenciesStayInsideTheJob) {
  const std::string one = job();
  const std::string two = job();
  const TaskRow a = add(one, named("encode", "a"));
  const auto made = step([&](Transaction& tx) { return add_task(tx, two, named("encode", "b", {a.id})); });
  EXPECT_EQ(made.error().code, ErrorCode::kNotFound);
  EXPECT_EQ(step([&](Transaction& tx) { return add_task(tx, "job_none", named("x", "")); }).error().code,
            ErrorCode::kNotFound);
}

TEST_P(SubmitTest, AResultIsFoundByNameInsteadOfMadeAgain) {
  const std::string one = job();
  add(one, named("encode", "hash"));
  ASSERT_TRUE(finish(*take(), {{"object", "o1"}}));

  const std::string two = job();
  const TaskRow blocked = add(two, named("probe", ""));
  const TaskRow reused = add(two, named("encode", "hash", {blocked.id}));
  EXPECT_EQ(reused.state, TaskState::kDone);
  EXPECT_TRUE(reused.reused);
  EXPECT_EQ(reused.progress, 1);
  EXPECT_EQ(reused.result, json::value({{"object", "o1"}}));
  const TaskRow after = add(two, named("assemble", "", {reused.id}));
  EXPECT_EQ(after.state, TaskState::kReady);

  EXPECT_EQ(add(two, named("verify", "hash")).state, TaskState::kReady);  // another kind
  EXPECT_EQ(add(two, named("encode", "")).state, TaskState::kReady);      // no name: never
  ASSERT_TRUE(step([&](Transaction& tx) {
    return tx.run("INSERT INTO organisations (id, title, created) VALUES ('other', 'other', 0)");
  }));
  EXPECT_EQ(add(job("other"), named("encode", "hash")).state, TaskState::kReady);  // reuse stops at the border
}

TEST_P(SubmitTest, AnUnusableResultIsNotOfferedAgain) {
  const std::string one = job();
  add(one, named("encode", "hash"));
  ASSERT_TRUE(finish(*take(), {{"object", "gone"}}));
  NewTask wanted = named("encode", "hash");
  int asked = 0;
  wanted.usable = [&](Transaction&, const json::value& result) {
    ++asked;
    return result.at("object") == "there";
  };
  const TaskRow anew = add(one, wanted);
  EXPECT_EQ(anew.state, TaskState::kReady);
  EXPECT_EQ(asked, 1);
  EXPECT_EQ(add(one, wanted).state, TaskState::kReady);
  EXPECT_EQ(asked, 1);
  ASSERT_TRUE(finish(*take(), {{"object", "there"}}));
  EXPECT_EQ(add(one, wanted).state, TaskState::kDone);
}

TEST_P(SubmitTest, NonsenseIsRefused) {
  const std::string id = job();
  const auto refused = [&](const NewTask& task) {
    const auto made = step([&](Transaction& tx) { return add_task(tx, id, task); });
    return made ? ErrorCode::kInternal : made.error().code;
  };
  NewTask task = named("x", "");
  task.cost = -1;
  EXPECT_EQ(refused(task), ErrorCode::kInvalidArgument);
  task.cost = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(refused(task), ErrorCode::kInvalidArgument);
  task = named("", "");
  EXPECT_EQ(refused(task), ErrorCode::kInvalidArgument);
  task = named("x", "");
  task.memory_bytes = UINT64_MAX;
  EXPECT_EQ(refused(task), ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace pier::jobs
