#include "source_io.hpp"

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <map>

#include <sys/types.h>
#include <unistd.h>

#include <pier/core/concurrency.hpp>

namespace pier::media {
namespace {

constexpr int kBufferBytes = 256 * 1024;
constexpr int kFeedBufferBytes = 32 * 1024;
constexpr std::string_view kScheme = "pier:";

constexpr std::byte kNoProtocol[1024] = {};

// The inner demuxers of an IMF package close what io_open gave them by avio_close(), which takes the opaque pointer for
// a URLContext of FFmpeg's own (class pointer, protocol pointer, state), ends it through its protocol, if connected,
// and av_free()s it. So a cursor begins like one that is not connected and has a protocol that does nothing.
struct FileCursor {
  const void* option_class;
  const void* protocol;
  std::byte unconnected_state[240];
  int fd;
  int64_t position;
  int64_t size;
};

int read_cursor(void* opaque, uint8_t* out, int size) {
  auto* cursor = static_cast<FileCursor*>(opaque);
  ssize_t count = 0;
  do {
    count = pread(cursor->fd, out, static_cast<size_t>(size), cursor->position);
  } while (count < 0 && errno == EINTR);
  if (count < 0) return AVERROR(errno);
  if (count == 0) return AVERROR_EOF;
  cursor->position += count;
  return static_cast<int>(count);
}

int64_t seek_cursor(void* opaque, int64_t offset, int whence) {
  auto* cursor = static_cast<FileCursor*>(opaque);
  switch (whence & ~AVSEEK_FORCE) {
    case AVSEEK_SIZE:
      return cursor->size;
    case SEEK_SET:
      break;
    case SEEK_CUR:
      offset += cursor->position;
      break;
    case SEEK_END:
      offset += cursor->size;
      break;
    default:
      return AVERROR(EINVAL);
  }
  if (offset < 0) return AVERROR(EINVAL);
  cursor->position = offset;
  return offset;
}

using ReadBytes = std::function<size_t(std::span<std::byte>)>;
struct FeedCursor {
  const ReadBytes* read;
};

int read_feed(void* opaque, uint8_t* out, int size) {
  const auto* cursor = static_cast<const FeedCursor*>(opaque);
  const size_t count = (*cursor->read)(std::as_writable_bytes(std::span(out, static_cast<size_t>(size))));
  return count == 0 ? AVERROR_EOF : static_cast<int>(count);
}

struct Registry {
  uint64_t next = 1;
  std::map<uint64_t, const Source*> sources;
};

Guarded<Registry>& registry() {
  static Guarded<Registry> instance;
  return instance;
}

const SourceFile* find_file(std::string_view url) {
  if (!url.starts_with(kScheme)) return nullptr;
  url.remove_prefix(kScheme.size());
  uint64_t serial = 0;
  const auto [end, error] = std::from_chars(url.data(), url.data() + url.size(), serial);
  if (error != std::errc() || end == url.data() + url.size() || *end != '/') return nullptr;
  const std::string_view name = url.substr(static_cast<size_t>(end - url.data()) + 1);
  const Source* source = registry().with([&](const Registry& all) -> const Source* {
    const auto found = all.sources.find(serial);
    return found == all.sources.end() ? nullptr : found->second;
  });
  if (source == nullptr) return nullptr;
  for (const auto& file : source->files) {
    if (file.name == name) return &file;
  }
  return nullptr;
}

int open_named(AVFormatContext*, AVIOContext** io, const char* url, int flags, AVDictionary**) {
  if ((flags & AVIO_FLAG_WRITE) != 0) return AVERROR(EACCES);
  const SourceFile* file = find_file(url);
  if (file == nullptr) return AVERROR(ENOENT);
  *io = open_source_io(*file);
  return *io == nullptr ? AVERROR(ENOMEM) : 0;
}

int close_named(AVFormatContext*, AVIOContext* io) {
  close_source_io(io);
  return 0;
}

}  // namespace

AVIOContext* open_source_io(const SourceFile& file) {
  auto* buffer = static_cast<unsigned char*>(av_malloc(kBufferBytes));
  auto* cursor = static_cast<FileCursor*>(av_mallocz(sizeof(FileCursor)));
  AVIOContext* io = buffer == nullptr || cursor == nullptr
                        ? nullptr
                        : avio_alloc_context(buffer, kBufferBytes, 0, cursor, read_cursor, nullptr, seek_cursor);
  if (io == nullptr) {
    av_free(buffer);
    av_free(cursor);
    return nullptr;
  }
  cursor->protocol = kNoProtocol;
  cursor->fd = file.fd.get();
  cursor->size = static_cast<int64_t>(file.state.size);
  return io;
}

AVIOContext* open_feed_io(const ReadBytes& read) {
  auto* buffer = static_cast<unsigned char*>(av_malloc(kFeedBufferBytes));
  auto* cursor = static_cast<FeedCursor*>(av_mallocz(sizeof(FeedCursor)));
  AVIOContext* io = buffer == nullptr || cursor == nullptr
                        ? nullptr
                        : avio_alloc_context(buffer, kFeedBufferBytes, 0, cursor, read_feed, nullptr, nullptr);
  if (io == nullptr) {
    av_free(buffer);
    av_free(cursor);
    return nullptr;
  }
  cursor->read = &read;
  io->seekable = 0;
  return io;
}

void close_source_io(AVIOContext* io) {
  if (io == nullptr) return;
  av_free(io->opaque);
  av_freep(static_cast<void*>(&io->buffer));
  avio_context_free(&io);
}

SourceNames::SourceNames(const Source& source)
    : x_serial(registry().with([&](Registry& all) {
        const uint64_t serial = all.next++;
        all.sources.emplace(serial, &source);
        return serial;
      })) {}

SourceNames::~SourceNames() {
  registry().with([&](Registry& all) { all.sources.erase(x_serial); });
}

std::string SourceNames::url(std::string_view name) const {
  return std::string(kScheme) + std::to_string(x_serial) + "/" + std::string(name);
}

void SourceNames::attach(AVFormatContext& context) const {
  context.io_open = open_named;
  context.io_close2 = close_named;
}

}  // namespace pier::media
