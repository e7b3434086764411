#include "sound_coder.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace pier::media {
namespace impl {
namespace {

constexpr size_t kPcmBlock = 1024;
constexpr uint64_t kBack51 = 0x3f, kSide51 = 0x60f;

const char* encoder_of(const WrittenSound& sound) {
  switch (sound.codec) {
    case Codec::kPcm:
      return sound.bit_depth == 16 ? "pcm_s16le" : "pcm_s24le";
    case Codec::kAac:
      return "aac";
    case Codec::kEac3:
      return "eac3";
    case Codec::kAc3:
      return "ac3";
    case Codec::kOpus:
      return "libopus";
    case Codec::kFlac:
      return "flac";
    default:
      return nullptr;
  }
}

AVSampleFormat samples_of(const WrittenSound& sound) {
  switch (sound.codec) {
    case Codec::kPcm:
    case Codec::kFlac:
      return sound.bit_depth == 16 ? AV_SAMPLE_FMT_S16 : AV_SAMPLE_FMT_S32;
    case Codec::kOpus:
      return AV_SAMPLE_FMT_FLT;
    default:
      return AV_SAMPLE_FMT_FLTP;
  }
}

/// To the nearest of 2^bits values, those at the top of the sample.
template <typename Sample>
Sample quantised(float value, int bits) {
  const double scale = std::ldexp(1.0, bits - 1);
  const double rounded = std::nearbyint(static_cast<double>(value) * scale);
  const auto whole = static_cast<int64_t>(std::clamp(rounded, -scale, scale - 1));
  return static_cast<Sample>(whole * (int64_t{1} << (8 * sizeof(Sample) - static_cast<size_t>(bits))));
}

void put(AVFrame& frame, size_t channel, size_t channels, size_t at, float value, int bits) {
  const size_t packed = at * channels + channel;
  switch (frame.format) {
    case AV_SAMPLE_FMT_S16:
      reinterpret_cast<int16_t*>(frame.data[0])[packed] = quantised<int16_t>(value, 16);
      break;
    case AV_SAMPLE_FMT_S32:
      reinterpret_cast<int32_t*>(frame.data[0])[packed] = quantised<int32_t>(value, bits);
      break;
    case AV_SAMPLE_FMT_FLT:
      reinterpret_cast<float*>(frame.data[0])[packed] = value;
      break;
    default:
      reinterpret_cast<float*>(frame.extended_data[channel])[at] = value;
      break;
  }
}

}  // namespace

Result<SoundCoder> SoundCoder::open(const WrittenSound& sound, Container container) {
  PIER_CHECK(check_sound(container, sound));
  prepare_av_library();
  SoundCoder coder;
  coder.x_sound = sound;
  const AVCodec* codec = avcodec_find_encoder_by_name(encoder_of(sound));
  if (codec == nullptr)
    return fail(ErrorCode::kInputUnsupported, std::string("this FFmpeg has no encoder ") + encoder_of(sound));
  coder.x_context.reset(avcodec_alloc_context3(codec));
  if (!coder.x_context) return fail(ErrorCode::kTooLarge, "no memory for an encoder");
  AVCodecContext& context = *coder.x_context;
  // FFmpeg's AAC describes side channels by a programme config element, which few players read.
  const bool as_back = sound.codec == Codec::kAac && sound.channel_mask == kSide51;
  av_channel_layout_from_mask(&context.ch_layout, as_back ? kBack51 : sound.channel_mask);
  context.sample_rate = sound.sample_rate;
  context.sample_fmt = samples_of(sound);
  context.time_base = {1, sound.sample_rate};
  context.bit_rate = sound.bitrate;
  context.thread_count = 1;
  context.strict_std_compliance = FF_COMPLIANCE_NORMAL;
  context.flags |= AV_CODEC_FLAG_BITEXACT;
  if (sound.codec == Codec::kFlac) context.bits_per_raw_sample = sound.bit_depth;
  if (container != Container::kTs) context.flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
  if (const int status = avcodec_open2(&context, codec, nullptr); status < 0) {
    Error error = av_error(status, std::string("the encoder ") + codec->name + " does not take " +
                                       std::to_string(std::popcount(sound.channel_mask)) + " channels at " +
                                       std::to_string(sound.sample_rate) + " Hz and this bit rate");
    error.code = ErrorCode::kInvalidArgument;
    return Failure(std::move(error));
  }
  coder.x_waiting.resize(static_cast<size_t>(context.ch_layout.nb_channels));
  return coder;
}

size_t SoundCoder::frame_samples() const {
  return x_context->frame_size > 0 ? static_cast<size_t>(x_context->frame_size) : kPcmBlock;
}

Result<void> SoundCoder::describe(AVStream& stream) const {
  if (avcodec_parameters_from_context(stream.codecpar, x_context.get()) < 0)
    return fail(ErrorCode::kTooLarge, "no memory to write a file");
  stream.time_base = x_context->time_base;
  if (!x_sound.language.empty()) av_dict_set(&stream.metadata, "language", x_sound.language.c_str(), 0);
  return {};
}

Result<void> SoundCoder::send(const AudioBlock& block) {
  if (block.channels.size() != x_waiting.size() || block.sample_rate != x_sound.sample_rate)
    return fail(ErrorCode::kInvalidArgument, "the sound has other channels or another sample rate than the file");
  for (size_t c = 0; c < x_waiting.size(); ++c) {
    if (block.channels[c].size() != block.samples())
      return fail(ErrorCode::kInvalidArgument, "channels of unequal length");
    x_waiting[c].insert(x_waiting[c].end(), block.channels[c].begin(), block.channels[c].end());
  }
  while (x_waiting.front().size() >= frame_samples()) PIER_CHECK(encode(frame_samples()));
  return {};
}

Result<void> SoundCoder::send_end() {
  if (const size_t rest = x_waiting.front().size(); rest > 0) PIER_CHECK(encode(rest));
  if (const int status = avcodec_send_frame(x_context.get(), nullptr); status < 0 && status != AVERROR_EOF)
    return Failure(av_error(status, "finish the sound"));
  return {};
}

Result<void> SoundCoder::encode(size_t count) {
  const AvFrame frame(av_frame_alloc());
  if (!frame) return fail(ErrorCode::kTooLarge, "no memory for sound");
  frame->nb_samples = static_cast<int>(count);
  frame->format = x_context->sample_fmt;
  frame->sample_rate = x_sound.sample_rate;
  frame->pts = x_sent;
  if (av_channel_layout_copy(&frame->ch_layout, &x_context->ch_layout) < 0 || av_frame_get_buffer(frame.get(), 0) < 0)
    return fail(ErrorCode::kTooLarge, "no memory for sound");
  for (size_t c = 0; c < x_waiting.size(); ++c) {
    auto& in = x_waiting[c];
    for (size_t i = 0; i < count; ++i) put(*frame, c, x_waiting.size(), i, in[i], x_sound.bit_depth);
    in.erase(in.begin(), in.begin() + static_cast<ptrdiff_t>(count));
  }
  x_sent += static_cast<int64_t>(count);
  if (const int status = avcodec_send_frame(x_context.get(), frame.get()); status < 0)
    return Failure(av_error(status, "encode sound"));
  return fetch();
}

Result<void> SoundCoder::fetch() {
  for (;;) {
    AvPacket packet(av_packet_alloc());
    if (!packet) return fail(ErrorCode::kTooLarge, "no memory for coded sound");
    const int status = avcodec_receive_packet(x_context.get(), packet.get());
    if (status == AVERROR(EAGAIN) || status == AVERROR_EOF) return {};
    if (status < 0) return Failure(av_error(status, "encode sound"));
    x_coded.push_back(std::move(packet));
  }
}

Result<bool> SoundCoder::receive(AVPacket& packet) {
  PIER_CHECK(fetch());
  if (x_coded.empty()) return false;
  av_packet_move_ref(&packet, x_coded.front().get());
  x_coded.pop_front();
  return true;
}

}  // namespace impl

