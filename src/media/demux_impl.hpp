#pragma once
// What the decoders of this module see of a demuxer.

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <pier/media/demux.hpp>

#include "av_handles.hpp"
#include "source_io.hpp"

namespace pier::media {

struct CloseInput {
  void operator()(AVFormatContext* context) const;  // with the I/O context that we gave it
};
using AvFormatContext = std::unique_ptr<AVFormatContext, CloseInput>;

struct Demuxer::Impl {
  explicit Impl(const Source& opened) : source(&opened), names(opened) {}

  Result<void> open();
  Result<std::optional<Packet>> read();
  Result<void> seek(int stream_index, int64_t pts);
  AVStream* stream(int index) const;

  const Source* source;
  SourceNames names;
  AvFormatContext context;
  std::string container;
  std::vector<StreamInfo> streams;
  std::vector<bool> selected;
  std::chrono::steady_clock::time_point deadline;
  bool has_deadline = false;
  bool ended = false;
  bool untimed = false;     // an elementary stream of AVS: what FFmpeg says of its times is made up
  size_t next_picture = 0;  // of a sequence
  struct Feed {
    const ReadBytes* read = nullptr;
    int64_t probe_bytes = 0;
    FeedClock* clock = nullptr;
  };
  std::optional<Feed> feed;

 private:
  Result<void> open_sequence();
  Result<std::optional<Packet>> read_picture();
  Result<void> open_input();
  void prepare_io(AVFormatContext& made);
  Result<void> find_streams();
  Result<void> describe_avs();
};

}  // namespace pier::media
