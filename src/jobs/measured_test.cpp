#include <thread>

#include <pier/jobs/measured.hpp>

#include "queue_fixture.hpp"

namespace pier::jobs {
namespace {

class MeasuredTest : public test::QueueTest {
 protected:
  static NewTask encode(double work, uint64_t memory = 0, const std::string& cost_class = "hevc 640x360") {
    NewTask task;
    task.kind = "encode";
    task.cost_class = cost_class;
    task.work = work;
    task.cost = work / 10;
    task.memory_bytes = memory;
    return task;
  }
  /// A task of this work that takes so long, from its addition to its end.
  void run(double work, const jobs::Run& took, const std::string& cost_class = "hevc 640x360") {
    add(job(), encode(work, 0, cost_class));
    end(*take(), took);
  }
  void end(const TaskRow& task, const jobs::Run& took) {
    const auto done = step([&](Transaction& tx) -> Result<void> {
      PIER_CHECK(complete(tx, task.id, task.attempt, json::object{}));
      return record_run(tx, task, took);
    });
    ASSERT_TRUE(done) << done.error().message << done.error().detail;
  }
  Measured of(const std::string& cost_class = "hevc 640x360") {
    auto snapshot = x_database->read();
    auto found = measured_class(*snapshot, "encode", cost_class);
    EXPECT_TRUE(found && *found);
    return found && *found ? **found : Measured();
  }
};

INSTANTIATE_TEST_SUITE_P(Engines, MeasuredTest, test::kBothEngines, test::engine_name);

TEST_P(MeasuredTest, RunsOfOneWorkGiveARatio) {
  for (int i = 0; i < 5; ++i) run(100, {4, 2, 1000, 50});
  const Measured measured = of();
  EXPECT_EQ(measured.runs, 5);
  EXPECT_NEAR(measured.cpu_seconds(100).value, 2, 1e-9);
  EXPECT_NEAR(measured.cpu_seconds(200).value, 4, 1e-9);
  EXPECT_NEAR(measured.stretch(), 2, 1e-9);
  EXPECT_NEAR(measured.written_bytes(200), 100, 1e-9);
  EXPECT_EQ(measured.peak_bytes, 1000U);
}

TEST_P(MeasuredTest, WhatEveryRunTakesIsToldFromWhatEachUnitTakes) {
  for (const double work : {10.0, 50.0, 100.0, 30.0}) run(work, {0, 0.5 + 0.01 * work, 0, 0});
  EXPECT_NEAR(of().cpu_seconds(0).value, 0.5, 1e-6);
  EXPECT_NEAR(of().cpu_seconds(1000).value, 10.5, 1e-6);
}

TEST_P(MeasuredTest, ALineNeverFallsNorBeginsBelowZero) {
  run(10, {0, 5, 0, 0});
  run(100, {0, 1, 0, 0});
  EXPECT_NEAR(of().cpu_seconds(10).value, of().cpu_seconds(1000).value, 1e-9);
  run(10, {0, 0.1, 0, 0}, "steep");
  run(100, {0, 50, 0, 0}, "steep");
  EXPECT_GE(of("steep").cpu_seconds(0).value, 0);
}

TEST_P(MeasuredTest, SpreadTellsHowRunsDiffer) {
  for (int i = 0; i < 30; ++i) run(100, {1, 2, 0, 0}, "even");
  for (int i = 0; i < 30; ++i) run(100, {1, i % 2 == 0 ? 1.0 : 3.0, 0, 0}, "uneven");
  EXPECT_LT(of("even").cpu_seconds(100).spread, 0.1);
  EXPECT_NEAR(of("uneven").cpu_seconds(100).spread, 0.5, 0.06);
}

TEST_P(MeasuredTest, LaterRunsCountForMore) {
  for (int i = 0; i < 100; ++i) run(10, {1, 1, 0, 0});
  for (int i = 0; i < 200; ++i) run(10, {9, 3, 0, 0});
  EXPECT_NEAR(of().cpu_seconds(10).value, 3, 0.05);
  EXPECT_NEAR(of().stretch(), 3, 1e-6);
  EXPECT_EQ(of().runs, 300);
  EXPECT_LT(of().weight, 51);
}

TEST_P(MeasuredTest, TheKindIsMeasuredAgainstItsPlannedCost) {
  run(100, {1, 20, 0, 0});
  run(100, {1, 20, 0, 0}, "another");
  const Measured kind = of("");
  EXPECT_EQ(kind.runs, 2);
  EXPECT_NEAR(kind.cpu_seconds(10).value, 20, 1e-9) << "planned 10";
  run(100, {1, 20, 0, 0}, "");
  EXPECT_EQ(of("").runs, 2) << "without a class nothing is kept";
}

TEST_P(MeasuredTest, ATaskRemembersItsOwnTime) {
  const TaskRow added = add(job(), encode(100));
  end(*take(), {3, 2.5, 0, 0});
  EXPECT_DOUBLE_EQ(task(added.id).cpu_seconds, 2.5);
  EXPECT_DOUBLE_EQ(task(added.id).work, 100);
}

TEST_P(MeasuredTest, MemoryIsDeclaredAsMeasured) {
  EXPECT_EQ(add(job(), encode(1, 500)).memory_bytes, 500U);
  end(*take(), {1, 1, 800, 0});
  EXPECT_EQ(add(job(), encode(1, 500)).memory_bytes, 800U) << "never less than was measured";
  EXPECT_EQ(add(job(), encode(1, 900)).memory_bytes, 900U) << "one run is not enough to declare less";
  for (int i = 0; i < 2; ++i) end(*take(), {1, 1, 300, 0});
  EXPECT_EQ(add(job(), encode(1, 5000)).memory_bytes, 960U) << "the greatest of three, with a margin";
  EXPECT_EQ(add(job(), encode(1, 5000, "other")).memory_bytes, 5000U);
}

TEST_P(MeasuredTest, WhatWaitsDeclaresWhatIsLearnt) {
  const std::string one = job();
  add(one, encode(9, 100));
  const TaskRow waits = add(one, encode(1, 100));
  const TaskRow other = add(one, encode(1, 100, "other"));
  end(*take(), {1, 1, 4000, 0});
  EXPECT_EQ(task(waits.id).memory_bytes, 4000U);
  EXPECT_EQ(task(other.id).memory_bytes, 100U);
}

TEST_P(MeasuredTest, WhatIsKnownToBeLargeIsNotStartedWithoutRoom) {
  constexpr uint64_t kMachine = 1000;
  const std::string first = job();
  add(first, encode(9, 100));
  end(*take(), {1, 1, 700, 0});
  const std::string second = job();
  for (int i = 0; i < 2; ++i) add(second, encode(1, 100));  // by formula both would fit
  const auto running = take("w1", {.memory_free = kMachine});
  ASSERT_TRUE(running);
  EXPECT_EQ(running->memory_bytes, 700U);
  EXPECT_EQ(take("w1", {.memory_free = kMachine - running->memory_bytes}), std::nullopt);
  EXPECT_TRUE(take("w2", {.memory_free = kMachine})) << "another machine has the room";
}

TEST_P(MeasuredTest, OtherSettingsTellOfMemoryAlone) {
  add(job(), encode(1, 100));
  TaskRow thrifty = *take();
  thrifty.settings = json::object{{"threads", 1}};
  end(thrifty, {50, 50, 600, 0});
  EXPECT_EQ(of().runs, 0);
  EXPECT_EQ(of().peak_bytes, 600U);
  EXPECT_EQ(add(job(), encode(1, 100)).memory_bytes, 600U);
}

TEST_P(MeasuredTest, ManyAtOnceLoseNoRun) {
  constexpr int kEach = 20;
  const TaskRow like = [&] {
    add(job(), encode(10));
    return *take();
  }();
  const auto record = [&] {
    for (int i = 0; i < kEach; ++i) {
      const auto kept = x_database->write([&](Transaction& tx) { return record_run(tx, like, {1, 1, 10, 10}); });
      EXPECT_TRUE(kept) << kept.error().message << kept.error().detail;
    }
  };
  std::vector<std::jthread> workers;
  for (int i = 0; i < 4; ++i) workers.emplace_back(record);
  workers.clear();
  EXPECT_EQ(of().runs, 4 * kEach);
  EXPECT_EQ(of("").runs, 4 * kEach);
}

}  // namespace
}  // namespace pier::jobs
