#include "s3/part_plan.hpp"

#include <gtest/gtest.h>

namespace pier::storage::impl {
namespace {

constexpr uint64_t kMiB = uint64_t{1} << 20U;
constexpr uint64_t kTenTb = 10'000'000'000'000;

TEST(PartPlan, SmallObjectsAreOnePut) {
  for (const uint64_t length : {uint64_t{0}, uint64_t{1}, 5 * kMiB - 1, 5 * kMiB, 16 * kMiB}) {
    EXPECT_EQ(*PartPlan::make(length)->parts_for(length), 0U) << length;
    EXPECT_EQ(*PartPlan::make(std::nullopt)->parts_for(length), 0U) << length;
  }
  EXPECT_EQ(*PartPlan::make(16 * kMiB + 1)->parts_for(16 * kMiB + 1), 2U);
}

TEST(PartPlan, TenTerabytesFitDeclaredOrNot) {
  for (const auto declared : {std::optional<uint64_t>(), std::optional(kTenTb)}) {
    const auto plan = PartPlan::make(declared);
    ASSERT_TRUE(plan);
    const auto parts = plan->parts_for(kTenTb);
    ASSERT_TRUE(parts) << parts.error().message;
    EXPECT_LE(*parts, kMostParts);
    uint64_t covered = 0;
    for (uint64_t number = 1; number <= *parts; ++number) {
      const uint64_t size = *plan->size_of(number);
      EXPECT_GE(size, kSmallestPart);
      EXPECT_LE(size, kLargestPart);
      if (declared) {
        EXPECT_EQ(size, *plan->size_of(1));
      }
      covered += size;
    }
    EXPECT_GE(covered, kTenTb);
    EXPECT_LT(covered - *plan->size_of(*parts), kTenTb);
  }
  // A tenth more than declared still has room.
  EXPECT_TRUE(PartPlan::make(kTenTb)->parts_for(kTenTb + kTenTb / 10));
}

TEST(PartPlan, BeyondTheLimitIsAnError) {
  const uint64_t most = kMostParts * kLargestPart;
  EXPECT_EQ(*PartPlan::make(most)->parts_for(most), kMostParts);
  EXPECT_EQ(PartPlan::make(most + 1).error().code, ErrorCode::kTooLarge);
  EXPECT_EQ(PartPlan::make(std::nullopt)->parts_for(most).error().code, ErrorCode::kTooLarge);
  EXPECT_EQ(PartPlan::make(1)->size_of(kMostParts + 1).error().code, ErrorCode::kTooLarge);
  EXPECT_EQ(PartPlan::make(1)->size_of(0).error().code, ErrorCode::kTooLarge);
}

}  // namespace
}  // namespace pier::storage::impl
