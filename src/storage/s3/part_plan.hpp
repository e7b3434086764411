#pragma once
// How an object is cut into parts of a multipart upload. Limits of S3: 10,000 parts, each of at most 5 GiB, all but
// the last of at least 5 MiB.

#include <cstdint>
#include <optional>

#include <pier/core/result.hpp>

namespace pier::storage::impl {

constexpr uint64_t kMostParts = 10'000;
constexpr uint64_t kSmallestPart = uint64_t{5} << 20U;
constexpr uint64_t kLargestPart = uint64_t{5} << 30U;
/// Parts up to this size wait in memory, larger ones in a spool file.
constexpr uint64_t kMemoryPart = uint64_t{16} << 20U;

class PartPlan {
 public:
  /// With a declared length all parts but the last are equal (some stores want that): at least 16 MiB, at most 9,000
  /// parts, so that a somewhat longer object still fits. Without one they grow, and 10 TB fit. kTooLarge: more than
  /// 10,000 parts of 5 GiB.
  static Result<PartPlan> make(std::optional<uint64_t> declared);

  /// Size of part `number` (from 1); kTooLarge beyond the last one.
  Result<uint64_t> size_of(uint64_t number) const;
  /// Parts an object of `length` bytes takes; an object that fits into the first part is one plain PUT (0 parts).
  /// kTooLarge when they do not suffice.
  Result<uint64_t> parts_for(uint64_t length) const;

 private:
  uint64_t x_equal = 0;  // 0: growing
};

}  // namespace pier::storage::impl
