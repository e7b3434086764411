#include "queue_fixture.hpp"

namespace pier::jobs {
namespace {

using namespace std::chrono_literals;
using ViewTest = test::QueueTest;

INSTANTIATE_TEST_SUITE_P(Engines, ViewTest, test::kBothEngines, test::engine_name);

TEST_P(ViewTest, PagesGoThroughAllJobsOnce) {
  std::vector<std::string> made;
  for (int i = 0; i < 7; ++i) made.push_back(job());
  std::vector<std::string> seen;
  std::string cursor;
  int pages = 0;
  do {
    auto snapshot = x_database->read();
    const auto page = list_jobs(*snapshot, "default", {}, 3, cursor);
    ASSERT_TRUE(page) << page.error().detail;
    for (const JobRow& row : page->jobs) seen.push_back(row.id);
    cursor = page->next;
    ++pages;
  } while (!cursor.empty());
  std::reverse(made.begin(), made.end());
  EXPECT_EQ(seen, made);
  EXPECT_EQ(pages, 3);

  auto snapshot = x_database->read();
  EXPECT_EQ(list_jobs(*snapshot, "other", {}, 10)->jobs.size(), 0U);
  EXPECT_EQ(list_jobs(*snapshot, "default", {JobState::kDone, ""}, 10)->jobs.size(), 0U);
  EXPECT_EQ(list_jobs(*snapshot, "default", {JobState::kQueued, "publish"}, 7)->next, "");
  EXPECT_EQ(list_jobs(*snapshot, "default", {std::nullopt, "verify"}, 10)->jobs.size(), 0U);
  EXPECT_EQ(list_jobs(*snapshot, "default", {}, 0).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(list_jobs(*snapshot, "default", {}, 501).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(list_jobs(*snapshot, "default", {}, 5, "' OR 1=1").error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(show_job(*snapshot, "other", made[0]).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(unfinished_jobs(*snapshot)->size(), 7U);
}

TEST_P(ViewTest, ProgressIsWeighedByCost) {
  const std::string id = job();
  NewTask small = named("small", "");
  small.cost = 10;
  small.priority = 1;
  NewTask large = named("large", "");
  large.cost = 90;
  add(id, small);
  add(id, large);
  EXPECT_EQ(progress_of(id).fraction, 0);
  EXPECT_EQ(progress_of(id).eta_seconds, std::nullopt);
  const TaskRow first = *take();
  pass(1s);
  ASSERT_TRUE(step([&](Transaction& tx) { return heartbeat(tx, first.id, first.attempt, 30s, 0.5, "half"); }));
  JobProgress view = progress_of(id);
  EXPECT_DOUBLE_EQ(view.fraction, 0.05);
  EXPECT_EQ(view.tasks_running, 1);
  EXPECT_EQ(view.note, "half");
  EXPECT_EQ(view.eta_seconds, std::nullopt);  // one second is not enough to measure
  pass(4s);
  ASSERT_TRUE(finish(first));
  view = progress_of(id);
  EXPECT_DOUBLE_EQ(view.fraction, 0.1);
  EXPECT_EQ(view.tasks_done, 1);
  ASSERT_TRUE(view.eta_seconds);
  EXPECT_DOUBLE_EQ(*view.eta_seconds, 45);  // 10 in 5 s

  pass(3600s);  // nobody works: the hour does not count
  EXPECT_DOUBLE_EQ(*progress_of(id).eta_seconds, 45);
  const TaskRow second = *take();
  pass(9s);
  ASSERT_TRUE(step([&](Transaction& tx) { return heartbeat(tx, second.id, second.attempt, 30s, 0.2); }));
  EXPECT_DOUBLE_EQ(*progress_of(id).eta_seconds, 72 * 14.0 / 28);
  ASSERT_TRUE(finish(second));
  EXPECT_EQ(progress_of(id).fraction, 1);
  EXPECT_EQ(progress_of(id).eta_seconds, 0);
  EXPECT_EQ(to_json(progress_of(id)).at("tasks_done"), 2);
}

TEST_P(ViewTest, TheFractionOfAKindAndPriority) {
  const std::string id = job();
  const auto fraction = [&](int64_t priority) {
    auto snapshot = x_database->read();
    const auto found = fraction_of(*snapshot, id, "encode", priority);
    EXPECT_TRUE(found) << found.error().detail;
    return found ? *found : -1;
  };
  EXPECT_EQ(fraction(0), 0) << "there are none";
  NewTask early = named("encode", "");
  early.priority = 3;
  add(id, early);
  NewTask large = named("encode", "");
  large.cost = 30;
  add(id, large);
  NewTask small = named("encode", "");
  small.cost = 10;
  add(id, small);
  add(id, named("verify", ""));
  ASSERT_TRUE(finish(*take()));
  EXPECT_EQ(fraction(3), 1);
  EXPECT_EQ(fraction(0), 0);
  const TaskRow first = *take();
  ASSERT_TRUE(step([&](Transaction& tx) { return heartbeat(tx, first.id, first.attempt, 30s, 0.5); }));
  EXPECT_DOUBLE_EQ(fraction(0), 15.0 / 40);
  ASSERT_TRUE(finish(first));
  EXPECT_DOUBLE_EQ(fraction(0), 30.0 / 40);
  ASSERT_TRUE(finish(*take()));
  EXPECT_EQ(fraction(0), 1);
}

TEST_P(ViewTest, ParallelTasksAreMeasuredByTheTimeOfTheJob) {
  const std::string id = job();
  for (int i = 0; i < 4; ++i) {
    NewTask task = named("encode", "");
    task.cost = 10;
    add(id, task);
  }
  const TaskRow a = *take();
  pass(5s);
  const TaskRow b = *take();
  pass(5s);
  ASSERT_TRUE(finish(a));
  ASSERT_TRUE(finish(b));
  // 20 of 40 in 10 s, two at a time.
  EXPECT_DOUBLE_EQ(*progress_of(id).eta_seconds, 10);
}

TEST_P(ViewTest, ReusedResultsDoNotFlatterTheRate) {
  const std::string first = job();
  NewTask known = named("encode", "hash");
  known.cost = 80;
  add(first, known);
  ASSERT_TRUE(finish(*take()));
  const std::string id = job();
  add(id, known);
  NewTask fresh = named("encode", "a");
  fresh.cost = 10;
  add(id, fresh);
  fresh.name = "b";
  add(id, fresh);
  EXPECT_DOUBLE_EQ(progress_of(id).fraction, 0.8);
  const TaskRow task = *take();
  pass(5s);
  ASSERT_TRUE(finish(task));
  EXPECT_DOUBLE_EQ(*progress_of(id).eta_seconds, 5);
}

TEST_P(ViewTest, AFailedJobPromisesNothing) {
  const std::string id = job();
  add(id, named("a", ""));
  add(id, named("b", ""));
  const TaskRow task = *take();
  pass(5s);
  ASSERT_TRUE(finish(task));
  ASSERT_TRUE(step([&](Transaction& tx) { return fail_job(tx, id, {ErrorCode::kIo, "x", ""}); }));
  EXPECT_EQ(progress_of(id).eta_seconds, std::nullopt);
  EXPECT_LT(progress_of(id).fraction, 1);
  EXPECT_EQ(progress_of(id).state, JobState::kFailed);
}

}  // namespace
}  // namespace pier::jobs
