#include "cost_model.hpp"

#include <gtest/gtest.h>

namespace pier::workflows::impl {
namespace {

/// As if so many runs of this work each had taken so long.
jobs::Measured runs(const std::string& kind, const std::string& cost_class, double count, double work, double cpu,
                    double stretch = 1, double written = 0) {
  jobs::Measured measured;
  measured.kind = kind;
  measured.cost_class = cost_class;
  measured.runs = static_cast<int64_t>(count);
  measured.weight = count;
  measured.work = count * work;
  measured.work_work = count * work * work;
  measured.cpu = count * cpu;
  measured.work_cpu = count * work * cpu;
  measured.cpu_cpu = count * cpu * cpu;
  measured.written = count * written;
  measured.late_wall = stretch;
  measured.late_cpu = 1;
  return measured;
}

TaskGroup encode(const std::string& cost_class, double work, double cost) {
  TaskGroup group;
  group.kind = "encode";
  group.cost_class = cost_class;
  group.work = work;
  group.cost = cost;
  group.count = 1;
  return group;
}

TaskGroup priced(const CostModel& model, TaskGroup group) {
  model.price(group);
  return group;
}

TEST(CostModel, WithoutRunsTheFormulaStands) {
  const TaskGroup group = priced(CostModel({}), encode("hevc", 100, 7));
  EXPECT_EQ(group.basis, Basis::kFormula);
  EXPECT_DOUBLE_EQ(group.wall_seconds, 7);
  EXPECT_GT(group.spread, 0.5);
}

TEST(CostModel, RunsOfTheClassCount) {
  const CostModel model({runs("encode", "hevc", 20, 100, 4, 1.5, 1000), runs("verify", "hevc", 20, 100, 1)});
  const TaskGroup group = priced(model, encode("hevc", 50, 7));
  EXPECT_EQ(group.basis, Basis::kMeasured);
  EXPECT_NEAR(group.cpu_seconds, 2, 1e-9);
  EXPECT_NEAR(group.wall_seconds, 3, 1e-9);
  EXPECT_NEAR(group.writes_bytes, 500, 1e-9);
  EXPECT_LT(group.spread, 0.1);
}

TEST(CostModel, ASingleRunIsLessSureThanMany) {
  const double one = priced(CostModel({runs("encode", "hevc", 1, 100, 4)}), encode("hevc", 100, 7)).spread;
  const double many = priced(CostModel({runs("encode", "hevc", 30, 100, 4)}), encode("hevc", 100, 7)).spread;
  EXPECT_GT(one, 0.2);
  EXPECT_LT(many, 0.08);
}

TEST(CostModel, TheNearestDensityStandsIn) {
  const CostModel model({runs("encode", "a < avc 640x360 ~-5", 9, 100, 1),
                         runs("encode", "a < avc 640x360 ~-1", 9, 100, 9),
                         runs("encode", "a < avc 640x360 ~-2", 9, 100, 5)});
  const TaskGroup group = priced(model, encode("a < avc 640x360 ~-3", 100, 7));
  EXPECT_NEAR(group.cpu_seconds, 5, 1e-9);
  EXPECT_EQ(group.basis, Basis::kMeasured);
  EXPECT_GT(group.spread, priced(model, encode("a < avc 640x360 ~-2", 100, 7)).spread);
  EXPECT_EQ(priced(model, encode("b < avc 640x360 ~-3", 100, 7)).basis, Basis::kFormula);
}

TEST(CostModel, AnUnknownClassIsScaledByItsKind) {
  const CostModel model({runs("encode", "", 9, 10, 5), runs("encode", "hevc", 9, 100, 5)});
  const TaskGroup group = priced(model, encode("av1", 100, 8));
  EXPECT_EQ(group.basis, Basis::kScaled);
  EXPECT_NEAR(group.cpu_seconds, 4, 1e-9) << "half of what the formula says";
  EXPECT_GT(group.spread, 0.3);
}

TEST(CostModel, AClassOfWhichOnlyMemoryIsKnownIsNotMeasured) {
  jobs::Measured peak = runs("encode", "hevc", 0, 0, 0);
  peak.peak_bytes = 1000;
  EXPECT_EQ(priced(CostModel({peak}), encode("hevc", 100, 7)).basis, Basis::kFormula);
}

jobs::TasksAlike done(int64_t tasks, double work, double cpu, double wall) {
  jobs::TasksAlike alike;
  alike.kind = "encode";
  alike.cost_class = "hevc";
  alike.tasks = tasks;
  alike.work = work;
  alike.cpu_seconds = cpu;
  alike.wall_seconds = wall;
  return alike;
}

TEST(OwnRate, DoneTasksCorrectTheOthers) {
  const CostModel model({runs("encode", "hevc", 20, 100, 4)});
  const auto seconds_after = [&](std::vector<jobs::TasksAlike> tasks) {
    TaskGroup group = priced(model, encode("hevc", 100, 7));
    OwnRate(model, tasks).correct(group);
    return group.wall_seconds;
  };
  EXPECT_NEAR(seconds_after({}), 4, 1e-9);
  const double few = seconds_after({done(1, 100, 8, 8)}), many = seconds_after({done(50, 5000, 400, 400)});
  EXPECT_GT(few, 4.3);
  EXPECT_LT(few, 6);
  EXPECT_NEAR(many, 8, 0.8);
  EXPECT_NEAR(seconds_after({done(50, 5000, 200, 400)}), 8, 0.3) << "a busy machine";
}

TEST(OwnRate, WhatIsHardlyKnownIsCorrectedSoon) {
  const CostModel model({});
  TaskGroup group = priced(model, encode("hevc", 100, 4));
  jobs::TasksAlike one = done(1, 100, 8, 8);
  one.cost = 4;
  OwnRate(model, std::vector{one}).correct(group);
  EXPECT_GT(group.wall_seconds, 7.5);
}

TEST(OwnRate, TheMoreIsDoneTheSurer) {
  const CostModel model({runs("encode", "hevc", 20, 100, 4)});
  TaskGroup group = priced(model, encode("hevc", 100, 7));
  const double before = group.spread;
  OwnRate(model, std::vector{done(8, 800, 32, 32)}).correct(group);
  EXPECT_NEAR(group.spread, before / 3, 1e-9);
}

TEST(RunningTask, ItsPaceCountsTheMoreTheFartherItIs) {
  const auto left = [](double elapsed, double progress) {
    TaskGroup group = encode("hevc", 100, 7);
    group.wall_seconds = group.cpu_seconds = 10;
    group.elapsed_seconds = elapsed;
    group.progress = progress;
    leave_rest(group);
    EXPECT_TRUE(group.running);
    return group.wall_seconds;
  };
  EXPECT_NEAR(left(0, 0), 10, 1e-9);
  EXPECT_NEAR(left(4, 0), 6, 1e-9);
  EXPECT_NEAR(left(500, 0), 1.5, 1e-9) << "late, but never over";
  EXPECT_NEAR(left(5, 0.5), 5, 1e-9);
  EXPECT_NEAR(left(18, 0.9), 0.1 * (0.9 * 20 + 0.1 * 10), 1e-9);
}

}  // namespace
}  // namespace pier::workflows::impl
