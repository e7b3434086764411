#pragma once
// Sound of a file for others, coded. Private to this module.

#include <deque>

#include <pier/media/write.hpp>

#include "av_handles.hpp"

namespace pier::media::impl {

class SoundCoder {
 public:
  static Result<SoundCoder> open(const WrittenSound& sound, Container container);

  Result<void> describe(AVStream& stream) const;
  /// Any number of samples; kept until a frame of the coding is whole.
  Result<void> send(const AudioBlock& block);
  Result<void> send_end();
  Result<bool> receive(AVPacket& packet);
  AVRational time_base() const { return x_context->time_base; }

 private:
  SoundCoder() = default;
  Result<void> encode(size_t count);
  Result<void> fetch();
  size_t frame_samples() const;

  WrittenSound x_sound;
  AvCodecContext x_context;
  std::vector<std::vector<float>> x_waiting;
  std::deque<AvPacket> x_coded;
  int64_t x_sent = 0;
};

}  // namespace pier::media::impl
