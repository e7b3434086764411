#pragma once
// Pictures out of a codec program: coded ones go to it through a pipe as they stand in the stream, decoded ones come
// back as YUV4MPEG2.

#include <deque>
#include <functional>
#include <memory>
#include <queue>
#include <vector>

#include <pier/media/decode.hpp>

#include "y4m.hpp"

namespace pier::media::impl {

/// Not thread-safe. The program starts with the first access point and ends with its input. Pictures that are shown
/// before the access point decoding starts from may lack references: they are not sent, so that every access unit sent
/// gives one picture, and the n-th one out has the n-th time.
class ProgramDecoder {
 public:
  struct Stream {
    StreamInfo info;
    ColourInfo colour;  // as the container says
    bool timed = true;  // packets have times; else pictures are counted
  };
  ProgramDecoder(std::shared_ptr<CodecPrograms> programs, Stream stream)
      : x_programs(std::move(programs)), x_stream(std::move(stream)) {}

  Result<void> send(const Packet& packet);
  Result<void> send_end();
  Result<std::optional<Frame>> receive();
  void flush();

 private:
  Result<void> start();
  Result<void> pump(bool wait);
  Result<void> write_some();
  Result<void> read_some();
  Result<void> take_pictures();
  Result<Frame> framed(Picture picture);
  Error failed(const Error& error);

  std::shared_ptr<CodecPrograms> x_programs;
  Stream x_stream;
  std::optional<CodecPrograms::Running> x_running;
  std::optional<int64_t> x_first_pts;  // of the access point
  bool x_started = false, x_ending = false, x_ended = false;
  Bytes x_to_write;
  size_t x_written = 0;
  std::optional<Y4mReader> x_reader;
  struct Sent {
    int64_t pts = 0, duration = 0;
    bool key = false;
    bool operator>(const Sent& other) const { return pts > other.pts; }
  };
  std::priority_queue<Sent, std::vector<Sent>, std::greater<>> x_sent;
  int64_t x_count_sent = 0, x_count_given = 0;
  std::deque<Frame> x_frames;
};

/// The part of the stream a program reads: access units as Annex B or AVS have them, whatever the container does.
/// nullptr: no program decodes this codec.
std::unique_ptr<ProgramDecoder> program_decoder(Demuxer& demuxer, int stream_index);

}  // namespace pier::media::impl
