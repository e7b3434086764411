#include <array>
#include <utility>

#include <pier/media/frame.hpp>

#include "av_handles.hpp"

namespace pier::media {
namespace {

struct CodecName {
  Codec codec;
  std::string_view name;
  AVCodecID id;
};

constexpr std::array kCodecs = {
    CodecName{Codec::kHevc, "hevc", AV_CODEC_ID_HEVC},
    CodecName{Codec::kAvc, "avc", AV_CODEC_ID_H264},
    CodecName{Codec::kAv1, "av1", AV_CODEC_ID_AV1},
    CodecName{Codec::kVvc, "vvc", AV_CODEC_ID_VVC},
    CodecName{Codec::kAvs2, "avs2", AV_CODEC_ID_AVS2},
    CodecName{Codec::kAvs3, "avs3", AV_CODEC_ID_AVS3},
    CodecName{Codec::kVp9, "vp9", AV_CODEC_ID_VP9},
    CodecName{Codec::kMpeg2, "mpeg2", AV_CODEC_ID_MPEG2VIDEO},
    CodecName{Codec::kJpeg2000, "jpeg2000", AV_CODEC_ID_JPEG2000},
    CodecName{Codec::kProres, "prores", AV_CODEC_ID_PRORES},
    CodecName{Codec::kDnxhd, "dnxhd", AV_CODEC_ID_DNXHD},
    CodecName{Codec::kFfv1, "ffv1", AV_CODEC_ID_FFV1},
    CodecName{Codec::kRawVideo, "rawvideo", AV_CODEC_ID_RAWVIDEO},
    CodecName{Codec::kMjpeg, "mjpeg", AV_CODEC_ID_MJPEG},
    CodecName{Codec::kAac, "aac", AV_CODEC_ID_AAC},
    CodecName{Codec::kEac3, "eac3", AV_CODEC_ID_EAC3},
    CodecName{Codec::kAc3, "ac3", AV_CODEC_ID_AC3},
    CodecName{Codec::kPcm, "pcm", AV_CODEC_ID_PCM_S16LE},
    CodecName{Codec::kOpus, "opus", AV_CODEC_ID_OPUS},
    CodecName{Codec::kFlac, "flac", AV_CODEC_ID_FLAC},
    CodecName{Codec::kMp2, "mp2", AV_CODEC_ID_MP2},
    CodecName{Codec::kMp3, "mp3", AV_CODEC_ID_MP3},
    CodecName{Codec::kWebVtt, "webvtt", AV_CODEC_ID_WEBVTT},
    CodecName{Codec::kTtml, "ttml", AV_CODEC_ID_TTML},
    CodecName{Codec::kTeletext, "teletext", AV_CODEC_ID_DVB_TELETEXT},
    CodecName{Codec::kUnknown, "unknown", AV_CODEC_ID_NONE},
};

}  // namespace

std::string_view to_string(Codec codec) {
  for (const auto& entry : kCodecs) {
    if (entry.codec == codec) return entry.name;
  }
  return "other";
}

Codec codec_from(std::string_view name) {
  for (const auto& entry : kCodecs) {
    if (entry.name == name) return entry.codec;
  }
  return name == "other" ? Codec::kOther : Codec::kUnknown;
}

Codec codec_from_av(AVCodecID id) {
  for (const auto& entry : kCodecs) {
    if (entry.id == id) return entry.codec;
  }
  if (id >= AV_CODEC_ID_FIRST_AUDIO && id < AV_CODEC_ID_ADPCM_IMA_QT) return Codec::kPcm;
  switch (id) {
    case AV_CODEC_ID_V210:
    case AV_CODEC_ID_V210X:
    case AV_CODEC_ID_V308:
    case AV_CODEC_ID_V408:
    case AV_CODEC_ID_V410:
    case AV_CODEC_ID_R210:
    case AV_CODEC_ID_R10K:
      return Codec::kRawVideo;
    default:
      return Codec::kOther;
  }
}

AVCodecID codec_to_av(Codec codec) {
  for (const auto& entry : kCodecs) {
    if (entry.codec == codec) return entry.id;
  }
  return AV_CODEC_ID_NONE;
}

ByteView Packet::data() const {
  const auto* packet = static_cast<const AVPacket*>(handle.get());
  if (packet == nullptr || packet->size <= 0) return {};
  return std::as_bytes(std::span(packet->data, static_cast<size_t>(packet->size)));
}

}  // namespace pier::media
