#include <algorithm>
#include <cmath>
#include <cstring>
#include <deque>
#include <utility>

#include <pier/media/decode.hpp>

#include "demux_impl.hpp"
#include "missing_references.hpp"
#include "program_decoder.hpp"

extern "C" {
#include <libavutil/mastering_display_metadata.h>
}

namespace pier::media {
namespace {

constexpr int kMaxThreads = 64;
constexpr int kMaxErrorsInARow = 4096;
constexpr double kChromaticityUnits = 50000;  // per 1.0, ST 2086
constexpr double kLuminanceUnits = 10000;     // per cd/m2

uint32_t in_units(AVRational value, double units) {
  const double scaled = value.den == 0 ? 0 : std::round(av_q2d(value) * units);
  return scaled <= 0 ? 0 : scaled >= UINT32_MAX ? UINT32_MAX : static_cast<uint32_t>(scaled);
}

MasteringDisplay::Xy point(const AVRational (&xy)[2]) {
  return {static_cast<uint16_t>(in_units(xy[0], kChromaticityUnits)),
          static_cast<uint16_t>(in_units(xy[1], kChromaticityUnits))};
}

std::optional<MasteringDisplay> mastering_display_of(const AVFrame& frame) {
  const auto* side = av_frame_get_side_data(&frame, AV_FRAME_DATA_MASTERING_DISPLAY_METADATA);
  if (side == nullptr) return std::nullopt;
  const auto* said = reinterpret_cast<const AVMasteringDisplayMetadata*>(side->data);
  MasteringDisplay display;
  if (said->has_primaries != 0) {
    display.red = point(said->display_primaries[0]);
    display.green = point(said->display_primaries[1]);
    display.blue = point(said->display_primaries[2]);
    display.white = point(said->white_point);
  }
  if (said->has_luminance != 0) {
    display.max_luminance = in_units(said->max_luminance, kLuminanceUnits);
    display.min_luminance = in_units(said->min_luminance, kLuminanceUnits);
  }
  return display;
}

std::optional<ContentLight> content_light_of(const AVFrame& frame) {
  const auto* side = av_frame_get_side_data(&frame, AV_FRAME_DATA_CONTENT_LIGHT_LEVEL);
  if (side == nullptr) return std::nullopt;
  const auto* said = reinterpret_cast<const AVContentLightMetadata*>(side->data);
  return ContentLight{static_cast<uint16_t>(said->MaxCLL), static_cast<uint16_t>(said->MaxFALL)};
}

/// Decoders known to clip every sample to the bit depth; others may hand out what stands in the file.
bool clips_samples(AVCodecID id) {
  switch (codec_from_av(id)) {
    case Codec::kHevc:
    case Codec::kAvc:
    case Codec::kAv1:
    case Codec::kVp9:
    case Codec::kMpeg2:
    case Codec::kProres:
    case Codec::kDnxhd:
    case Codec::kJpeg2000:
      return true;
    default:
      return false;
  }
}

bool has(const AVFrame& frame, AVFrameSideDataType type) {
  return av_frame_get_side_data(&frame, type) != nullptr;
}

}  // namespace

struct VideoDecoder::Impl {
  std::unique_ptr<impl::ProgramDecoder> program;  // then nothing else here is used
  AvCodecContext context;
  std::optional<impl::MissingReferences> references;
  ColourInfo container_colour;
  std::deque<Frame> ready;  // came out while a packet had to wait
  int64_t damaged = 0;
  int64_t next_pts = 0;  // where a frame without any time stamp goes
  int64_t last_duration = 0;

