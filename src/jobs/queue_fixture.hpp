#pragma once
// For tests: a queue on real records of either engine, with a clock that moves when told.

#include <string>

#include <gtest/gtest.h>

#include <pier/database/testing/fresh_records.hpp>
#include <pier/database/testing/transactions.hpp>
#include <pier/jobs/queue.hpp>
#include <pier/jobs/view.hpp>

namespace pier::jobs::test {

using namespace std::chrono_literals;
using database::test::engine_name;
using database::test::kBothEngines;

class QueueTest : public testing::TestWithParam<database::test::Engine> {
 protected:
  void SetUp() override {
    database::OpenOptions options;
    options.clock = &x_clock;
    options.own_clock = true;
    auto opened = database::Database::open(x_records.url(), options);
    ASSERT_TRUE(opened) << opened.error().message << opened.error().detail;
    x_database = std::move(*opened);
  }

  /// Runs one step in its own transaction, which is committed when the step gave no error.
  template <typename F>
  auto step(F&& work) -> decltype(work(std::declval<Transaction&>())) {
    return database::test::step(*x_database, std::forward<F>(work));
  }

  std::string job(const std::string& organisation = "default") {
    auto made = step([&](Transaction& tx) { return create_job(tx, {organisation, "publish", {{"x", 1}}, ""}); });
    EXPECT_TRUE(made) << made.error().message << made.error().detail;
    return made ? made->id : "";
  }
  TaskRow add(const std::string& job_id, const NewTask& task) {
    auto made = step([&](Transaction& tx) { return add_task(tx, job_id, task); });
    EXPECT_TRUE(made) << made.error().message << made.error().detail;
    return made ? *made : TaskRow();
  }
  std::optional<TaskRow> take(const std::string& worker = "w1", const ClaimFilter& filter = {}) {
    auto task = step([&](Transaction& tx) { return claim(tx, worker, filter, 30s); });
    EXPECT_TRUE(task) << task.error().message << task.error().detail;
    return task ? *task : std::nullopt;
  }
  Result<std::vector<std::string>> finish(const TaskRow& task, const json::value& result = json::object{{"ok", true}}) {
    return step([&](Transaction& tx) { return complete(tx, task.id, task.attempt, result); });
  }
  TaskRow task(const std::string& id) {
    auto snapshot = x_database->read();
    auto row = show_task(*snapshot, id);
    EXPECT_TRUE(row) << row.error().message;
    return row ? *row : TaskRow();
  }
  JobRow show(const std::string& id) {
    auto snapshot = x_database->read();
    auto row = show_job(*snapshot, "default", id);
    EXPECT_TRUE(row) << row.error().message;
    return row ? *row : JobRow();
  }
  JobProgress progress_of(const std::string& id) {
    auto snapshot = x_database->read();
    auto view = progress(*snapshot, id);
    EXPECT_TRUE(view) << view.error().message;
    return view ? *view : JobProgress();
  }
  static NewTask named(const std::string& kind, const std::string& name, std::vector<std::string> after = {}) {
    NewTask task;
    task.kind = kind;
    task.name = name;
    task.after = std::move(after);
    return task;
  }
  void pass(std::chrono::microseconds time) { x_clock.advance_us(time.count()); }

  database::test::FreshRecords x_records{GetParam()};
  FakeClock x_clock;
  std::unique_ptr<database::Database> x_database;
};

}  // namespace pier::jobs::test
