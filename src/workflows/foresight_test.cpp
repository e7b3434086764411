#include "foresight.hpp"

#include <gtest/gtest.h>

namespace pier::workflows::impl {
namespace {

jobs::TasksAlike tasks(const std::string& job, const std::string& kind, int64_t count, double cost_each) {
  jobs::TasksAlike alike;
  alike.job_id = job;
  alike.kind = kind;
  alike.cost_class = kind + " of made-up pictures";
  alike.tasks = count;
  alike.work = static_cast<double>(count) * cost_each * 10;
  alike.cost = static_cast<double>(count) * cost_each;
  alike.writes_bytes = static_cast<uint64_t>(count) * 1'000'000;
  return alike;
}

jobs::OpenJob open_job(const std::string& id, const std::vector<jobs::TasksAlike>& expected = {}) {
  return {id, "default", 1, expected.empty() ? json::value(nullptr) : json::value(packed(expected))};
}

std::vector<jobs::TasksAlike> publication(const std::string& job = "") {
  return {tasks(job, "probe", 1, 1),  tasks(job, "analyse", 1, 5), tasks(job, "judge", 1, 1),
          tasks(job, "plan", 1, 1),   tasks(job, "encode", 4, 10), tasks(job, "assemble", 1, 1),
          tasks(job, "verify", 4, 1), tasks(job, "publish", 1, 1)};
}

Outlook idle(int64_t slots = 2) {
  Outlook outlook;
  outlook.workers.push_back({slots, UINT64_MAX, {}});
  return outlook;
}

TEST(Foresight, ARequestIsPlayedStepByStep) {
  Outlook outlook = idle();
  outlook.jobs = {open_job("", publication())};
  const Forecast forecast = foresee(outlook, {}, "");
  EXPECT_TRUE(forecast.finish.likely.ends);
  EXPECT_DOUBLE_EQ(forecast.finish.likely.finish, 1 + 5 + 1 + 1 + 20 + 1 + 2 + 1);
  EXPECT_DOUBLE_EQ(forecast.cpu_seconds.likely, 1 + 5 + 1 + 1 + 40 + 1 + 4 + 1);
  EXPECT_EQ(forecast.basis, Basis::kFormula);
  EXPECT_DOUBLE_EQ(forecast.peak_bytes, 14e6);
  EXPECT_DOUBLE_EQ(forecast.kept_bytes, 10e6) << "without chunks";
  EXPECT_LT(forecast.cpu_seconds.least, forecast.cpu_seconds.likely);
  EXPECT_GT(forecast.finish.most, forecast.finish.likely.finish);
}

TEST(Foresight, WhatIsExpectedCountsUntilThePlanIsMade) {
  Outlook outlook = idle();
  outlook.jobs = {open_job("a", publication())};
  const auto left = [&](std::vector<jobs::TasksAlike> waiting) {
    outlook.waiting = std::move(waiting);
    return foresee(outlook, {}, "a").finish.likely.finish;
  };
  EXPECT_DOUBLE_EQ(left({tasks("a", "probe", 1, 1)}), 32);
  EXPECT_DOUBLE_EQ(left({tasks("a", "analyse", 1, 5), tasks("a", "judge", 1, 1), tasks("a", "plan", 1, 1)}), 31);
  EXPECT_DOUBLE_EQ(left({tasks("a", "plan", 1, 1)}), 25);
  EXPECT_DOUBLE_EQ(left({tasks("a", "encode", 1, 10), tasks("a", "publish", 1, 1)}), 11) << "as planned";
}

TEST(Foresight, PartsOfALongMasterAreExpectedUntilItIsSplit) {
  std::vector<jobs::TasksAlike> expected = publication();
  expected.insert(expected.begin() + 1, {tasks("", "scan", 1, 2), tasks("", "split", 1, 1), tasks("", "part", 4, 5)});
  Outlook outlook = idle();
  outlook.jobs = {open_job("a", expected)};
  const auto left = [&](std::vector<jobs::TasksAlike> waiting) {
    waiting.insert(waiting.end(), {tasks("a", "analyse", 1, 5), tasks("a", "judge", 1, 1), tasks("a", "plan", 1, 1)});
    outlook.waiting = std::move(waiting);
    return foresee(outlook, {}, "a").finish.likely.finish;
  };
  EXPECT_DOUBLE_EQ(left({tasks("a", "scan", 1, 2), tasks("a", "split", 1, 1)}), 31 + 2 + 1 + 10);
  EXPECT_DOUBLE_EQ(left({tasks("a", "split", 1, 1)}), 31 + 1 + 10);
  EXPECT_DOUBLE_EQ(left({tasks("a", "part", 2, 5)}), 31 + 5) << "two are done";
  EXPECT_DOUBLE_EQ(left({}), 31);
}

TEST(Foresight, WhatNobodyLookedIntoIsNotPromised) {
  Outlook outlook = idle();
  outlook.jobs = {open_job("a")};
  outlook.waiting = {tasks("a", "probe", 1, 1)};
  EXPECT_FALSE(foresee(outlook, {}, "a").finish.likely.ends);
}

TEST(Foresight, JobsAheadAreCounted) {
  Outlook outlook = idle(1);
  outlook.jobs = {open_job("a"), open_job("b"), open_job("c", publication())};
  outlook.waiting = {tasks("a", "encode", 3, 10), tasks("b", "encode", 2, 10), tasks("c", "probe", 1, 1)};
  const Forecast forecast = foresee(outlook, {}, "c");
  EXPECT_EQ(forecast.finish.likely.jobs_ahead, 2);
  EXPECT_EQ(forecast.finish.likely.tasks_ahead, 5);
  EXPECT_DOUBLE_EQ(forecast.finish.likely.starts, 50);
  EXPECT_EQ(foresee(outlook, {}, "a").finish.likely.tasks_ahead, 0);
}

TEST(Foresight, WhatWasSpentAndStoredIsPartOfIt) {
  Outlook outlook = idle();
  outlook.jobs = {open_job("a")};
  outlook.waiting = {tasks("a", "encode", 2, 10)};
  OwnShare own;
  own.stored_bytes = 50'000'000;
  own.chunk_bytes = 30'000'000;
  own.done = {tasks("a", "encode", 2, 10)};
  own.done.front().cpu_seconds = own.done.front().wall_seconds = 20;
  const Forecast forecast = foresee(outlook, own, "a");
  EXPECT_DOUBLE_EQ(forecast.spent_cpu_seconds, 20);
  EXPECT_NEAR(forecast.cpu_seconds.likely, 40, 1e-9);
  EXPECT_DOUBLE_EQ(forecast.peak_bytes, 52e6);
  EXPECT_DOUBLE_EQ(forecast.kept_bytes, 20e6);
}

TEST(Foresight, ManyJobsArePlayedTogether) {
  Outlook outlook = idle();
  for (int i = 0; i < 1000; i++) {
    const std::string id = "job" + std::to_string(1000 + i);
    outlook.jobs.push_back(open_job(id));
    outlook.waiting.push_back(tasks(id, "encode", 3, 10));
    outlook.waiting.push_back(tasks(id, "verify", 3, 1));
  }
  const Forecast forecast = foresee(outlook, {}, "job1600");
  EXPECT_TRUE(forecast.finish.likely.ends);
  EXPECT_GT(forecast.finish.likely.tasks_ahead, 1500);
}

TEST(Foresight, MoneyNeedsPrices) {
  Outlook outlook = idle();
  outlook.jobs = {open_job("", {tasks("", "encode", 10, 360), tasks("", "assemble", 1, 0)})};
  const Forecast forecast = foresee(outlook, {}, "");
  EXPECT_FALSE(to_json(forecast, 0, std::nullopt).contains("money"));
  const json::object view = to_json(forecast, 0, Prices{"CNY", 0.5, 20});
  const json::object& money = view.at("money").as_object();
  EXPECT_EQ(money.at("currency"), "CNY");
  EXPECT_NEAR(money.at("computing").at("likely").as_double(), 0.5, 1e-6) << "one core-hour";
  EXPECT_NEAR(money.at("storage_month").as_double(), 20e-6, 1e-6) << "a megabyte";
  EXPECT_NEAR(money.at("total").at("likely").as_double(), 0.50002, 1e-5);
  EXPECT_NEAR(view.at("core_hours").at("likely").as_double(), 1, 1e-4);
}

TEST(Foresight, WithoutWorkersNoTimeIsPromised) {
  Outlook outlook = idle();
  outlook.workers.clear();
  outlook.jobs = {open_job("", publication())};
  const json::object view = to_json(foresee(outlook, {}, ""), 0, std::nullopt);
  EXPECT_TRUE(view.at("finish").is_null());
  EXPECT_TRUE(view.at("seconds_left").is_null());
  EXPECT_GT(view.at("core_hours").at("likely").as_double(), 0);
}

TEST(Foresight, ExpectedTasksAreReadAsTheyWereKept) {
  std::vector<jobs::TasksAlike> before = publication();
  before[4].tags = {"8k", "gpu"};
  before[4].priority = 3;
  before[4].memory_bytes = 1ULL << 33U;
  const auto value = parse_json(json::serialize(packed(before)));
  ASSERT_TRUE(value);
  const std::vector<jobs::TasksAlike> after = expected_tasks(*value);
  ASSERT_EQ(after.size(), before.size());
  EXPECT_EQ(after[4].tags, before[4].tags);
  EXPECT_EQ(after[4].priority, 3);
  EXPECT_EQ(after[4].memory_bytes, before[4].memory_bytes);
  EXPECT_DOUBLE_EQ(after[4].work, before[4].work);
  EXPECT_TRUE(expected_tasks(nullptr).empty());
}

}  // namespace
}  // namespace pier::workflows::impl
