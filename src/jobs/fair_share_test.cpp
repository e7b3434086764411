// Organisations share the workers by weight, and none is starved, whatever stands in the queue.

#include <atomic>
#include <map>
#include <thread>

#include "lanes.hpp"
#include "queue_fixture.hpp"

namespace pier::jobs {
namespace {

using namespace std::chrono_literals;
using Counts = std::map<std::string, int>;

class FairShareTest : public test::QueueTest {
 protected:
  void organisation(const std::string& id, double weight) {
    ASSERT_TRUE(step([&](Transaction& tx) {
      return tx.run("INSERT INTO organisations (id, title, created, weight) VALUES ($1, $1, 0, $2)", {id, weight});
    }));
  }
  void fill(const std::string& id, int tasks, const NewTask& like) {
    const std::string made = job(id);
    ASSERT_TRUE(step([&](Transaction& tx) -> Result<void> {
      for (int i = 0; i < tasks; ++i) PIER_CHECK(add_task(tx, made, like));
      return {};
    }));
  }
  static NewTask plain(int64_t priority = 0, double cost = 1) {
    NewTask task = named("encode", "");
    task.priority = priority;
    task.cost = cost;
    return task;
  }
  Counts take_many(int count) {
    Counts counts;
    for (int i = 0; i < count; ++i) {
      const auto task = take();
      EXPECT_TRUE(task);
      if (task) ++counts[task->organisation];
    }
    return counts;
  }
};

INSTANTIATE_TEST_SUITE_P(Engines, FairShareTest, test::kBothEngines, test::engine_name);

TEST_P(FairShareTest, TwoOfUnequalWeight) {
  organisation("small", 1);
  organisation("large", 3);
  // By priority and cost alone all sixteen would go to the small one.
  fill("small", 40, plain(9, 100));
  fill("large", 40, plain(-9, 1));
  EXPECT_EQ(take_many(16), (Counts{{"small", 4}, {"large", 12}}));
}

TEST_P(FairShareTest, ThreeOfUnequalWeightOverALongTime) {
  organisation("one", 0.5);
  organisation("two", 1);
  organisation("five", 2.5);
  for (const char* id : {"one", "two", "five"}) fill(id, 120, plain());
  std::vector<TaskRow> running;
  for (int i = 0; i < 16; ++i) running.push_back(*take());
  Counts done;
  for (int i = 0; i < 160; ++i) {  // the oldest ends, another takes its place
    ++done[running.front().organisation];
    ASSERT_TRUE(finish(running.front()));
    running.erase(running.begin());
    const auto next = take();
    ASSERT_TRUE(next);
    running.push_back(*next);
  }
  EXPECT_NEAR(done["one"], 20, 3);
  EXPECT_NEAR(done["two"], 40, 3);
  EXPECT_NEAR(done["five"], 100, 3);
}

TEST_P(FairShareTest, AChangedWeightCountsAtOnce) {
  organisation("a", 1);
  organisation("b", 1);
  for (const char* id : {"a", "b"}) fill(id, 40, plain());
  EXPECT_EQ(take_many(8), (Counts{{"a", 4}, {"b", 4}}));
  ASSERT_TRUE(step([&](Transaction& tx) { return tx.run("UPDATE organisations SET weight = 4 WHERE id = 'b'"); }));
  EXPECT_EQ(take_many(12), (Counts{{"b", 12}}));
}

TEST_P(FairShareTest, WhatNobodyElseWantsGoesToWhoHasTasks) {
  organisation("idle", 100);
  organisation("busy", 1);
  fill("busy", 20, plain());
  EXPECT_EQ(take_many(12), (Counts{{"busy", 12}}));
  fill("idle", 4, plain());
  EXPECT_EQ(take_many(6), (Counts{{"idle", 4}, {"busy", 2}}));
}

TEST_P(FairShareTest, EqualSharesGoByPriorityThenAge) {
  organisation("a", 1);
  organisation("b", 1);
  organisation("c", 1);
  fill("a", 1, plain(0, 5));
  fill("b", 1, plain(0, 7));
  fill("c", 1, plain(1, 1));
  std::string order;
  while (const auto task = take()) {
    order += task->organisation;
    ASSERT_TRUE(finish(*task));
  }
  EXPECT_EQ(order, "cab");
}

/// Within an organisation the order does not depend on which tags a task asks for.
TEST_P(FairShareTest, TagsMakeNoOrderOfTheirOwn) {
  const std::string id = job();
  for (const auto& [kind, priority, tags] :
       {std::tuple{"c", 1, ""}, {"b", 2, "8k"}, {"a", 3, "gpu"}, {"d", 0, "8k,gpu"}, {"x", 9, "farm"}}) {
    NewTask task = named(kind, "");
    task.priority = priority;
    task.tags = *tags_from(tags);
    add(id, task);
  }
  ClaimFilter filter;
  filter.tags = {"gpu", "8k"};
  std::string order;
  while (const auto task = take("w", filter)) order += task->kind;
  EXPECT_EQ(order, "abcd");
}

/// An organisation whose first task cannot be run now stands where its first one that can be run puts it.
TEST_P(FairShareTest, TasksThatCannotRunDoNotDecide) {
  organisation("a", 1);
  organisation("b", 1);
  NewTask heavy = plain(9);
  heavy.memory_bytes = 1000;
  fill("a", 1, heavy);
  fill("a", 1, plain(0));
  fill("b", 1, plain(5));
  NewTask later = plain(9);
  later.run_at = x_clock.now() + 1000;
  fill("a", 1, later);
  EXPECT_EQ(take("w", {{}, 999})->organisation, "b");
}

/// Claims that meet see each other's tasks not yet; still everyone comes to its turn.
TEST_P(FairShareTest, NobodyIsStarvedByClaimsThatMeet) {
  organisation("many", 1);
  organisation("few", 1);
  fill("many", 400, plain(9, 100));
  fill("few", 20, plain());
  std::atomic<int> ended = 0, last_of_few = 0, few = 0;
  std::vector<std::jthread> workers;
  for (int worker = 0; worker < 8; ++worker) {
    workers.emplace_back([&, worker] {
      while (few < 20 && ended < 400) {
        const auto task = take("w" + std::to_string(worker));
        if (!task) continue;
        // Tasks take a while, so that the workers' do stand beside each other: shares are counted in running tasks.
        std::this_thread::sleep_for(2ms);
        EXPECT_TRUE(finish(*task));
        const int number = ++ended;
        if (task->organisation != "few") continue;
        ++few;
        last_of_few = std::max<int>(last_of_few, number);
      }
    });
  }
  workers.clear();
  EXPECT_EQ(few, 20);
  // Half and half would be 40; eight claims that meet may all choose the same.
  EXPECT_LE(last_of_few, 20 * 9);
}

/// Every lane is found by a step along the index, whatever stands in the queue.
TEST_P(FairShareTest, AClaimDoesNotReadTheQueue) {
  const bool sqlite = GetParam() == database::test::Engine::kSqlite;
  organisation("other", 1);
  fill("default", 2000, plain());
  fill("other", 2000, plain());
  for (const bool analysed : {false, true}) {
    if (analysed) {
      ASSERT_TRUE(step([&](Transaction& tx) { return tx.run("ANALYZE tasks"); }));
    }
    auto snapshot = x_database->read();
    const auto rows = snapshot->all((sqlite ? "EXPLAIN QUERY PLAN " : "EXPLAIN ") + impl::in_order_sql(0),
                                    {x_clock.now(), INT64_MAX, "", "", "", "", "", "", "", ""});
    ASSERT_TRUE(rows) << rows.error().detail;
    std::string plan;
    for (const auto& row : *rows) plan += row.text(sqlite ? 3 : 0) + "\n";
    EXPECT_NE(plan.find("tasks_ready"), std::string::npos) << plan;
    EXPECT_NE(plan.find("tasks_running"), std::string::npos) << plan;
    for (const char* reads_all : {"Seq Scan on tasks", "SCAN t\n", "SCAN c", "SCAN l\n"})
      EXPECT_EQ(plan.find(reads_all), std::string::npos) << plan;
  }
}

}  // namespace
}  // namespace pier::jobs
