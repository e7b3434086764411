#include "queue_fixture.hpp"

namespace pier::jobs {
namespace {

using PinsTest = test::QueueTest;
INSTANTIATE_TEST_SUITE_P(Engines, PinsTest, test::kBothEngines, test::engine_name);

TEST_P(PinsTest, TheFirstWordHoldsUntilAnotherIsSaid) {
  const std::string one = job(), other = job();
  const auto said = [&](const std::string& id, const char* value) {
    return *step([&](Transaction& tx) { return pin(tx, id, "encoder", value); });
  };
  const auto known = [&](const char* name) {
    auto snapshot = x_database->read();
    return *pinned(*snapshot, one, name);
  };
  EXPECT_EQ(said(one, "a"), "a");
  EXPECT_EQ(said(one, "b"), "a");
  EXPECT_EQ(known("encoder"), "a");
  EXPECT_EQ(known("colour"), std::nullopt);
  EXPECT_EQ(said(other, "b"), "b");
  ASSERT_TRUE(step([&](Transaction& tx) { return repin(tx, one, "encoder", "c"); }));
  EXPECT_EQ(said(one, "a"), "c");
  EXPECT_EQ(said(other, "a"), "b");
  EXPECT_FALSE(step([&](Transaction& tx) { return pin(tx, "job_none", "encoder", "a"); }));
}

TEST_P(PinsTest, OutdatedResultsAreMadeAnewAndNobodyTakesThemOver) {
  const std::string id = job();
  const TaskRow a = add(id, named("encode", "A")), b = add(id, named("encode", "B"));
  const TaskRow joined = add(id, named("assemble", "", {a.id, b.id}));
  for (const char* by : {"old", "new"}) {
    const auto taken = take();
    ASSERT_TRUE(taken);
    ASSERT_TRUE(finish(*taken, json::object{{"by", by}}));
  }
  EXPECT_EQ(task(joined.id).state, TaskState::kReady);
  const auto outdated = [](const json::value& result) { return result.at("by").as_string() == "old"; };
  EXPECT_EQ(*step([&](Transaction& tx) { return redo(tx, id, "encode", outdated); }), 1);
  EXPECT_EQ(task(joined.id).state, TaskState::kBlocked);
  EXPECT_EQ(task(joined.id).remaining_deps, 1);
  const auto again = take();
  ASSERT_TRUE(again);
  EXPECT_EQ(again->kind, "encode");
  EXPECT_TRUE(again->result.is_null());
  ASSERT_TRUE(finish(*again, json::object{{"by", "new"}}));
  EXPECT_EQ(task(joined.id).state, TaskState::kReady);
  const std::string later = job();
  EXPECT_FALSE(add(later, named("encode", again->id == a.id ? "A" : "B")).reused);
  EXPECT_TRUE(add(later, named("encode", again->id == a.id ? "B" : "A")).reused);
}

TEST_P(PinsTest, WhatWasPutTogetherStays) {
  const std::string id = job();
  const TaskRow a = add(id, named("encode", "A"));
  const TaskRow joined = add(id, named("assemble", "", {a.id}));
  ASSERT_TRUE(finish(*take()));
  const auto running = take();
  ASSERT_EQ(running->id, joined.id);
  const auto all = [](const json::value&) { return true; };
  EXPECT_EQ(*step([&](Transaction& tx) { return redo(tx, id, "encode", all); }), 0);
  EXPECT_EQ(task(a.id).state, TaskState::kDone);
}

TEST_P(PinsTest, OfAnotherJobNothingIsTouched) {
  const std::string id = job(), other = job();
  const TaskRow a = add(other, named("encode", "A"));
  ASSERT_TRUE(finish(*take()));
  EXPECT_EQ(*step([&](Transaction& tx) { return redo(tx, id, "encode", [](const json::value&) { return true; }); }), 0);
  EXPECT_EQ(task(a.id).state, TaskState::kDone);
}

}  // namespace
}  // namespace pier::jobs
