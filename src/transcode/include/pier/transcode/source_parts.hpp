#pragma once
// What of a master goes into more than tracks: its sound on the programme's timeline, and pictures turned upright or
// put between bars.

#include <memory>
#include <optional>
#include <vector>

#include <pier/media/decode.hpp>
#include <pier/transcode/sound.hpp>

namespace pier::transcode {

/// Channels of a master from the programme's start on, for exactly so many samples: gaps are filled with silence, a
/// late or short stream too. Not thread-safe; the Source must outlive it.
class SoundReader {
 public:
  struct Wish {
    std::vector<SourceChannel> channels;  // of any streams, in the order they come out
    int rate = 48000;                     // of all those streams
    Rational start;                       // seconds on the source's timeline
    int64_t samples = 0;
  };
  static Result<SoundReader> open(const media::Source& source, const Wish& wish);
  ~SoundReader();
  SoundReader(SoundReader&&) noexcept;
  SoundReader& operator=(SoundReader&&) noexcept;

  /// The next samples, at most 4096; nullopt at the end. kInputUnsupported when the sample rate is or becomes another.
  Result<std::optional<media::AudioBlock>> next();
  /// Put in so far where a stream had none, the most of any.
  int64_t silence_samples() const;

 private:
  struct Impl;
  explicit SoundReader(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> x_impl;
};

/// The picture turned clockwise by 0, 90, 180 or 270 degrees (4:2:2 becomes 4:4:0, so it is refused at 90 and 270).
Result<Picture> turned(const Picture& picture, int degrees);

/// Black of a coding; empty when there is no memory.
Picture black_picture(PixelFormat format, int width, int height, const ColourInfo& colour);
/// `picture` in the midst of black: its first sample at x, y, which are even where chroma is halved. Empty when there
/// is no memory.
Picture framed(const Picture& picture, int width, int height, int x, int y);

}  // namespace pier::transcode