  Result<void> open(const AVCodecParameters& parameters, Rational time_base, int threads);
  Result<void> send(const AVPacket* packet);
  Result<std::optional<Frame>> receive();
  Result<Frame> convert(const AVFrame& frame);
  SampleTraits traits() const;
};

Result<void> VideoDecoder::Impl::open(const AVCodecParameters& parameters, Rational time_base, int threads) {
  prepare_av_library();
  const AVCodec* codec = avcodec_find_decoder(parameters.codec_id);
  if (codec == nullptr) {
    return fail(ErrorCode::kInputUnsupported,
                std::string("no decoder here for ") + avcodec_get_name(parameters.codec_id) + " pictures");
  }
  context.reset(avcodec_alloc_context3(codec));
  if (!context || avcodec_parameters_to_context(context.get(), &parameters) < 0) {
    return fail(ErrorCode::kTooLarge, "no memory for a decoder");
  }
  context->pkt_timebase = rational_to_av(time_base);
  context->thread_count = std::clamp(threads, 1, kMaxThreads);
  context->flags |= AV_CODEC_FLAG_OUTPUT_CORRUPT;
  // Without it the reorder depth of AVC is learnt from the pictures seen, so that it depends on where decoding starts.
  if (parameters.codec_id == AV_CODEC_ID_H264) context->strict_std_compliance = FF_COMPLIANCE_STRICT;
  const int status = avcodec_open2(context.get(), codec, nullptr);
  if (status < 0) return Failure(av_error(status, std::string("cannot open the decoder ") + codec->name));
  container_colour = colour_from_av(parameters);
  references.emplace(parameters);
  return {};
}

Result<void> VideoDecoder::Impl::send(const AVPacket* packet) {
  if (packet != nullptr) references->sent(*packet);
  for (;;) {
    const int status = avcodec_send_packet(context.get(), packet);
    if (status == 0 || status == AVERROR_EOF) return {};
    if (status == AVERROR(ENOMEM)) return Failure(av_error(status, "cannot decode"));
    if (status != AVERROR(EAGAIN)) {
      ++damaged;
      return {};
    }
    PIER_TRY(auto frame, receive());
    if (!frame) return {};
    ready.push_back(std::move(*frame));
  }
}

Result<std::optional<Frame>> VideoDecoder::Impl::receive() {
  AvFrame frame(av_frame_alloc());
  if (!frame) return fail(ErrorCode::kTooLarge, "no memory for a decoded picture");
  for (int errors = 0; errors < kMaxErrorsInARow; ++errors) {
    const int status = avcodec_receive_frame(context.get(), frame.get());
    if (status == 0) {
      PIER_TRY(auto converted, convert(*frame));
      return converted;
    }
    if (status == AVERROR(EAGAIN) || status == AVERROR_EOF) return std::nullopt;
    if (status == AVERROR(ENOMEM)) return Failure(av_error(status, "cannot decode"));
    ++damaged;
  }
  return fail(ErrorCode::kInputDamaged, "the decoder finds errors without end");
}

SampleTraits VideoDecoder::Impl::traits() const {
  SampleTraits result;
  result.clipped = clips_samples(context->codec_id);
  // FFmpeg has RGB of 8 and 16 bit only for JPEG 2000 and shifts what lies between up to 16.
  if (context->codec_id == AV_CODEC_ID_JPEG2000 && context->bits_per_raw_sample > 0) {
    result.significant = context->bits_per_raw_sample;
  }
  return result;
}

Result<Frame> VideoDecoder::Impl::convert(const AVFrame& source) {
  Frame frame;
  PIER_TRY(frame.picture, picture_from_av(source, container_colour, traits()));
  frame.duration = source.pkt_duration > 0 ? source.pkt_duration : 0;
  frame.pts = source.pts != AV_NOPTS_VALUE                     ? source.pts
              : source.best_effort_timestamp != AV_NOPTS_VALUE ? source.best_effort_timestamp
                                                               : next_pts;
  if (frame.duration > 0) last_duration = frame.duration;
  next_pts = frame.pts + last_duration;
  frame.key = source.key_frame != 0;
  frame.damaged = source.decode_error_flags != 0 || (source.flags & AV_FRAME_FLAG_CORRUPT) != 0;
  frame.damaged |= references->take(source);
  frame.interlaced = source.interlaced_frame != 0;
  frame.top_field_first = source.top_field_first != 0;
  frame.mastering_display = mastering_display_of(source);
  frame.content_light = content_light_of(source);
  frame.has_hdr10_plus = has(source, AV_FRAME_DATA_DYNAMIC_HDR_PLUS);
  frame.has_dovi_rpu = has(source, AV_FRAME_DATA_DOVI_RPU_BUFFER) || has(source, AV_FRAME_DATA_DOVI_METADATA);
  frame.has_hdr_vivid = has(source, AV_FRAME_DATA_DYNAMIC_HDR_VIVID);
  return frame;
}

VideoDecoder::VideoDecoder(std::unique_ptr<Impl> impl) : x_impl(std::move(impl)) {}
VideoDecoder::~VideoDecoder() = default;
VideoDecoder::VideoDecoder(VideoDecoder&&) noexcept = default;
VideoDecoder& VideoDecoder::operator=(VideoDecoder&&) noexcept = default;

Result<VideoDecoder> VideoDecoder::open(Demuxer& demuxer, int stream_index, int threads) {
  const AVStream* stream = demuxer.impl().stream(stream_index);
  if (stream == nullptr || stream->codecpar->codec_type != AVMEDIA_TYPE_VIDEO) {
    return fail(ErrorCode::kInvalidArgument, "stream " + std::to_string(stream_index) + " holds no pictures");
  }
  auto impl = std::make_unique<Impl>();
  if (avcodec_find_decoder(stream->codecpar->codec_id) == nullptr) {
    impl->program = impl::program_decoder(demuxer, stream_index);
    if (impl->program) return VideoDecoder(std::move(impl));
  }
  const Rational time_base = rational_from_av(stream->time_base);
  PIER_CHECK(impl->open(*stream->codecpar, time_base, threads));
  const Rational rate = demuxer.streams()[static_cast<size_t>(stream_index)].frame_rate;
  if (rate.num > 0 && time_base.num > 0) impl->last_duration = rescale(1, rate.inverse(), time_base);
  return VideoDecoder(std::move(impl));
}

Result<VideoDecoder> VideoDecoder::open(Codec codec, ByteView configuration, Rational time_base, int threads) {
  AvCodecParameters parameters(avcodec_parameters_alloc());
  if (!parameters) return fail(ErrorCode::kTooLarge, "no memory for a decoder");
  parameters->codec_type = AVMEDIA_TYPE_VIDEO;
  parameters->codec_id = codec_to_av(codec);
  parameters->extradata = static_cast<uint8_t*>(av_mallocz(configuration.size() + AV_INPUT_BUFFER_PADDING_SIZE));
  if (parameters->extradata == nullptr) return fail(ErrorCode::kTooLarge, "no memory for a decoder");
  if (!configuration.empty()) std::memcpy(parameters->extradata, configuration.data(), configuration.size());
  parameters->extradata_size = static_cast<int>(configuration.size());
  auto impl = std::make_unique<Impl>();
  PIER_CHECK(impl->open(*parameters, time_base, threads));
  return VideoDecoder(std::move(impl));
}

Result<void> VideoDecoder::send(const Packet& packet) {
  if (!packet.handle) return fail(ErrorCode::kInvalidArgument, "a packet without data cannot be decoded");
  if (x_impl->program) return x_impl->program->send(packet);
  return x_impl->send(static_cast<const AVPacket*>(packet.handle.get()));
}

Result<void> VideoDecoder::send(const Sample& sample) {
  AvPacket packet(av_packet_alloc());
  if (!packet || av_new_packet(packet.get(), static_cast<int>(sample.data.size())) < 0) {
    return fail(ErrorCode::kTooLarge, "no memory for a sample");
  }
  if (!sample.data.empty()) std::memcpy(packet->data, sample.data.data(), sample.data.size());
  packet->pts = sample.pts;
  packet->dts = sample.dts;
  packet->duration = sample.duration;
  if (sample.key) packet->flags |= AV_PKT_FLAG_KEY;
  return x_impl->send(packet.get());
}

Result<void> VideoDecoder::send_end() {
  if (x_impl->program) return x_impl->program->send_end();
  return x_impl->send(nullptr);
}

Result<std::optional<Frame>> VideoDecoder::receive() {
  if (x_impl->program) return x_impl->program->receive();
  if (x_impl->ready.empty()) return x_impl->receive();
  std::optional<Frame> frame(std::move(x_impl->ready.front()));
  x_impl->ready.pop_front();
  return frame;
}

void VideoDecoder::flush() {
  if (x_impl->program) return x_impl->program->flush();
  avcodec_flush_buffers(x_impl->context.get());
  x_impl->references->restart();
  x_impl->ready.clear();
}

int64_t VideoDecoder::damaged_packets() const {
  return x_impl->damaged;
}

}  // namespace pier::media
