#pragma once
// For tests: work in a transaction of its own, and two transactions that meet.

#include <chrono>
#include <future>
#include <utility>

#include <gtest/gtest.h>

#include <pier/database/database.hpp>

namespace pier::database::test {

/// Runs one step in its own transaction, which is committed when the step gave no error.
template <typename F>
auto step(Database& database, F&& work) -> decltype(work(std::declval<Transaction&>())) {
  auto tx = database.begin();
  if (!tx) return Failure(tx.error());
  auto result = work(*tx);
  if (result) {
    if (auto committed = tx->commit(); !committed) return Failure(committed.error());
  }
  return result;
}

/// Begins `second` in another thread while the transaction of `first` is open, then commits that. On SQLite the second
/// simply comes later.
template <typename F, typename G>
auto meet(Database& database, F&& first, G&& second) -> decltype(second(std::declval<Transaction&>())) {
  auto tx = database.begin();
  EXPECT_TRUE(tx);
  const auto done = first(*tx);
  EXPECT_TRUE(done) << done.error().message << done.error().detail;
  auto later = std::async(std::launch::async, [&] { return step(database, second); });
  later.wait_for(std::chrono::milliseconds(50));
  const auto committed = tx->commit();
  EXPECT_TRUE(committed) << committed.error().message;
  {
    auto gone = std::move(*tx);
  }
  return later.get();
}

}  // namespace pier::database::test
