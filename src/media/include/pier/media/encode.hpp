#pragma once
// Encoding with the libraries of the system (x265, SVT-AV1, x264, FFmpeg's AAC and E-AC-3) in their reproducible form:
// the same pictures and settings give the same bytes in every run (see docs/reproducible-encoders.md).

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <pier/media/frame.hpp>

namespace pier::media {

struct VideoEncoderConfig {
  Codec codec = Codec::kHevc;  // kHevc (x265), kAv1 (SVT-AV1), kAvc (x264)
  PixelFormat format;          // 4:2:0, 8 or 10 bit
  int width = 0, height = 0;
  Rational sample_aspect = 1;
  ColourInfo colour;
  std::optional<MasteringDisplay> mastering_display;  // PQ only
  std::optional<ContentLight> content_light;          // PQ only
  Rational time_base;                                 // ticks of pts
  Rational frame_rate;                                // nominal, for rate control and VUI timing
  std::string preset;                                 // x265/x264 name, SVT number
  int64_t bitrate = 0;                                // bit/s average
  int64_t max_bitrate = 0;                            // bit/s; leaky bucket rate
  int64_t buffer_bits = 0;                            // leaky bucket size
  bool limits_rate = true;                            // false: the bucket decides the level only, the caller limits
  std::optional<double> crf;                          // with it `bitrate` is only the label and max_bitrate the cap
  std::string level;                                  // "5.1"; empty: smallest that holds
  int gop_frames = 0;  // closed GOP, key frames only where send() asks or every gop_frames
};

/// Not thread-safe. Pictures in presentation order; samples come out in decoding order.
class VideoEncoder {
 public:
  static Result<VideoEncoder> open(const VideoEncoderConfig& config);
  ~VideoEncoder();
  VideoEncoder(VideoEncoder&&) noexcept;
  VideoEncoder& operator=(VideoEncoder&&) noexcept;

  /// `key`: an IDR (AV1: key frame with shown sequence header) starts here.
  Result<void> send(const Picture& picture, int64_t pts, bool key);
  Result<void> send_end();
  Result<std::optional<Sample>> receive();
  /// hvcC, avcC or av1C payload; complete after the first sample came out.
  Bytes configuration() const;

 private:
  struct Impl;
  explicit VideoEncoder(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> x_impl;
};

struct AudioEncoderConfig {
  Codec codec = Codec::kAac;  // kAac (AAC-LC), kEac3
  int sample_rate = 48000;
  uint64_t channel_mask = 3;  // WAVE/FFmpeg order: 3 stereo, 0x3f 5.1
  int64_t bitrate = 128000;
};

class AudioEncoder {
 public:
  static Result<AudioEncoder> open(const AudioEncoderConfig& config);
  ~AudioEncoder();
  AudioEncoder(AudioEncoder&&) noexcept;
  AudioEncoder& operator=(AudioEncoder&&) noexcept;

  int frame_samples() const;    // 1024 AAC, 1536 E-AC-3
  int priming_samples() const;  // samples at the front of the decoded track that are not programme
  /// Any number of samples; the encoder buffers whole frames.
  Result<void> send(const AudioBlock& block);
  Result<void> send_end();  // the last frame is padded; the true end is known by the count of samples sent
  Result<std::optional<Sample>> receive();  // pts starts at -priming_samples()
  Bytes configuration() const;              // AudioSpecificConfig, or dec3 payload

 private:
  struct Impl;
  explicit AudioEncoder(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> x_impl;
};

/// Names the builds of the encoder libraries this process has loaded (GNU build ids): two processes of equal name give
/// equal bytes. Chunks of one track come from one of them.
const std::string& encoder_build();

/// One baseline JPEG (4:2:0, full range, BT.601 as JFIF says) of an 8-bit picture.
Result<Bytes> encode_jpeg(const PictureView& picture, int quality);

}  // namespace pier::media