Result<void> check_sound(Container container, const WrittenSound& sound) {
  const auto wrong = [&](const std::string& message) { return fail(ErrorCode::kInvalidArgument, message); };
  const int channels = std::popcount(sound.channel_mask);
  const std::string codec(to_string(sound.codec)), file(to_string(container));
  if (impl::encoder_of(sound) == nullptr)
    return wrong("sound is not written as " + codec + "; there are pcm, aac, eac3, ac3, opus and flac");
  if (channels < 1 || channels > 16) return wrong("a sound track has 1 to 16 channels");
  const bool lossless = sound.codec == Codec::kPcm || sound.codec == Codec::kFlac;
  if (lossless && sound.bit_depth != 16 && sound.bit_depth != 24)
    return wrong("sound is written with 16 or 24 bits, not " + std::to_string(sound.bit_depth));
  if (!lossless && sound.bitrate < 1000) return wrong(codec + " needs a bit rate");
  if ((sound.codec == Codec::kEac3 || sound.codec == Codec::kAc3) && channels > 6)
    return wrong(codec + " is written with 5.1 channels at most; 7.1 goes into pcm, flac, aac or opus");
  if (sound.codec != Codec::kPcm && channels > 8) return wrong(codec + " is written with 7.1 channels at most");
  if (sound.codec == Codec::kOpus && sound.sample_rate != 48000) return wrong("opus is written at 48 kHz");
  bool fits = true;
  switch (container) {
    case Container::kMxf:
      fits = sound.codec == Codec::kPcm && sound.sample_rate == 48000;
      break;
    case Container::kMov:
      fits = sound.codec != Codec::kOpus && sound.codec != Codec::kFlac;
      break;
    case Container::kMp4:
      fits = sound.codec != Codec::kPcm;
      break;
    case Container::kTs:
      fits = sound.codec != Codec::kPcm && sound.codec != Codec::kFlac;
      break;
  }
  if (fits) return {};
  if (container == Container::kMxf) return wrong("sound in mxf is pcm at 48 kHz, not " + codec);
  return wrong("a ." + file + " file does not take " + codec + " here");
}

}  // namespace pier::media
