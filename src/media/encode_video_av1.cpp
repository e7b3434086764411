// SVT-AV1 with one logical processor. It forces key pictures in one rate control mode only, so a key picture off the
// regular grid starts a new encoder (see encode_video.cpp).

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "codec_configuration.hpp"
#include "encode_video_library.hpp"

namespace pier::media::impl {
namespace {

std::string decimals(double value) {
  char text[48];
  std::snprintf(text, sizeof text, "%.6f", value);
  return text;
}

std::string display_text(const MasteringDisplay& display) {
  const auto point = [](const char* name, MasteringDisplay::Xy xy) {
    return name + ("(" + decimals(xy.x / 50000.0)) + "," + decimals(xy.y / 50000.0) + ")";
  };
  return point("G", display.green) + point("B", display.blue) + point("R", display.red) + point("WP", display.white) +
         "L(" + decimals(display.max_luminance / 10000.0) + "," + decimals(display.min_luminance / 10000.0) + ")";
}

void set_colour(const VideoEncoderConfig& config, AVCodecContext& context, EncoderOptions& options) {
  const ColourInfo& colour = config.colour;
  colour_to_av(colour, context);
  options.parameter("color-primaries", static_cast<int64_t>(colour.primaries));
  options.parameter("transfer-characteristics", static_cast<int64_t>(colour.transfer));
  options.parameter("matrix-coefficients", static_cast<int64_t>(colour.matrix));
  options.parameter("color-range", colour.range == Range::kFull ? 1 : 0);
  if (colour.chroma_site == ChromaSite::kLeft) options.parameter("chroma-sample-position", "vertical");
  if (colour.chroma_site == ChromaSite::kTopLeft) options.parameter("chroma-sample-position", "colocated");
  if (config.mastering_display) options.parameter("mastering-display", display_text(*config.mastering_display));
  if (config.content_light) {
    options.parameter("content-light", std::to_string(config.content_light->max_cll) + "," +
                                           std::to_string(config.content_light->max_fall));
  }
}

void configure(const VideoEncoderConfig& config, AVCodecContext& context, EncoderOptions& options) {
  options.set("preset", config.preset);
  if (config.crf) {
    options.set("crf", std::to_string(std::clamp(static_cast<int>(std::lround(*config.crf)), 1, 63)));
    if (config.limits_rate) {  // the library takes a cap in this mode only
      context.rc_max_rate = config.max_bitrate;
      context.rc_buffer_size = static_cast<int>(std::min<int64_t>(config.buffer_bits, INT32_MAX));
    }
  } else {
    context.bit_rate = config.bitrate;
  }
  options.parameter("lp", 1);
  options.parameter("irefresh-type", 2);  // closed GOP: key frames, no forward key frames
  options.parameter("scd", 0);
  if (!config.level.empty()) options.parameter("level", std::lround(std::stod(config.level) * 10));
  set_colour(config, context, options);
  options.set_parameters("svtav1-params");
}

Bytes sample(ByteView packet, ByteView, bool) {
  return av1_sample(packet);
}

}  // namespace

const EncoderLibrary kSvtAv1 = {"libsvtav1", configure, make_av1c, sample, false, nullptr, 0, 8};

}  // namespace pier::media::impl
