#include "mux_file.hpp"

#include <algorithm>
#include <cerrno>
#include <climits>

#include <unistd.h>

extern "C" {
#include <libavutil/mastering_display_metadata.h>
}

namespace pier::media::impl {
namespace {

constexpr int kBufferBytes = 1 << 18;

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

/// What was written, read again at a place of its own.
struct Reading {
  int fd;
  int64_t at = 0;
};

int read_again(void* opaque, uint8_t* data, int size) {
  auto& reading = *static_cast<Reading*>(opaque);
  for (;;) {
    const ssize_t got = ::pread(reading.fd, data, static_cast<size_t>(size), reading.at);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return AVERROR(errno);
    reading.at += got;
    return got == 0 ? AVERROR_EOF : static_cast<int>(got);
  }
}

int64_t seek_again(void* opaque, int64_t offset, int whence) {
  auto& reading = *static_cast<Reading*>(opaque);
  const int kind = whence & ~AVSEEK_FORCE;
  if (kind != SEEK_SET && kind != SEEK_CUR) return AVERROR(ENOSYS);
  reading.at = kind == SEEK_SET ? offset : reading.at + offset;
  return reading.at;
}

AVIOContext* make_io(bool writes, void* opaque) {
  auto* buffer = static_cast<uint8_t*>(av_malloc(kBufferBytes));
  if (buffer == nullptr) return nullptr;
  AVIOContext* io = writes ? avio_alloc_context(buffer, kBufferBytes, 1, opaque, nullptr, write_to, seek_to)
                           : avio_alloc_context(buffer, kBufferBytes, 0, opaque, read_again, nullptr, seek_again);
  if (io == nullptr) av_free(buffer);
  return io;
}

void free_io(AVIOContext** io) {
  if (*io == nullptr) return;
  av_freep(static_cast<void*>(&(*io)->buffer));
  avio_context_free(io);
}

AVRational fifty_thousandths(uint16_t value) {
  return {value, 50'000};
}

AVRational ten_thousandths(uint32_t value) {
  return {static_cast<int>(std::min<uint32_t>(value, INT_MAX)), 10'000};
}

bool add_side_data(AVStream& stream, AVPacketSideDataType type, void* made, size_t size) {
  if (av_stream_add_side_data(&stream, type, static_cast<uint8_t*>(made), size) >= 0) return true;
  av_free(made);
  return false;
}

}  // namespace

// The writers of MOV and MP4 open the file they write once more, to move its index to the front.
int MuxFile::open_again(AVFormatContext* format, AVIOContext** made, const char*, int flags, AVDictionary**) {
  if ((flags & AVIO_FLAG_WRITE) != 0) return AVERROR(EPERM);
  auto reading = std::make_unique<Reading>(Reading{static_cast<MuxFile*>(format->opaque)->x_fd});
  *made = make_io(false, reading.get());
  if (*made == nullptr) return AVERROR(ENOMEM);
  [[maybe_unused]] const Reading* given = reading.release();  // close_again() deletes it
  return 0;
}

int MuxFile::close_again(AVFormatContext*, AVIOContext* io) {
  if (io == nullptr) return 0;
  delete static_cast<Reading*>(io->opaque);
  free_io(&io);
  return 0;
}

MuxFile::~MuxFile() {
  if (x_format == nullptr) return;
  free_io(&x_format->pb);
  avformat_free_context(x_format);
}

Result<std::unique_ptr<MuxFile>> MuxFile::open(int fd, const char* format, bool reproducible) {
  std::unique_ptr<MuxFile> file(new MuxFile(fd));
  if (const int status = avformat_alloc_output_context2(&file->x_format, nullptr, format, nullptr); status < 0)
    return Failure(av_error(status, std::string("there is no writer for ") + format));
  AVFormatContext& made = *file->x_format;
  made.flags |= AVFMT_FLAG_CUSTOM_IO;
  if (reproducible) made.flags |= AVFMT_FLAG_BITEXACT;
  made.opaque = file.get();
  made.io_open = open_again;
  made.io_close2 = close_again;
  made.pb = make_io(true, &file->x_fd);
  if (made.pb == nullptr) return fail(ErrorCode::kTooLarge, "no memory to write a file");
  return file;
}

Result<AVStream*> MuxFile::add_stream() {
  AVStream* stream = avformat_new_stream(x_format, nullptr);
  if (stream == nullptr) return fail(ErrorCode::kTooLarge, "no memory to write a file");
  return stream;
}

Result<void> MuxFile::write_head(AVDictionary** options) {
  const int status = avformat_write_header(x_format, options);
  if (status >= 0) return {};
  Error error = av_error(status, std::string("the writer of ") + x_format->oformat->name +
                                     " files does not take these pictures and sounds");
  if (status == AVERROR(EINVAL)) error.code = ErrorCode::kInvalidArgument;
  return Failure(std::move(error));
}

Result<void> MuxFile::write(AVPacket& packet, int stream, AVRational time_base) {
  av_packet_rescale_ts(&packet, time_base, x_format->streams[stream]->time_base);
  packet.stream_index = stream;
  const int status = av_interleaved_write_frame(x_format, &packet);
  if (status < 0) return Failure(av_error(status, "write the file"));
  return {};
}

Result<void> MuxFile::finish() {
  if (const int status = av_write_trailer(x_format); status < 0) return Failure(av_error(status, "finish the file"));
  avio_flush(x_format->pb);
  if (x_format->pb->error < 0) return Failure(av_error(x_format->pb->error, "write the file"));
  return {};
}

bool attach_hdr(AVStream& stream, const std::optional<MasteringDisplay>& display,
                const std::optional<ContentLight>& light) {
  if (display) {
    AVMasteringDisplayMetadata* made = av_mastering_display_metadata_alloc();
    if (made == nullptr) return false;
    const MasteringDisplay::Xy xy[] = {display->red, display->green, display->blue};
    for (int i = 0; i < 3; ++i) {
      made->display_primaries[i][0] = fifty_thousandths(xy[i].x);
      made->display_primaries[i][1] = fifty_thousandths(xy[i].y);
    }
    made->white_point[0] = fifty_thousandths(display->white.x);
    made->white_point[1] = fifty_thousandths(display->white.y);
    made->max_luminance = ten_thousandths(display->max_luminance);
    made->min_luminance = ten_thousandths(display->min_luminance);
    made->has_primaries = made->has_luminance = 1;
    if (!add_side_data(stream, AV_PKT_DATA_MASTERING_DISPLAY_METADATA, made, sizeof(*made))) return false;
  }
  if (!light) return true;
  size_t size = 0;
  AVContentLightMetadata* made = av_content_light_metadata_alloc(&size);
  if (made == nullptr) return false;
  made->MaxCLL = light->max_cll;
  made->MaxFALL = light->max_fall;
  return add_side_data(stream, AV_PKT_DATA_CONTENT_LIGHT_LEVEL, made, size);
}

}  // namespace pier::media::impl
