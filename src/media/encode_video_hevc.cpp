// x265. One thread and no wavefronts: with VBV every other form gives other bytes in each run.

#include "codec_configuration.hpp"
#include "encode_video_library.hpp"

namespace pier::media::impl {
namespace {

void set_colour(const VideoEncoderConfig& config, EncoderOptions& options) {
  const ColourInfo& colour = config.colour;
  options.parameter("colorprim", static_cast<int64_t>(colour.primaries));
  options.parameter("transfer", static_cast<int64_t>(colour.transfer));
  options.parameter("colormatrix", static_cast<int64_t>(colour.matrix));
  if (colour.range != Range::kUnspecified) {
    options.parameter("range", colour.range == Range::kFull ? "full" : "limited");
  }
  if (colour.chroma_site != ChromaSite::kUnspecified) {
    options.parameter("chromaloc", static_cast<int64_t>(colour.chroma_site));
  }
  if (config.mastering_display) options.parameter("master-display", display_parameter(*config.mastering_display));
  if (config.content_light) {
    options.parameter("max-cll", std::to_string(config.content_light->max_cll) + "," +
                                     std::to_string(config.content_light->max_fall));
  }
}

std::string profile_of(const VideoEncoderConfig& config) {
  if (config.format.chroma == Chroma::k422) return config.gop_frames == 1 ? "main422-10-intra" : "main422-10";
  return config.format.bit_depth > 8 ? "main10" : "main";
}

void configure(const VideoEncoderConfig& config, AVCodecContext&, EncoderOptions& options) {
  options.set("preset", config.preset);
  options.set("profile", profile_of(config));
  options.set("forced-idr", "1");
  for (const char* off : {"wpp", "repeat-headers", "info", "open-gop", "scenecut", "hrd", "aud", "high-tier"}) {
    options.parameter(off, 0);
  }
  options.parameter("pools", "none");
  options.parameter("frame-threads", 1);
  options.parameter("log-level", "none");
  options.parameter("keyint", config.gop_frames);
  options.parameter("min-keyint", config.gop_frames);
  options.parameter("fps", std::to_string(config.frame_rate.num) + "/" + std::to_string(config.frame_rate.den));
  if (!config.level.empty()) options.parameter("level-idc", config.level);
  if (config.crf) {
    options.parameter("crf", std::to_string(*config.crf));
  } else {
    options.parameter("bitrate", config.bitrate / 1000);
  }
  if (config.max_bitrate > 0 && config.limits_rate) {
    options.parameter("vbv-maxrate", config.max_bitrate / 1000);
    options.parameter("vbv-bufsize", config.buffer_bits / 1000);
  }
  set_colour(config, options);
  options.set_parameters("x265-params");
}

// Mastering display and content light stand in the header only; each key picture has to carry them.
Bytes sample(ByteView packet, ByteView header, bool key) {
  Bytes units = key ? hevc_sei_of(header) : Bytes{};
  const Bytes rest = hevc_sample(packet);
  units.insert(units.end(), rest.begin(), rest.end());
  return units;
}

std::string hevc_level(ByteView hvcc) {
  constexpr size_t kLevel = 12;  // general_level_idc, thirty times the number
  if (hvcc.size() <= kLevel) return {};
  const int level = static_cast<int>(hvcc[kLevel]);
  return std::to_string(level / 30) + (level % 30 == 0 ? "" : "." + std::to_string(level % 30 / 3));
}

}  // namespace

std::string display_parameter(const MasteringDisplay& display) {
  const auto point = [](const char* name, MasteringDisplay::Xy xy) {
    return name + ("(" + std::to_string(xy.x)) + "," + std::to_string(xy.y) + ")";
  };
  return point("G", display.green) + point("B", display.blue) + point("R", display.red) + point("WP", display.white) +
         "L(" + std::to_string(display.max_luminance) + "," + std::to_string(display.min_luminance) + ")";
}

const EncoderLibrary kX265 = {"libx265", configure, make_hvcc, sample, true, hevc_level};

}  // namespace pier::media::impl
