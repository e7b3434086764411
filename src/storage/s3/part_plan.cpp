#include "s3/part_plan.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace pier::storage::impl {
namespace {

constexpr uint64_t kMiB = uint64_t{1} << 20U;
constexpr uint64_t kWantedParts = 9'000;

struct Step {
  uint64_t last = 0;  // part with this size
  uint64_t size = 0;
};
// 15.6 GiB, then to 78 GiB, 578 GiB and 12.3 TiB.
constexpr std::array<Step, 4> kGrowing = {
    {{1'000, 16 * kMiB}, {2'000, 64 * kMiB}, {4'000, 256 * kMiB}, {kMostParts, 2'048 * kMiB}}};

Failure too_large() {
  return fail(ErrorCode::kTooLarge,
              "the object is larger than 10,000 parts can hold; declare its length before it is written, or split it");
}

}  // namespace

Result<PartPlan> PartPlan::make(std::optional<uint64_t> declared) {
  PartPlan plan;
  if (!declared) return plan;
  if (*declared > kMostParts * kLargestPart) return too_large();
  const uint64_t least = (*declared + kWantedParts - 1) / kWantedParts;
  const uint64_t rounded = (least + kMemoryPart - 1) / kMemoryPart * kMemoryPart;
  plan.x_equal = std::clamp(rounded, kMemoryPart, kLargestPart);
  return plan;
}

Result<uint64_t> PartPlan::size_of(uint64_t number) const {
  if (number == 0 || number > kMostParts) return too_large();
  if (x_equal != 0) return x_equal;
  for (const Step& step : kGrowing) {
    if (number <= step.last) return step.size;
  }
  return too_large();
}

Result<uint64_t> PartPlan::parts_for(uint64_t length) const {
  PIER_TRY(const uint64_t first, size_of(1));
  if (length <= first) return 0;
  uint64_t parts = 0;
  for (uint64_t covered = 0; covered < length; ++parts) {
    PIER_TRY(const uint64_t size, size_of(parts + 1));
    covered += size;
  }
  return parts;
}

}  // namespace pier::storage::impl
