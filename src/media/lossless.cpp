#include <pier/media/lossless.hpp>

#include "mux_file.hpp"

namespace pier::media {
namespace {

constexpr int kSlices = 4;

}  // namespace

struct LosslessWriter::Impl {
  LosslessConfig config;
  AvCodecContext encoder;
  std::unique_ptr<impl::MuxFile> file;
  bool ended = false;

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

  Result<void> open_file(int fd) {
    PIER_TRY(file, impl::MuxFile::open(fd, "matroska", true));
    PIER_TRY(AVStream * stream, file->add_stream());
    if (avcodec_parameters_from_context(stream->codecpar, encoder.get()) < 0 ||
        !impl::attach_hdr(*stream, config.mastering_display, config.content_light))
      return fail(ErrorCode::kTooLarge, "no memory to write a Matroska file");
    stream->time_base = encoder->time_base;
    stream->avg_frame_rate = encoder->framerate;
    stream->sample_aspect_ratio = encoder->sample_aspect_ratio;
    return file->write_head(nullptr);
  }

  Result<void> write_packets() {
    const AvPacket packet(av_packet_alloc());
    if (!packet) return fail(ErrorCode::kTooLarge, "no memory for a packet");
    for (;;) {
      const int status = avcodec_receive_packet(encoder.get(), packet.get());
      if (status == AVERROR(EAGAIN) || status == AVERROR_EOF) return {};
      if (status < 0) return Failure(av_error(status, "encode a picture without loss"));
      PIER_CHECK(file->write(*packet, 0, encoder->time_base));
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
  const Picture probe = Picture::allocate(config.format, 16, 16, config.colour);
  PIER_TRY(const AvFrame frame, picture_to_av(probe));
  PIER_CHECK(impl->open_encoder(frame->format));
  PIER_CHECK(impl->open_file(fd));
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
  if (x_impl->ended) return fail(ErrorCode::kInvalidArgument, "the file was finished before");
  x_impl->ended = true;
  if (const int status = avcodec_send_frame(x_impl->encoder.get(), nullptr); status < 0)
    return Failure(av_error(status, "finish the pictures"));
  PIER_CHECK(x_impl->write_packets());
  return x_impl->file->finish();
}

}  // namespace pier::media
