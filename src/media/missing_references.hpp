#pragma once
// Frames of HEVC and AVC that a decoder made from pictures that never came. FFmpeg makes such pictures up and does not
// say for which frames; the access units tell (AccessUnit::references_missing).

#include <cstdint>
#include <deque>
#include <optional>

#include <pier/media/access_unit.hpp>

#include "av_handles.hpp"

namespace pier::media::impl {

/// Not thread-safe. Bounded.
class MissingReferences {
 public:
  explicit MissingReferences(const AVCodecParameters& parameters);
  /// Every packet, in the order in which it goes to the decoder.
  void sent(const AVPacket& packet);
  /// Whether a frame that came out is that of such an access unit.
  bool take(const AVFrame& frame);
  /// As after a seek.
  void restart();

 private:
  struct Unit {
    int64_t pts = 0, position = 0;
  };
  static constexpr size_t kMaxWaiting = 1024;  // more than any decoder holds back
  Codec x_codec;
  Bytes x_configuration;
  std::optional<AccessUnitReader> x_reader;  // none: not of these codecs
  std::deque<Unit> x_waiting;
};

}  // namespace pier::media::impl
