#pragma once
// Pictures written without loss: FFV1 version 3 in Matroska, with colour and static HDR metadata. For exports of a few
// pictures, not for publications.

#include <memory>
#include <optional>

#include <pier/media/frame.hpp>

namespace pier::media {

struct LosslessConfig {
  PixelFormat format;
  int width = 0, height = 0;
  Rational sample_aspect = 1;
  ColourInfo colour;
  std::optional<MasteringDisplay> mastering_display;
  std::optional<ContentLight> content_light;
  Rational time_base;  // ticks of pts; Matroska keeps whole milliseconds
  Rational frame_rate;
};

/// Not thread-safe. The same pictures give the same bytes.
class LosslessWriter {
 public:
  /// Writes to `fd` (a regular file, from its start), which stays the caller's and must outlive this.
  static Result<LosslessWriter> open(int fd, const LosslessConfig& config);
  ~LosslessWriter();
  LosslessWriter(LosslessWriter&&) noexcept;
  LosslessWriter& operator=(LosslessWriter&&) noexcept;
  /// In presentation order; kInvalidArgument for a picture that is not as `config` said.
  Result<void> add(const Picture& picture, int64_t pts);
  /// Once; without it the file has no index.
  Result<void> finish();

 private:
  struct Impl;
  explicit LosslessWriter(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> x_impl;
};

}  // namespace pier::media
