// x264, on one thread: with VBV several threads give other bytes in each run.

#include <cmath>

#include "codec_configuration.hpp"
#include "encode_video_library.hpp"

namespace pier::media::impl {
namespace {

void configure(const VideoEncoderConfig& config, AVCodecContext& context, EncoderOptions& options) {
  options.set("preset", config.preset);
  options.set("profile", config.format.bit_depth > 8 ? "high10" : "high");
  options.set("forced-idr", "1");
  options.set("nal-hrd", "none");
  for (const char* off : {"scenecut", "open-gop", "sliced-threads", "aud"}) options.parameter(off, 0);
  options.parameter("threads", 1);
  // Floating-point kernels of some processors round otherwise, those for AVX-512 from run to run: the same chunk would
  // be other bytes on another worker.
  options.parameter("cpu-independent", 1);
  options.parameter("stitchable", 1);  // parameter sets depend on the configuration only
  options.parameter("force-cfr", 1);
  options.parameter("keyint", config.gop_frames);
  options.parameter("min-keyint", config.gop_frames);
  if (!config.level.empty()) options.parameter("level", config.level);
  if (config.crf) {
    options.set("crf", std::to_string(*config.crf));
  } else {
    context.bit_rate = config.bitrate;
  }
  if (config.limits_rate) {
    context.rc_max_rate = config.max_bitrate;
    context.rc_buffer_size = static_cast<int>(std::min<int64_t>(config.buffer_bits, INT32_MAX));
  }
  colour_to_av(config.colour, context);
  options.set_parameters("x264-params");
}

Bytes sample(ByteView packet, ByteView, bool) {
  return avc_sample(packet);
}

std::string avc_level(ByteView avcc) {
  constexpr size_t kLevel = 3;  // AVCLevelIndication, ten times the number
  if (avcc.size() <= kLevel) return {};
  const int level = static_cast<int>(avcc[kLevel]);
  return level == 9 ? "1b" : std::to_string(level / 10) + "." + std::to_string(level % 10);
}

}  // namespace

// Key pictures get the mean quantiser of the pictures before them, divided by 1.4; the first one has none before it and
// gets the plain one. Without this every chunk would begin worse than it goes on.
const double kLikeAllKeys = -6 * std::log2(1.4);

const EncoderLibrary kX264 = {"libx264", configure, make_avcc, sample, true, avc_level, kLikeAllKeys, 1};

}  // namespace pier::media::impl
