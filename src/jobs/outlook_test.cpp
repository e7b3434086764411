#include <pier/jobs/measured.hpp>
#include <pier/jobs/outlook.hpp>

#include "queue_fixture.hpp"

namespace pier::jobs {
namespace {

using namespace std::chrono_literals;

class OutlookTest : public test::QueueTest {
 protected:
  static NewTask encode(double work, double cost) {
    NewTask task;
    task.kind = "encode";
    task.cost_class = "hevc";
    task.work = work;
    task.cost = cost;
    task.memory_bytes = static_cast<uint64_t>(work) * 10;
    task.writes_bytes = 5'000'000'000;
    return task;
  }
};

INSTANTIATE_TEST_SUITE_P(Engines, OutlookTest, test::kBothEngines, test::engine_name);

TEST_P(OutlookTest, TasksAreSummedByJobAndClass) {
  const auto made = step([&](Transaction& tx) {
    NewJob wish{"default", "publish", {{"x", 1}}, "", json::array{1, 2}};
    return create_job(tx, wish);
  });
  const std::string second = job();
  for (const double work : {10.0, 20.0, 30.0}) add(made->id, encode(work, work / 10));
  NewTask urgent = encode(7, 9);
  urgent.priority = 1;
  add(second, urgent);
  add(second, named("other", ""));
  const auto snapshot = [&] { return std::move(*x_database->read()); };
  {
    auto session = snapshot();
    const auto jobs = open_jobs(session);
    ASSERT_TRUE(jobs) << jobs.error().detail;
    ASSERT_EQ(jobs->size(), 2U);
    EXPECT_EQ(jobs->front().expected, (json::array{1, 2}));
    EXPECT_TRUE(jobs->back().expected.is_null());
    EXPECT_DOUBLE_EQ(jobs->front().weight, 1);
    const auto waiting = waiting_tasks(session);
    ASSERT_TRUE(waiting) << waiting.error().detail;
    ASSERT_EQ(waiting->size(), 3U);
    const TasksAlike& alike = waiting->front();
    EXPECT_EQ(alike.job_id, made->id);
    EXPECT_EQ(alike.tasks, 3);
    EXPECT_DOUBLE_EQ(alike.work, 60);
    EXPECT_DOUBLE_EQ(alike.cost, 6);
    EXPECT_EQ(alike.memory_bytes, 300U);
    EXPECT_EQ(alike.writes_bytes, 15'000'000'000U);
    EXPECT_TRUE(running_tasks(session)->empty());
  }
  const TaskRow first = *take();
  EXPECT_EQ(first.job_id, second);
  pass(4s);
  {
    auto session = snapshot();
    const auto running = running_tasks(session);
    ASSERT_TRUE(running) << running.error().detail;
    ASSERT_EQ(running->size(), 1U);
    EXPECT_DOUBLE_EQ(running->front().wall_seconds, 4);
    EXPECT_EQ(running->front().cost_class, "hevc");
    EXPECT_EQ(waiting_tasks(session)->size(), 2U);
  }
  ASSERT_TRUE(step([&](Transaction& tx) -> Result<void> {
    PIER_CHECK(complete(tx, first.id, first.attempt, json::object{}));
    return record_run(tx, first, {4, 3, 0, 0});
  }));
  auto session = snapshot();
  const auto done = done_tasks(session, second);
  ASSERT_TRUE(done) << done.error().detail;
  ASSERT_EQ(done->size(), 1U);
  EXPECT_DOUBLE_EQ(done->front().cpu_seconds, 3);
  EXPECT_DOUBLE_EQ(done->front().wall_seconds, 4);
}

TEST_P(OutlookTest, EndedJobsAndReusedResultsAreLeftOut) {
  const std::string first = job();
  NewTask known = encode(10, 1);
  known.name = "hash";
  add(first, known);
  ASSERT_TRUE(finish(*take()));
  const std::string second = job();
  add(second, known);
  add(second, encode(1, 1));
  ASSERT_TRUE(step([&](Transaction& tx) { return cancel_job(tx, second); }));
  auto session = std::move(*x_database->read());
  EXPECT_TRUE(done_tasks(session, second)->empty());
  EXPECT_TRUE(waiting_tasks(session)->empty());
  EXPECT_EQ(open_jobs(session)->size(), 1U);
}

}  // namespace
}  // namespace pier::jobs
