#pragma once
// FFmpeg's input over descriptors that are open already: no path is ever opened here.

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include <pier/media/source.hpp>

#include "av_handles.hpp"

namespace pier::media {

/// Reads `file` by pread; nullptr without memory. Free with close_source_io().
AVIOContext* open_source_io(const SourceFile& file);
void close_source_io(AVIOContext* io);
/// Reads what `read` gives, in order; 0 is the end. `read` must outlive it. Free with close_source_io().
AVIOContext* open_feed_io(const std::function<size_t(std::span<std::byte>)>& read);

/// While it lives, URLs "pier:<serial>/<name>" reach the files of `source`, and nothing else can be reached. FFmpeg
/// hands a package's io_open to inner demuxers without its opaque pointer, so the URL must say whose file it is.
class SourceNames {
 public:
  explicit SourceNames(const Source& source);
  ~SourceNames();
  SourceNames(const SourceNames&) = delete;
  SourceNames& operator=(const SourceNames&) = delete;
  std::string url(std::string_view name) const;
  /// Sets io_open and io_close2 of `context`.
  void attach(AVFormatContext& context) const;

 private:
  uint64_t x_serial;
};

}  // namespace pier::media
