#include "clip_sound.hpp"

#include <cmath>
#include <numbers>

#include <gtest/gtest.h>

namespace pier::edit::impl {
namespace {

/// Value of a sine of `frequency` cycles a sample, read at `position` through the kernel.
double through(const Kernel& kernel, double frequency, double position) {
  const auto middle = static_cast<int64_t>(std::floor(position));
  double sum = 0;
  for (int64_t i = middle - kernel.reach(); i <= middle + kernel.reach(); ++i)
    sum += std::sin(2 * std::numbers::pi * frequency * static_cast<double>(i)) *
           kernel.at(static_cast<double>(i) - position);
  return sum;
}

TEST(Kernel, KeepsTonesAndTheirTime) {
  for (const double ratio : {44100.0 / 48000, 1.0, 2.0, 0.5}) {
    const Kernel kernel(ratio);
    const double frequency = 0.35 / std::max(1.0, ratio);
    for (const double position : {1000.0, 1000.25, 1000.5, 1000.93}) {
      EXPECT_NEAR(through(kernel, frequency, position), std::sin(2 * std::numbers::pi * frequency * position), 1e-3)
          << ratio << " at " << position;
    }
  }
}

TEST(Kernel, StopsWhatTheLowerRateCannotHold) {
  const Kernel kernel(2);
  for (const double position : {1000.0, 1000.5}) EXPECT_NEAR(through(kernel, 0.4, position), 0, 1e-3);
}

}  // namespace
}  // namespace pier::edit::impl
