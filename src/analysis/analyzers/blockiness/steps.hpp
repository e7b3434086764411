#pragma once
// Steps from one sample to its neighbour, without those so large that they are edges of the picture.

#include <cstdint>
#include <cstdlib>

namespace pier::analysis::impl {

/// Groups of neighbouring samples of a row: `size` in every `every`.
struct StepGroups {
  int size = 16;
  int every = 64;
};

/// Adds |a[i] - b[i]| to sums[i] where it is at most `hard`; `a` and `b` may overlap.
void add_steps(const uint8_t* a, const uint8_t* b, int count, int hard, uint32_t* sums);
void add_steps(const uint16_t* a, const uint16_t* b, int count, int hard, uint32_t* sums);

/// Sum of those of the samples of the groups; less than 2^16 samples.
uint32_t sum_steps(const uint8_t* a, const uint8_t* b, int count, StepGroups groups, int hard);
uint32_t sum_steps(const uint16_t* a, const uint16_t* b, int count, StepGroups groups, int hard);

namespace scalar {

template <typename T>
uint32_t step(T a, T b, int hard) {
  const int difference = std::abs(int{a} - int{b});
  return static_cast<uint32_t>(difference > hard ? 0 : difference);
}

/// From sample `first` on.
template <typename T>
void add_steps_from(int first, const T* a, const T* b, int count, int hard, uint32_t* sums) {
  for (int i = first; i < count; ++i) sums[i] += step(a[i], b[i], hard);
}

template <typename T>
uint32_t sum_steps(const T* a, const T* b, int count, StepGroups groups, int hard) {
  uint32_t sum = 0;
  for (int i = 0; i < count; ++i) sum += i % groups.every < groups.size ? step(a[i], b[i], hard) : 0;
  return sum;
}

}  // namespace scalar

}  // namespace pier::analysis::impl
