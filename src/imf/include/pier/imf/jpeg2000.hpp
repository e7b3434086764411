#pragma once
// Pictures as JPEG 2000 codestreams of the IMF single-tile profiles (ITU-T T.800 Amd. 8), the only coding that
// Application 2E (ST 2067-21) knows besides the broadcast profiles and High-Throughput JPEG 2000.

#include <memory>

#include <pier/core/bytes.hpp>
#include <pier/core/picture.hpp>
#include <pier/core/rational.hpp>
#include <pier/core/result.hpp>

namespace pier::imf {

struct Jpeg2000Options {
  PixelFormat format;  // 4:2:2 Y'CbCr or RGB
  int width = 0, height = 0;
  Rational rate;        // pictures a second
  int64_t bitrate = 0;  // at most, bit/s
};

/// Thread-safe once made: each call of encode() codes one picture on its caller's thread.
class Jpeg2000Encoder {
 public:
  /// The lowest main and sub level that hold raster, rate and bit rate. kInvalidArgument: none does, or the raster is
  /// beyond 4K (Application 2E ends there).
  static Result<Jpeg2000Encoder> make(const Jpeg2000Options& options);

  /// Learns from one picture where the search for the rate begins, which saves about half of the work on pictures like
  /// it. Before the first encode().
  Result<void> tune(const Picture& picture);
  /// At most bitrate / rate bits. The same picture gives the same bytes after the same tune().
  Result<Bytes> encode(const Picture& picture) const;
  uint16_t rsiz() const { return x_rsiz; }
  int64_t most_bytes() const { return x_most_bytes; }

 private:
  struct Coded {
    Bytes bytes;
    double share = 1;
  };
  Jpeg2000Encoder() = default;
  Result<Coded> code(const Picture& picture) const;

  Jpeg2000Options x_options;
  uint16_t x_rsiz = 0;
  int64_t x_most_bytes = 0;
  double x_first_share = 1;
};

}  // namespace pier::imf
