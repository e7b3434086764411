#include <algorithm>
#include <cerrno>
#include <climits>

#include <unistd.h>

#include <pier/media/lossless.hpp>

#include "av_handles.hpp"

extern "C" {
#include <libavutil/mastering_display_metadata.h>
}

namespace pier::media {
namespace {

constexpr int kBufferBytes = 1 << 16;
constexpr int kSlices = 4;

int write_to(void* opaque, uint8_t* data, int size) {
  const int fd = *static_cast<int*>(opaque);
  for (int done = 0; done < size;) {
    const ssize_t written = ::write(fd, data + done, static_cast<size_t>(size - done));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return AVERROR(errno);
    done += static_cast<int>(written);
  }
  return size;
}

int64_t seek_to(void* opaque, int64_t offset, int whence) {
  if ((whence & AVSEEK_SIZE) != 0) return AVERROR(ENOSYS);
  const off_t at = ::lseek(*static_cast<int*>(opaque), offset, whence & ~AVSEEK_FORCE);
  return at < 0 ? AVERROR(errno) : at;
}

AVRational fifty_thousandths(uint16_t value) {
  return {value, 50'000};
}

AVRational ten_thousandths(uint32_t value) {
  return {static_cast<int>(std::min<uint32_t>(value, INT_MAX)), 10'000};
}

/// ST 2086 and CTA-861.3 where the muxer looks for them.
bool attach(AVStream& stream, const LosslessConfig& config) {
  if (config.mastering_display) {
    const MasteringDisplay& from = *config.mastering_display;
    size_t size = 0;
    AVMasteringDisplayMetadata* made = av_mastering_display_metadata_alloc();
    if (made == nullptr) return false;
    size = sizeof(*made);
    const MasteringDisplay::Xy xy[] = {from.red, from.green, from.blue};
    for (int i = 0; i < 3; ++i) {
      made->display_primaries[i][0] = fifty_thousandths(xy[i].x);
      made->display_primaries[i][1] = fifty_thousandths(xy[i].y);
    }
    made->white_point[0] = fifty_thousandths(from.white.x);
    made->white_point[1] = fifty_thousandths(from.white.y);
    made->max_luminance = ten_thousandths(from.max_luminance);
    made->min_luminance = ten_thousandths(from.min_luminance);
    made->has_primaries = made->has_luminance = 1;
    if (av_stream_add_side_data(&stream, AV_PKT_DATA_MASTERING_DISPLAY_METADATA, reinterpret_cast<uint8_t*>(made),
                                size) < 0) {
      av_free(made);
      return false;
    }
  }
  if (!config.content_light) return true;
  size_t size = 0;
  AVContentLightMetadata* made = av_content_light_metadata_alloc(&size);
  if (made == nullptr) return false;
  made->MaxCLL = config.content_light->max_cll;
  made->MaxFALL = config.content_light->max_fall;
  if (av_stream_add_side_data(&stream, AV_PKT_DATA_CONTENT_LIGHT_LEVEL, reinterpret_cast<uint8_t*>(made), size) >= 0)
    return true;
  av_free(made);
  return false;
}

}  // namespace

struct LosslessWriter::Impl {
  LosslessConfig config;
  int fd = -1;
  AvCodecContext encoder;
  AVFormatContext* muxer = nullptr;
  bool begun = false, ended = false;

  ~Impl() {
    if (muxer == nullptr) return;
    if (muxer->pb != nullptr) {
      av_freep(static_cast<void*>(&muxer->pb->buffer));
      avio_context_free(&muxer->pb);
    }
    avformat_free_context(muxer);
  }

  Result<void> open_encoder(int format) {
    const AVCodec* codec = avcodec_find_encoder(AV_CODEC_ID_FFV1);
    encoder.reset(codec != nullptr ? avcodec_alloc_context3(codec) : nullptr);
    if (!encoder) return fail(ErrorCode::kInputUnsupported, "there is no FFV1 encoder");
    encoder->width = config.width;
    encoder->height = config.height;
    encoder->pix_fmt = static_cast<AVPixelFormat>(format);
    encoder->time_base = rational_to_av(config.time_base);
    encoder->framerate = rational_to_av(config.frame_rate);
    encoder->sample_aspect_ratio = rational_to_av(config.sample_aspect);
    encoder->level = 3;
    encoder->gop_size = 1;
    encoder->slices = kSlices;
    encoder->thread_count = 1;
    encoder->strict_std_compliance =
        FF_COMPLIANCE_EXPERIMENTAL;  // depths FFmpeg has not blessed yet decode all the same
    encoder->flags |= AV_CODEC_FLAG_GLOBAL_HEADER | AV_CODEC_FLAG_BITEXACT;
    colour_to_av(config.colour, *encoder);
    if (const int status = avcodec_open2(encoder.get(), codec, nullptr); status < 0)
      return Failure(av_error(status, "FFV1 does not take " + config.format.to_string()));
    return {};
  }

  Result<void> open_muxer() {
    if (const int status = avformat_alloc_output_context2(&muxer, nullptr, "matroska", nullptr); status < 0)
      return Failure(av_error(status, "there is no Matroska writer"));
    muxer->flags |= AVFMT_FLAG_BITEXACT | AVFMT_FLAG_CUSTOM_IO;
    auto* buffer = static_cast<uint8_t*>(av_malloc(kBufferBytes));
    if (buffer != nullptr) muxer->pb = avio_alloc_context(buffer, kBufferBytes, 1, &fd, nullptr, write_to, seek_to);
    if (muxer->pb == nullptr) {
      av_free(buffer);
      return fail(ErrorCode::kTooLarge, "no memory to write a Matroska file");
    }
    AVStream* stream = avformat_new_stream(muxer, nullptr);
    if (stream == nullptr || avcodec_parameters_from_context(stream->codecpar, encoder.get()) < 0 ||
        !attach(*stream, config))
      return fail(ErrorCode::kTooLarge, "no memory to write a Matroska file");
    stream->time_base = encoder->time_base;
    stream->avg_frame_rate = encoder->framerate;
    stream->sample_aspect_ratio = encoder->sample_aspect_ratio;
    if (const int status = avformat_write_header(muxer, nullptr); status < 0)
      return Failure(av_error(status, "write the head of a Matroska file"));
    begun = true;
    return {};
  }

  Result<void> write_packets() {
    const AvPacket packet(av_packet_alloc());
    if (!packet) return fail(ErrorCode::kTooLarge, "no memory for a packet");
    for (;;) {
      const int status = avcodec_receive_packet(encoder.get(), packet.get());
      if (status == AVERROR(EAGAIN) || status == AVERROR_EOF) return {};
      if (status < 0) return Failure(av_error(status, "encode a picture without loss"));
      av_packet_rescale_ts(packet.get(), encoder->time_base, muxer->streams[0]->time_base);
      packet->stream_index = 0;
      if (const int written = av_interleaved_write_frame(muxer, packet.get()); written < 0)
        return Failure(av_error(written, "write a picture"));
    }
  }
};

Result<LosslessWriter> LosslessWriter::open(int fd, const LosslessConfig& config) {
  prepare_av_library();
  if (config.time_base.num <= 0 || config.width <= 0 || config.height <= 0)
    return fail(ErrorCode::kInvalidArgument, "a file of pictures needs a raster and a time base");
  auto impl = std::make_unique<Impl>();
  impl->config = config;
  if (impl->config.frame_rate.num <= 0) impl->config.frame_rate = 25;
  impl->fd = fd;
  const Picture probe = Picture::allocate(config.format, 16, 16, config.colour);
  PIER_TRY(const AvFrame frame, picture_to_av(probe));
  PIER_CHECK(impl->open_encoder(frame->format));
  PIER_CHECK(impl->open_muxer());
  return LosslessWriter(std::move(impl));
}

LosslessWriter::LosslessWriter(std::unique_ptr<Impl> impl) : x_impl(std::move(impl)) {}
LosslessWriter::~LosslessWriter() = default;
LosslessWriter::LosslessWriter(LosslessWriter&&) noexcept = default;
LosslessWriter& LosslessWriter::operator=(LosslessWriter&&) noexcept = default;

Result<void> LosslessWriter::add(const Picture& picture, int64_t pts) {
  const LosslessConfig& config = x_impl->config;
  if (picture.format() != config.format || picture.width() != config.width || picture.height() != config.height)
    return fail(ErrorCode::kInvalidArgument, "the picture has another form than the file");
  PIER_TRY(const AvFrame frame, picture_to_av(picture));
  frame->pts = pts;
  if (const int status = avcodec_send_frame(x_impl->encoder.get(), frame.get()); status < 0)
    return Failure(av_error(status, "encode a picture without loss"));
  return x_impl->write_packets();
}

Result<void> LosslessWriter::finish() {
  if (x_impl->ended || !x_impl->begun) return fail(ErrorCode::kInvalidArgument, "the file was finished before");
  x_impl->ended = true;
  if (const int status = avcodec_send_frame(x_impl->encoder.get(), nullptr); status < 0)
    return Failure(av_error(status, "finish the pictures"));
  PIER_CHECK(x_impl->write_packets());
  if (const int status = av_write_trailer(x_impl->muxer); status < 0)
    return Failure(av_error(status, "finish a Matroska file"));
  avio_flush(x_impl->muxer->pb);
  if (x_impl->muxer->pb->error < 0) return Failure(av_error(x_impl->muxer->pb->error, "write the file"));
  return {};
}

}  // namespace pier::media
