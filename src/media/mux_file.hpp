#pragma once
// A container that is written to a descriptor.

#include <string>

#include "av_handles.hpp"

namespace pier::media::impl {

/// Not copyable: FFmpeg keeps pointers to it.
class MuxFile {
 public:
  /// `fd` must outlive this. `format` is FFmpeg's name of the writer.
  static Result<std::unique_ptr<MuxFile>> open(int fd, const char* format, bool reproducible);
  ~MuxFile();
  MuxFile(const MuxFile&) = delete;
  MuxFile& operator=(const MuxFile&) = delete;

  AVFormatContext& format() { return *x_format; }
  Result<AVStream*> add_stream();
  Result<void> write_head(AVDictionary** options);
  /// Times in `time_base`; takes the packet's content.
  Result<void> write(AVPacket& packet, int stream, AVRational time_base);
  Result<void> finish();

 private:
  explicit MuxFile(int fd) : x_fd(fd) {}
  static int open_again(AVFormatContext* format, AVIOContext** made, const char*, int flags, AVDictionary**);
  static int close_again(AVFormatContext*, AVIOContext* io);

  int x_fd;
  AVFormatContext* x_format = nullptr;
};

/// ST 2086 and CTA-861.3 where writers look for them. False: no memory.
bool attach_hdr(AVStream& stream, const std::optional<MasteringDisplay>& display,
                const std::optional<ContentLight>& light);

}  // namespace pier::media::impl
