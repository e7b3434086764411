#include <cstdlib>
#include <deque>
#include <utility>

#include <pier/media/decode.hpp>

#include "audio_samples.hpp"
#include "demux_impl.hpp"

namespace pier::media {
namespace {

constexpr int kMaxErrorsInARow = 4096;

}  // namespace

struct AudioDecoder::Impl {
  AvCodecContext context;
  Rational time_base;
  std::deque<AudioBlock> ready;
  std::optional<int64_t> next_pts;  // where the block after the last one starts
  int64_t end_pts = INT64_MAX;      // in samples: the programme ends here, what follows is the encoder's padding

  Result<void> open(const Demuxer::Impl& demuxer, const AVStream& stream);
  Result<void> send(const AVPacket* packet);
  Result<std::optional<AudioBlock>> receive();
  Result<AudioBlock> convert(const AVFrame& frame);
  int64_t place(const AVFrame& frame) const;
};

Result<void> AudioDecoder::Impl::open(const Demuxer::Impl& demuxer, const AVStream& stream) {
  const AVCodec* codec = avcodec_find_decoder(stream.codecpar->codec_id);
  if (codec == nullptr) {
    return fail(ErrorCode::kInputUnsupported,
                std::string("no decoder here for ") + avcodec_get_name(stream.codecpar->codec_id) + " sound");
  }
  context.reset(avcodec_alloc_context3(codec));
  if (!context || avcodec_parameters_to_context(context.get(), stream.codecpar) < 0) {
    return fail(ErrorCode::kTooLarge, "no memory for a decoder");
  }
  context->pkt_timebase = stream.time_base;
  context->thread_count = 1;
  const int status = avcodec_open2(context.get(), codec, nullptr);
  if (status < 0) return Failure(av_error(status, std::string("cannot open the decoder ") + codec->name));
  time_base = rational_from_av(stream.time_base);
  // MP4 states the true length (edit list); its last access unit is longer.
  const bool states_length = demuxer.container.starts_with("mov");
  if (states_length && stream.duration > 0 && stream.start_time != AV_NOPTS_VALUE && stream.codecpar->sample_rate > 0) {
    end_pts = rescale(stream.start_time + stream.duration, time_base, Rational(1, stream.codecpar->sample_rate));
  }
  return {};
}

Result<void> AudioDecoder::Impl::send(const AVPacket* packet) {
  for (;;) {
    const int status = avcodec_send_packet(context.get(), packet);
    if (status == AVERROR(ENOMEM)) return Failure(av_error(status, "cannot decode sound"));
    if (status != AVERROR(EAGAIN)) return {};  // a damaged packet leaves a gap in the block times
    PIER_TRY(auto block, receive());
    if (!block) return {};
    ready.push_back(std::move(*block));
  }
}

Result<std::optional<AudioBlock>> AudioDecoder::Impl::receive() {
  AvFrame frame(av_frame_alloc());
  if (!frame) return fail(ErrorCode::kTooLarge, "no memory for sound");
  for (int errors = 0; errors < kMaxErrorsInARow; ++errors) {
    const int status = avcodec_receive_frame(context.get(), frame.get());
    if (status == AVERROR(EAGAIN) || status == AVERROR_EOF) return std::nullopt;
    if (status == AVERROR(ENOMEM)) return Failure(av_error(status, "cannot decode sound"));
    if (status < 0 || frame->nb_samples == 0) continue;
    PIER_TRY(auto block, convert(*frame));
    if (block.samples() > 0) return block;
  }
  return fail(ErrorCode::kInputDamaged, "the decoder finds errors without end");
}

// Time stamps coarser than a sample jitter around the true place: within their rounding, blocks follow each other.
int64_t AudioDecoder::Impl::place(const AVFrame& frame) const {
  const Rational sample(1, frame.sample_rate);
  const int64_t said = frame.pts != AV_NOPTS_VALUE ? frame.pts : frame.best_effort_timestamp;
  if (said == AV_NOPTS_VALUE) return next_pts.value_or(0);
  const int64_t pts = rescale(said, time_base, sample);
  const int64_t rounding = rescale(1, time_base, sample, Rounding::kUp) + 1;
  return next_pts && std::llabs(pts - *next_pts) <= rounding ? *next_pts : pts;
}

Result<AudioBlock> AudioDecoder::Impl::convert(const AVFrame& frame) {
  if (frame.sample_rate <= 0) return fail(ErrorCode::kInputDamaged, "the decoder gave sound without a sample rate");
  AudioBlock block;
  PIER_TRY(block.channels, samples_from_av(frame));
  block.sample_rate = frame.sample_rate;
  if (frame.ch_layout.order == AV_CHANNEL_ORDER_NATIVE) block.channel_mask = frame.ch_layout.u.mask;
  block.pts = place(frame);
  const auto length = static_cast<int64_t>(block.samples());
  next_pts = block.pts + length;
  if (block.pts + length > end_pts) {
    const auto kept = static_cast<size_t>(std::max<int64_t>(0, end_pts - block.pts));
    for (auto& channel : block.channels) channel.resize(kept);
  }
  return block;
}

AudioDecoder::AudioDecoder(std::unique_ptr<Impl> impl) : x_impl(std::move(impl)) {}
AudioDecoder::~AudioDecoder() = default;
AudioDecoder::AudioDecoder(AudioDecoder&&) noexcept = default;
AudioDecoder& AudioDecoder::operator=(AudioDecoder&&) noexcept = default;

Result<AudioDecoder> AudioDecoder::open(Demuxer& demuxer, int stream_index) {
  const AVStream* stream = demuxer.impl().stream(stream_index);
  if (stream == nullptr || stream->codecpar->codec_type != AVMEDIA_TYPE_AUDIO) {
    return fail(ErrorCode::kInvalidArgument, "stream " + std::to_string(stream_index) + " holds no sound");
  }
  auto impl = std::make_unique<Impl>();
  PIER_CHECK(impl->open(demuxer.impl(), *stream));
  return AudioDecoder(std::move(impl));
}

Result<void> AudioDecoder::send(const Packet& packet) {
  if (!packet.handle) return fail(ErrorCode::kInvalidArgument, "a packet without data cannot be decoded");
  return x_impl->send(static_cast<const AVPacket*>(packet.handle.get()));
}

Result<void> AudioDecoder::send_end() {
  return x_impl->send(nullptr);
}

Result<std::optional<AudioBlock>> AudioDecoder::receive() {
  if (x_impl->ready.empty()) return x_impl->receive();
  std::optional<AudioBlock> block(std::move(x_impl->ready.front()));
  x_impl->ready.pop_front();
  return block;
}

void AudioDecoder::flush() {
  avcodec_flush_buffers(x_impl->context.get());
  x_impl->ready.clear();
  x_impl->next_pts.reset();
}

}  // namespace pier::media
