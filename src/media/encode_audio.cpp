#include <algorithm>
#include <bit>
#include <deque>
#include <utility>

#include <pier/media/encode.hpp>

#include "av_handles.hpp"
#include "codec_configuration.hpp"

namespace pier::media {
namespace {

constexpr uint64_t kBack51 = 0x3f;
constexpr uint64_t kSide51 = 0x60f;

const char* encoder_name(Codec codec) {
  switch (codec) {
    case Codec::kAac:
      return "aac";
    case Codec::kEac3:
      return "eac3";
    default:
      return nullptr;
  }
}

}  // namespace

struct AudioEncoder::Impl {
  AudioEncoderConfig config;
  AvCodecContext context;
  std::vector<std::vector<float>> buffered;  // not a whole frame yet
  size_t channels = 0;
  int64_t sent = 0;  // samples given to the library
  std::deque<Sample> coded;
  Bytes record;

  Result<void> open();
  Result<void> encode_buffered(size_t count);
  Result<void> send(const AVFrame* frame);
  Result<bool> fetch();
  size_t frame_samples() const { return static_cast<size_t>(context->frame_size); }
  size_t waiting() const { return buffered.front().size(); }
};

Result<void> AudioEncoder::Impl::open() {
  prepare_av_library();
  const char* name = encoder_name(config.codec);
  if (name == nullptr) {
    return fail(ErrorCode::kInvalidArgument,
                "no encoder for " + std::string(to_string(config.codec)) + "; there are aac and eac3");
  }
  const AVCodec* codec = avcodec_find_encoder_by_name(name);
  if (codec == nullptr) return fail(ErrorCode::kInputUnsupported, std::string("this FFmpeg has no encoder ") + name);
  context.reset(avcodec_alloc_context3(codec));
  if (!context) return fail(ErrorCode::kTooLarge, "no memory for an encoder");
  // FFmpeg's AAC describes side channels by a programme config element, which few players read.
  const bool side_as_back = config.codec == Codec::kAac && config.channel_mask == kSide51;
  if (av_channel_layout_from_mask(&context->ch_layout, side_as_back ? kBack51 : config.channel_mask) < 0) {
    return fail(ErrorCode::kInvalidArgument, "an encoder needs a channel layout");
  }
  context->sample_rate = config.sample_rate;
  context->sample_fmt = AV_SAMPLE_FMT_FLTP;
  context->time_base = {1, config.sample_rate};
  context->bit_rate = config.bitrate;
  context->thread_count = 1;
  context->flags |= AV_CODEC_FLAG_GLOBAL_HEADER | AV_CODEC_FLAG_BITEXACT;
  const int status = avcodec_open2(context.get(), codec, nullptr);
  if (status < 0) {
    Error error =
        av_error(status, std::string("cannot open the encoder ") + name + " with this rate, layout or bit rate");
    error.code = ErrorCode::kInvalidArgument;
    return Failure(std::move(error));
  }
  channels = static_cast<size_t>(context->ch_layout.nb_channels);
  buffered.resize(channels);
  if (config.codec == Codec::kAac) {
    const auto header = std::as_bytes(std::span(context->extradata, static_cast<size_t>(context->extradata_size)));
    record.assign(header.begin(), header.end());
  }
  return {};
}

Result<void> AudioEncoder::Impl::send(const AVFrame* frame) {
  for (;;) {
    const int status = avcodec_send_frame(context.get(), frame);
    if (status == 0 || status == AVERROR_EOF) return {};
    if (status != AVERROR(EAGAIN)) return Failure(av_error(status, "cannot encode sound"));
    PIER_TRY(const bool fetched, fetch());
    if (!fetched) return fail(ErrorCode::kInternal, "the sound encoder takes no frame and gives none");
  }
}

/// One frame of the first `count` buffered samples, filled up with silence.
Result<void> AudioEncoder::Impl::encode_buffered(size_t count) {
  AvFrame frame(av_frame_alloc());
  if (!frame) return fail(ErrorCode::kTooLarge, "no memory for sound");
  frame->nb_samples = context->frame_size;
  frame->format = AV_SAMPLE_FMT_FLTP;
  frame->sample_rate = config.sample_rate;
  frame->pts = sent;
  if (av_channel_layout_copy(&frame->ch_layout, &context->ch_layout) < 0 || av_frame_get_buffer(frame.get(), 0) < 0) {
    return fail(ErrorCode::kTooLarge, "no memory for sound");
  }
  for (size_t c = 0; c < channels; ++c) {
    auto* out = reinterpret_cast<float*>(frame->extended_data[c]);
    auto& in = buffered[c];
    const auto middle = std::copy_n(in.begin(), count, out);
    std::fill(middle, out + frame_samples(), 0.0F);
    in.erase(in.begin(), in.begin() + static_cast<ptrdiff_t>(count));
  }
  sent += context->frame_size;
  return send(frame.get());
}

Result<bool> AudioEncoder::Impl::fetch() {
  AvPacket packet(av_packet_alloc());
  if (!packet) return fail(ErrorCode::kTooLarge, "no memory for coded sound");
  const int status = avcodec_receive_packet(context.get(), packet.get());
  if (status == AVERROR(EAGAIN) || status == AVERROR_EOF) return false;
  if (status < 0) return Failure(av_error(status, "cannot encode sound"));
  const auto bytes = std::as_bytes(std::span(packet->data, static_cast<size_t>(packet->size)));
  if (record.empty()) {
    const std::optional<impl::DolbyFrame> first = impl::parse_dolby_frame(bytes);
    if (!first) return fail(ErrorCode::kInternal, "the E-AC-3 encoder gave another format");
    record = impl::make_dec3(*first, context->bit_rate);
  }
  Sample sample;
  sample.data.assign(bytes.begin(), bytes.end());
  sample.pts = packet->pts;
  sample.dts = packet->pts;
  sample.duration = context->frame_size;
  sample.key = true;
  coded.push_back(std::move(sample));
  return true;
}

AudioEncoder::AudioEncoder(std::unique_ptr<Impl> impl) : x_impl(std::move(impl)) {}
AudioEncoder::~AudioEncoder() = default;
AudioEncoder::AudioEncoder(AudioEncoder&&) noexcept = default;
AudioEncoder& AudioEncoder::operator=(AudioEncoder&&) noexcept = default;

Result<AudioEncoder> AudioEncoder::open(const AudioEncoderConfig& config) {
  auto impl = std::make_unique<Impl>();
  impl->config = config;
  PIER_CHECK(impl->open());
  return AudioEncoder(std::move(impl));
}

int AudioEncoder::frame_samples() const {
  return x_impl->context->frame_size;
}
int AudioEncoder::priming_samples() const {
  return x_impl->context->initial_padding;
}

Result<void> AudioEncoder::send(const AudioBlock& block) {
  Impl& self = *x_impl;
  if (block.channels.size() != self.channels || block.sample_rate != self.config.sample_rate) {
    return fail(ErrorCode::kInvalidArgument, "the sound does not fit the encoder's channels or sample rate");
  }
  for (size_t c = 0; c < self.channels; ++c) {
    if (block.channels[c].size() != block.samples())
      return fail(ErrorCode::kInvalidArgument, "channels of unequal length");
    self.buffered[c].insert(self.buffered[c].end(), block.channels[c].begin(), block.channels[c].end());
  }
  while (self.waiting() >= self.frame_samples()) PIER_CHECK(self.encode_buffered(self.frame_samples()));
  return {};
}

Result<void> AudioEncoder::send_end() {
  Impl& self = *x_impl;
  const int64_t end = self.sent + static_cast<int64_t>(self.waiting()) + self.context->initial_padding;
  if (self.waiting() > 0) PIER_CHECK(self.encode_buffered(self.waiting()));
  // FFmpeg's E-AC-3 keeps nothing to give at the end: what priming pushed out of the last frame needs one of silence.
  const bool gives_rest = (self.context->codec->capabilities & AV_CODEC_CAP_DELAY) != 0;
  while (!gives_rest && self.sent > 0 && self.sent < end) PIER_CHECK(self.encode_buffered(0));
  return self.send(nullptr);
}

Result<std::optional<Sample>> AudioEncoder::receive() {
  if (x_impl->coded.empty()) PIER_CHECK(x_impl->fetch());
  if (x_impl->coded.empty()) return std::nullopt;
  std::optional<Sample> sample(std::move(x_impl->coded.front()));
  x_impl->coded.pop_front();
  return sample;
}

Bytes AudioEncoder::configuration() const {
  return x_impl->record;
}

}  // namespace pier::media
