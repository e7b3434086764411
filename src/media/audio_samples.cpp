#include "audio_samples.hpp"

#include <cstring>

extern "C" {
#include <libavutil/samplefmt.h>
}

namespace pier::media {
namespace {

float to_float(uint8_t value) {
  return static_cast<float>(value - 128) / 128.0F;
}
float to_float(int16_t value) {
  return static_cast<float>(value) / 32768.0F;
}
float to_float(int32_t value) {
  return static_cast<float>(static_cast<double>(value) / 2147483648.0);
}
float to_float(int64_t value) {
  return static_cast<float>(static_cast<double>(value) / 9223372036854775808.0);
}
float to_float(float value) {
  return value;
}
float to_float(double value) {
  return static_cast<float>(value);
}

template <typename Sample>
void convert(const uint8_t* in, int step, std::vector<float>& out) {
  for (float& sample : out) {
    Sample value;
    std::memcpy(&value, in, sizeof value);
    sample = to_float(value);
    in += static_cast<size_t>(step) * sizeof value;
  }
}

bool convert_channel(AVSampleFormat format, const uint8_t* in, int step, std::vector<float>& out) {
  switch (format) {
    case AV_SAMPLE_FMT_U8:
      convert<uint8_t>(in, step, out);
      return true;
    case AV_SAMPLE_FMT_S16:
      convert<int16_t>(in, step, out);
      return true;
    case AV_SAMPLE_FMT_S32:
      convert<int32_t>(in, step, out);
      return true;
    case AV_SAMPLE_FMT_S64:
      convert<int64_t>(in, step, out);
      return true;
    case AV_SAMPLE_FMT_FLT:
      convert<float>(in, step, out);
      return true;
    case AV_SAMPLE_FMT_DBL:
      convert<double>(in, step, out);
      return true;
    default:
      return false;
  }
}

}  // namespace

Result<std::vector<std::vector<float>>> samples_from_av(const AVFrame& frame) {
  const auto format = static_cast<AVSampleFormat>(frame.format);
  const AVSampleFormat packed = av_get_packed_sample_fmt(format);
  const int bytes = av_get_bytes_per_sample(packed);
  const bool planar = av_sample_fmt_is_planar(format) != 0;
  const int count = frame.ch_layout.nb_channels;
  if (bytes <= 0 || count <= 0 || frame.nb_samples < 0) {
    return fail(ErrorCode::kInputDamaged, "the decoder gave sound without a format");
  }
  std::vector<std::vector<float>> channels(static_cast<size_t>(count));
  for (int c = 0; c < count; ++c) {
    auto& channel = channels[static_cast<size_t>(c)];
    channel.resize(static_cast<size_t>(frame.nb_samples));
    const uint8_t* in = planar ? frame.extended_data[c] : frame.extended_data[0] + static_cast<ptrdiff_t>(c) * bytes;
    if (!convert_channel(packed, in, planar ? 1 : count, channel)) {
      return fail(ErrorCode::kInputUnsupported, "sound samples of this kind are not supported");
    }
  }
  return channels;
}

}  // namespace pier::media
