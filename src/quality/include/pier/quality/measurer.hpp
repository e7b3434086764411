#pragma once
// Figures of one picture against its reference. Kernels are chosen at run time; every processor gives the same bits.

#include <memory>
#include <vector>

#include <pier/core/picture.hpp>
#include <pier/core/rational.hpp>
#include <pier/core/result.hpp>
#include <pier/quality/metric.hpp>

namespace pier::quality {

struct MeasureSpec {
  std::vector<Metric> metrics;
  PixelFormat format;  // of both: 8 to 12 bits, not RGB
  int width = 0, height = 0;
  ColourInfo colour;        // for light (kPu21Ssim, kDeltaEItp); unspecified fields as colour::Converter takes them
  Rational frame_rate;      // of the reference; XPSNR looks at two pictures before from 32 a second on, else at one
  double peak_nits = 1000;  // of the display of HLG
};

/// The least side of a luma plane; kMsSsim wants more.
inline constexpr int kLeastSide = 16, kLeastMsSsimSide = 176;

/// Thread-safe: measure() may be called from several threads at once.
class Measurer {
 public:
  /// kInputUnsupported: RGB, more than 12 bits, pictures too small, kPu21Ssim of SDR, kDeltaEItp of a colour without
  /// known light.
  static Result<Measurer> make(const MeasureSpec& spec);
  ~Measurer();
  Measurer(Measurer&&) noexcept;
  Measurer& operator=(Measurer&&) noexcept;

  /// What measure() gives, in this order.
  const std::vector<Series>& series() const;

  /// `before` and `before_that` are the reference pictures one and two before, for kXpsnr; an empty one stands for
  /// samples of 0, which is what there is before the first. kInvalidArgument when a picture is not as specified.
  Result<std::vector<double>> measure(const Picture& reference, const Picture& test, const Picture& before = {},
                                      const Picture& before_that = {}) const;

 private:
  struct Impl;
  explicit Measurer(std::unique_ptr<const Impl> impl);
  std::unique_ptr<const Impl> x_impl;
};

}  // namespace pier::quality
