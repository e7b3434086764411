#include "schedule.hpp"

#include <gtest/gtest.h>

namespace pier::workflows::impl {
namespace {

TaskGroup group(size_t job, const std::string& kind, int64_t count, double seconds, std::vector<size_t> after = {}) {
  TaskGroup group;
  group.job = job;
  group.kind = kind;
  group.count = count;
  group.wall_seconds = seconds;
  group.cost = seconds;
  group.after = std::move(after);
  return group;
}

Queue queue_of(size_t jobs, int64_t slots, std::vector<TaskGroup> groups) {
  return {std::vector<JobInQueue>(jobs, {"default", 1}), std::move(groups), {Slots{.slots = slots, .tags = {}}}};
}

TEST(Schedule, TasksFillTheSlots) {
  const Course course = play(queue_of(1, 2, {group(0, "encode", 5, 10)}), 0);
  EXPECT_TRUE(course.ends);
  EXPECT_DOUBLE_EQ(course.finish, 30);
  EXPECT_DOUBLE_EQ(course.starts, 0);
  EXPECT_EQ(course.tasks_ahead, 0);
  EXPECT_EQ(course.jobs_ahead, 0);
}

TEST(Schedule, WhatWaitsComesAfter) {
  const Queue queue = queue_of(1, 4,
                               {group(0, "analyse", 1, 7), group(0, "encode", 8, 10, {0}), group(0, "sound", 1, 3, {0}),
                                group(0, "assemble", 2, 1, {1}), group(0, "publish", 1, 1, {2, 3})});
  EXPECT_DOUBLE_EQ(play(queue, 0).finish, 31) << "sound, the cheapest, comes last and is waited for";
}

TEST(Schedule, OlderJobsComeFirst) {
  const Queue queue = queue_of(2, 1, {group(0, "encode", 3, 10), group(1, "encode", 1, 10)});
  const Course later = play(queue, 1);
  EXPECT_DOUBLE_EQ(later.starts, 30);
  EXPECT_DOUBLE_EQ(later.finish, 40);
  EXPECT_EQ(later.tasks_ahead, 3);
  EXPECT_EQ(later.jobs_ahead, 1);
  EXPECT_DOUBLE_EQ(play(queue, 0).finish, 30);
  EXPECT_EQ(play(queue, 0).tasks_ahead, 0);
}

TEST(Schedule, MoreUrgentTasksOvertakeCostlierOnesDoNot) {
  Queue queue = queue_of(2, 1, {group(0, "encode", 3, 10), group(1, "encode", 1, 12)});
  EXPECT_DOUBLE_EQ(play(queue, 1).finish, 42);
  queue.groups[1].priority = 1;
  EXPECT_DOUBLE_EQ(play(queue, 1).finish, 12);
}

TEST(Schedule, OrganisationsShareByWeight) {
  Queue queue = queue_of(2, 4, {group(0, "encode", 40, 10), group(1, "encode", 20, 10)});
  queue.jobs[1].organisation = "other";
  EXPECT_DOUBLE_EQ(play(queue, 1).finish, 100) << "two of four slots";
  queue.jobs[1].weight = 3;
  EXPECT_NEAR(play(queue, 1).finish, 70, 10) << "three of four";
}

TEST(Schedule, WhatRunsHoldsItsSlot) {
  Queue queue = queue_of(2, 1, {group(0, "encode", 1, 4), group(1, "encode", 1, 10)});
  queue.groups[0].running = true;
  const Course course = play(queue, 1);
  EXPECT_DOUBLE_EQ(course.starts, 4);
  EXPECT_DOUBLE_EQ(course.finish, 14);
  EXPECT_EQ(course.tasks_ahead, 1);
  EXPECT_EQ(course.jobs_ahead, 1);
}

TEST(Schedule, MemoryKeepsSlotsEmpty) {
  Queue queue = queue_of(1, 4, {group(0, "encode", 4, 10)});
  queue.workers[0].memory_bytes = 1000;
  queue.groups[0].memory_bytes = 600;
  EXPECT_DOUBLE_EQ(play(queue, 0).finish, 40);
  queue.groups[0].memory_bytes = 500;
  EXPECT_DOUBLE_EQ(play(queue, 0).finish, 20);
  queue.groups[0].memory_bytes = 5000;
  EXPECT_DOUBLE_EQ(play(queue, 0).finish, 40) << "more than there is: one at a time";
}

TEST(Schedule, TagsChooseTheWorker) {
  Queue queue = queue_of(1, 4, {group(0, "encode", 4, 10)});
  queue.groups[0].tags = {"8k"};
  EXPECT_FALSE(play(queue, 0).ends);
  queue.workers.push_back({1, 1000, {"8k", "gpu"}});
  EXPECT_TRUE(play(queue, 0).ends);
  EXPECT_DOUBLE_EQ(play(queue, 0).finish, 40);
  queue.workers.clear();
  EXPECT_FALSE(play(queue, 0).ends);
}

TEST(Schedule, ThePlaceIsKnownThoughNobodyWorks) {
  Queue queue = queue_of(2, 1, {group(0, "encode", 3, 10), group(1, "encode", 1, 10)});
  queue.workers.clear();
  const Finish finish = foresee_finish(queue, 1);
  EXPECT_FALSE(finish.likely.ends);
  EXPECT_EQ(finish.likely.tasks_ahead, 3);
  EXPECT_EQ(finish.likely.jobs_ahead, 1);
}

TEST(Schedule, ALongQueueIsPlayedInPieces) {
  const Queue queue = queue_of(2, 8, {group(0, "encode", 100'000, 10), group(1, "encode", 10, 1)});
  const Course course = play(queue, 1);
  EXPECT_NEAR(course.starts, 125'000, 1'000);
  EXPECT_NEAR(static_cast<double>(course.tasks_ahead), 100'000, 500);
}

TEST(Schedule, TheRangeGrowsWithTheSpread) {
  Queue queue = queue_of(1, 2, {group(0, "encode", 100, 10)});
  const auto width = [&](double spread) {
    queue.groups[0].spread = spread;
    const Finish finish = foresee_finish(queue, 0);
    EXPECT_LE(finish.least, finish.likely.finish);
    EXPECT_GE(finish.most, finish.likely.finish);
    EXPECT_DOUBLE_EQ(finish.likely.finish, 500);
    return (finish.most - finish.least) / finish.likely.finish;
  };
  EXPECT_GT(width(0.03), 0.1);
  EXPECT_LT(width(0.03), 0.5);
  EXPECT_GT(width(0.6), 0.8);
  EXPECT_LT(width(0.6), 2.5);
}

TEST(Schedule, TheSameQueueGivesTheSameRange) {
  Queue queue = queue_of(1, 2, {group(0, "encode", 100, 10)});
  queue.groups[0].spread = 0.3;
  EXPECT_EQ(foresee_finish(queue, 0).most, foresee_finish(queue, 0).most);
}

TEST(Schedule, NothingLeftIsNow) {
  const Course course = play(queue_of(1, 2, {group(0, "encode", 0, 10)}), 0);
  EXPECT_TRUE(course.ends);
  EXPECT_DOUBLE_EQ(course.finish, 0);
}

}  // namespace
}  // namespace pier::workflows::impl
