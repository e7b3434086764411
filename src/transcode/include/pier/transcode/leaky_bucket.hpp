#pragma once
// The leaky bucket of a picture track: the coded picture buffer of the hypothetical reference decoder with variable
// rate (ITU-T H.264 Annex C.1, H.265 Annex C.2, low_delay off), decoding by access units. Bits come in at no more than
// `rate` and never beyond `size`; an access unit is taken out at its decoding time and must have come whole by then.
// Arithmetic in integers: the same sizes and times give the same figures everywhere.

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <pier/core/json.hpp>
#include <pier/media/frame.hpp>

namespace pier::transcode {

struct BucketSpec {
  int64_t rate = 0;   // bit/s; 0: no bucket, everything fits
  int64_t size = 0;   // bits
  int64_t start = 0;  // bits in the buffer when the first access unit is taken out
  friend bool operator==(const BucketSpec&, const BucketSpec&) = default;
};
json::object to_json(const BucketSpec& spec);
BucketSpec bucket_from_json(const json::object& object);  // what is missing is 0

struct BucketFigures {
  int64_t units = 0;
  int64_t bits = 0;
  int64_t least = 0;                       // least fullness right after a removal, bits; negative: bits were missing
  int64_t end = 0;                         // fullness when the next access unit would be taken out
  int64_t underflows = 0;                  // access units that had not come whole
  std::optional<int64_t> first_underflow;  // its decoding time, ticks
  int64_t peak_rate = 0;                   // bit/s: the largest sum of access units decoded within one second

  /// Nothing is late, and whatever was started with is there again: a run that ends so can be followed by any other.
  bool fits(const BucketSpec& spec) const { return underflows == 0 && end >= spec.start; }
};
json::object to_json(const BucketFigures& figures);

/// One access unit, in decoding order.
struct UnitSize {
  int64_t time = 0;  // of decoding, ticks
  int64_t bits = 0;
};

/// Not thread-safe. Times must not go back; a bucket without rate counts only.
class LeakyBucket {
 public:
  LeakyBucket(const BucketSpec& spec, uint32_t timescale);
  void add(UnitSize unit);
  /// `end_time`: when the access unit after the last one is decoded.
  BucketFigures finish(int64_t end_time);

 private:
  __extension__ using Wide = __int128;
  void fill(int64_t time);
  void measure_peak(UnitSize unit);

  BucketSpec x_spec;
  int64_t x_timescale;
  Wide x_level, x_least;  // bits times timescale
  std::optional<int64_t> x_time;
  std::deque<UnitSize> x_second;
  int64_t x_second_bits = 0;
  BucketFigures x_figures;
};

/// Sizes and decoding times of coded pictures as a stored track has them: within a closed group (from a key picture to
/// the next) the i-th picture is decoded at the i-th smallest presentation time. Parameter sets, which a transport
/// stream puts before each key picture, count there with `parameter_bits`.
std::vector<UnitSize> unit_sizes(std::span<const media::Sample> samples, int64_t parameter_bits);

/// The whole run of a bucket over these samples.
BucketFigures simulate(const BucketSpec& spec, uint32_t timescale, std::span<const UnitSize> units, int64_t end_time);

}  // namespace pier::transcode
