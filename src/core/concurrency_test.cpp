#include <atomic>
#include <chrono>
#include <memory>
#include <numeric>
#include <stdexcept>

#include <gtest/gtest.h>

#include <pier/core/concurrency.hpp>

namespace pier {
namespace {

TEST(GuardedTest, ManyWritersLoseNothing) {
  Guarded<int> total(0);
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&total] {
        for (int i = 0; i < 10000; ++i) total.with([](int& value) { ++value; });
      });
    }
  }
  EXPECT_EQ(std::as_const(total).with([](const int& value) { return value; }), 40000);
}

TEST(BoundedQueueTest, EveryItemArrivesOnceAndInOrderOfItsWriter) {
  constexpr int kWriters = 3;
  constexpr int kEach = 5000;
  BoundedQueue<std::pair<int, int>> queue(7);
  Guarded<std::vector<std::pair<int, int>>> seen;
  {
    std::vector<std::jthread> readers;
    for (int r = 0; r < 3; ++r) {
      readers.emplace_back([&] {
        while (const auto item = queue.pop()) seen.with([&](auto& all) { all.push_back(*item); });
      });
    }
    {
      std::vector<std::jthread> writers;
      for (int w = 0; w < kWriters; ++w) {
        writers.emplace_back([&queue, w] {
          for (int i = 0; i < kEach; ++i) EXPECT_TRUE(queue.push({w, i}));
        });
      }
    }
    queue.close();
  }
  seen.with([](auto& all) {
    EXPECT_EQ(all.size(), static_cast<size_t>(kWriters * kEach));
    std::sort(all.begin(), all.end());
    EXPECT_EQ(std::adjacent_find(all.begin(), all.end()), all.end());
  });
}

TEST(BoundedQueueTest, IsFirstInFirstOutAndBounded) {
  BoundedQueue<std::unique_ptr<int>> queue(2);
  EXPECT_TRUE(queue.try_push(std::make_unique<int>(1)));
  EXPECT_TRUE(queue.try_push(std::make_unique<int>(2)));
  EXPECT_FALSE(queue.try_push(std::make_unique<int>(3)));
  EXPECT_EQ(**queue.pop(), 1);
  EXPECT_TRUE(queue.try_push(std::make_unique<int>(4)));
  EXPECT_EQ(**queue.pop(), 2);
  EXPECT_EQ(**queue.pop(), 4);
}

TEST(BoundedQueueTest, CloseWakesAllAndKeepsWhatIsInside) {
  BoundedQueue<int> full(1);
  BoundedQueue<int> empty(1);
  ASSERT_TRUE(full.push(1));
  std::atomic<int> woken{0};
  {
    std::jthread writer([&] { woken += full.push(2) ? 0 : 1; });
    std::jthread reader([&] { woken += empty.pop() ? 0 : 1; });
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    EXPECT_EQ(woken, 0);
    full.close();
    empty.close();
  }
  EXPECT_EQ(woken, 2);
  EXPECT_FALSE(full.push(3));
  EXPECT_FALSE(full.try_push(3));
  EXPECT_EQ(full.pop(), 1);
  EXPECT_EQ(full.pop(), std::nullopt);
}

TEST(ThreadPoolTest, DestructorFinishesWhatWasAccepted) {
  std::atomic<int> done{0};
  {
    ThreadPool pool(3, 4);
    for (int i = 0; i < 1000; ++i) ASSERT_TRUE(pool.submit([&done] { ++done; }));
  }
  EXPECT_EQ(done, 1000);
}

TEST(ThreadPoolTest, ShedsLoadWhenFull) {
  std::mutex gate;
  std::atomic<int> done{0};
  std::atomic<bool> begun{false};
  int accepted = 0;
  {
    ThreadPool pool(1, 2);
    std::unique_lock closed(gate);
    const auto work = [&] {
      begun = true;
      std::lock_guard wait(gate);
      ++done;
    };
    ASSERT_TRUE(pool.submit(work));
    while (!begun) std::this_thread::yield();
    accepted = 1;
    for (int i = 0; i < 5; ++i) accepted += pool.try_submit(work) ? 1 : 0;
    closed.unlock();
  }
  EXPECT_EQ(accepted, 3);
  EXPECT_EQ(done, accepted);
}

TEST(ThreadPoolTest, OutlivesWorkThatThrows) {
  std::atomic<int> done{0};
  testing::internal::CaptureStderr();
  {
    ThreadPool pool(1, 4);
    ASSERT_TRUE(pool.submit([] { throw std::runtime_error("planted"); }));
    ASSERT_TRUE(pool.submit([] { throw 7; }));
    ASSERT_TRUE(pool.submit({}));
    ASSERT_TRUE(pool.submit([&done] { ++done; }));
  }
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_EQ(done, 1);
  EXPECT_NE(log.find("what=planted"), std::string::npos) << log;
}

}  // namespace
}  // namespace pier
