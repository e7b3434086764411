#include "runs.hpp"

#include <random>

#include <gtest/gtest.h>

namespace pier::analysis::impl {
namespace {

FrameTime at(int64_t index) {
  return {.index = index, .pts = index * 10, .duration = 10};
}

std::string text(RunCollector& collector) {
  std::string out;
  for (const Run& run : collector.finish()) {
    out += std::to_string(run.first_index) + "-" + std::to_string(run.last_index) + ":" + std::to_string(run.hits) +
           "/" + std::to_string(run.worst) + " ";
  }
  return out + "#" + std::to_string(collector.totals().count) + " " + std::to_string(collector.totals().length);
}

void feed(RunCollector& collector, const std::vector<int>& hits, size_t from, size_t to) {
  for (size_t i = from; i < to; ++i) collector.mark(at(static_cast<int64_t>(i)), hits[i] != 0, hits[i]);
}

TEST(Runs, GatherHitsBridgeGapsAndDropShortOnes) {
  RunCollector collector({.kind = "x", .min_length = 30, .max_gap = 1});
  const std::vector<int> hits{0, 3, 0, 4, 0, 0, 9, 9, 0, 0, 1, 1, 1};
  feed(collector, hits, 0, hits.size());
  EXPECT_EQ(text(collector), "1-3:2/4 10-12:3/1 #2 60");
}

// However a stream is cut into parts, saved as text, loaded and merged, the answer is that of the whole.
TEST(Runs, AnySplitEqualsTheWhole) {
  std::mt19937 random(17);
  for (int round = 0; round < 3000; ++round) {
    const RunRules rules{.kind = "x",
                         .min_length = static_cast<int64_t>(random() % 4) * 10,
                         .max_gap = static_cast<int64_t>(random() % 3)};
    std::vector<int> hits(5 + random() % 20);
    const auto density = 1 + random() % 9;
    for (int& hit : hits) hit = random() % 10 < density ? static_cast<int>(1 + random() % 9) : 0;
    RunCollector whole(rules);
    feed(whole, hits, 0, hits.size());

    RunCollector merged(rules);
    size_t from = 0;
    bool first = true;
    while (from < hits.size()) {
      const size_t to = std::min(hits.size(), from + 1 + random() % 8);
      RunCollector part(rules);
      feed(part, hits, from, to);
      const auto saved = parse_json(json::serialize(part.save()));
      ASSERT_TRUE(saved);
      const auto done = first ? merged.load(*saved) : merged.merge(*saved);
      ASSERT_TRUE(done) << done.error().message;
      first = false;
      from = to;
    }
    ASSERT_EQ(text(merged), text(whole)) << "round " << round;
  }
}

TEST(Runs, AThousandOfAKindAreCappedAndCounted) {
  RunCollector collector({.kind = "x"});
  for (int64_t i = 0; i < 4000; ++i) collector.mark(at(i), i % 2 == 1, 1);
  EXPECT_EQ(collector.finish().size(), kMaxFindings);
  EXPECT_EQ(collector.totals().count, 2000);
  EXPECT_EQ(collector.totals().length, 20000);
}

TEST(Runs, DamagedStateIsRefused) {
  for (const char* bad : {"1", "{}", R"({"first":0,"last":1,"runs":[[1,2]],"count":0,"length":0})",
                          R"({"last":1,"runs":[[1,2,3,4,5,6]],"count":0,"length":0})",
                          R"({"first":0,"last":1,"runs":[[1,2,3,4,5,"6"]],"count":0,"length":0})"}) {
    RunCollector collector({.kind = "x"});
    EXPECT_FALSE(collector.load(*parse_json(bad))) << bad;
  }
}

}  // namespace
}  // namespace pier::analysis::impl
