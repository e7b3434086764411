#include "program_decoder.hpp"

#include <algorithm>
#include <array>
#include <cerrno>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <pier/core/concurrency.hpp>

#include "demux_impl.hpp"

namespace pier::media {
namespace impl {
namespace {

constexpr size_t kMostToWrite = size_t{8} << 20U;  // then send() waits for the program
constexpr size_t kPiece = size_t{1} << 20U;

Result<void> unblock(const UniqueFd& fd) {
  const int flags = fcntl(fd.get(), F_GETFL);
  if (flags >= 0 && fcntl(fd.get(), F_SETFL, flags | O_NONBLOCK) == 0) return {};
  return Failure(errno_error(errno, "a pipe of a codec program"));
}

bool would_wait() {
  return errno == EAGAIN || errno == EINTR;
}

}  // namespace

/// Its own end says more than a broken pipe.
Error ProgramDecoder::failed(const Error& error) {
  const CodecProgram* program = x_programs->decoder_of(to_string(x_stream.info.codec));
  const std::string name = "the decoder program " + (program == nullptr ? std::string() : program->name);
  std::optional<Error> ended;
  if (x_running) ended = x_programs->ended(x_running->id);
  x_running.reset();
  x_ended = true;
  Error told = ended ? *ended : error;
  told.message = name + ": " + told.message;
  return told;
}

Result<void> ProgramDecoder::start() {
  PIER_TRY(x_running, x_programs->start_decoder(to_string(x_stream.info.codec)));
  PIER_CHECK(unblock(x_running->input));
  PIER_CHECK(unblock(x_running->output));
  x_reader.emplace(x_stream.colour);
  x_started = true;
  return {};
}

Result<void> ProgramDecoder::send(const Packet& packet) {
  if (x_ended) return {};
  const bool timed = x_stream.timed && packet.pts != INT64_MIN;
  if (!x_started) {
    if (!packet.key) return {};  // nothing can be decoded before the first access point
    if (timed) x_first_pts = packet.pts;
    PIER_CHECK(start());
  }
  if (timed && x_first_pts && packet.pts < *x_first_pts) return {};
  const ByteView bytes = packet.data();
  x_to_write.insert(x_to_write.end(), bytes.begin(), bytes.end());
  const Rational rate = x_stream.info.frame_rate;
  const int64_t counted = rate.num > 0 ? rescale(x_count_sent, rate.inverse(), x_stream.info.time_base) : x_count_sent;
  x_sent.push({timed ? packet.pts : counted, std::max<int64_t>(0, packet.duration), packet.key});
  x_count_sent++;
  do {
    PIER_CHECK(pump(x_to_write.size() - x_written > kMostToWrite));
  } while (x_to_write.size() - x_written > kMostToWrite && !x_ended);
  return {};
}

Result<void> ProgramDecoder::send_end() {
  x_ending = true;
  if (!x_started) x_ended = true;
  return {};
}

Result<std::optional<Frame>> ProgramDecoder::receive() {
  if (x_started && !x_ended) PIER_CHECK(pump(false));
  while (x_frames.empty() && x_ending && !x_ended) PIER_CHECK(pump(true));
  if (x_frames.empty()) return std::nullopt;
  std::optional<Frame> frame(std::move(x_frames.front()));
  x_frames.pop_front();
  return frame;
}

void ProgramDecoder::flush() {
  x_running.reset();
  *this = ProgramDecoder(x_programs, x_stream);
}

/// Gives the program what it takes and takes what it gives. `wait`: until one of the two was possible.
Result<void> ProgramDecoder::pump(bool wait) {
  const bool writes = x_written < x_to_write.size();
  if (!writes && x_ending && x_running->input) x_running->input.reset();
  std::array<pollfd, 2> fds{{{x_running->output.get(), POLLIN, 0}, {writes ? x_running->input.get() : -1, POLLOUT, 0}}};
  const CodecProgram* program = x_programs->decoder_of(to_string(x_stream.info.codec));
  const auto patience = program == nullptr ? std::chrono::milliseconds(0) : program->patience;
  const int ready = ::poll(fds.data(), fds.size(), wait ? static_cast<int>(patience.count()) : 0);
  if (ready < 0 && errno != EINTR) return Failure(errno_error(errno, "a codec program"));
  if (ready == 0 && wait) {
    return Failure(failed({ErrorCode::kTimeout,
                           "it neither takes nor gives anything for " + std::to_string(patience.count() / 1000) +
                               " s after " + std::to_string(x_count_given) + " pictures; it was ended",
                           {}}));
  }
  if (ready <= 0) return {};
  if (fds[1].revents != 0) PIER_CHECK(write_some());
  if (fds[0].revents != 0) PIER_CHECK(read_some());
  return {};
}

Result<void> ProgramDecoder::write_some() {
  const ByteView left = ByteView(x_to_write).subspan(x_written);
  const ssize_t count = ::write(x_running->input.get(), left.data(), std::min(left.size(), kPiece));
  if (count < 0 && would_wait()) return {};
  if (count < 0) {
    return Failure(failed({ErrorCode::kCrashed, "it ended or closed its input before the stream did", {}}));
  }
  x_written += static_cast<size_t>(count);
  if (x_written == x_to_write.size() || x_written > kMostToWrite) {
    x_to_write.erase(x_to_write.begin(), x_to_write.begin() + static_cast<ptrdiff_t>(x_written));
    x_written = 0;
  }
  return {};
}

Result<void> ProgramDecoder::read_some() {
  Bytes piece(kPiece);
  const ssize_t count = ::read(x_running->output.get(), piece.data(), piece.size());
  if (count < 0 && would_wait()) return {};
  if (count < 0) return Failure(failed(errno_error(errno, "reading its pictures")));
  if (count > 0) {
    x_reader->add(ByteView(piece).first(static_cast<size_t>(count)));
    return take_pictures();
  }
  const bool early = !x_ending || x_running->input;
  if (early) return Failure(failed({ErrorCode::kCrashed, "it ended before the stream did", {}}));
  if (x_reader->left() > 0 || x_count_given != x_count_sent) {
    return Failure(
        failed({ErrorCode::kInputDamaged,
                "it gave " + std::to_string(x_count_given) + " whole pictures for " + std::to_string(x_count_sent) +
                    " access units" + (x_reader->left() > 0 ? ", and a part of one" : ""),
                {}}));
  }
  x_ended = true;
  const std::optional<Error> ended = x_programs->ended(x_running->id);
  x_running.reset();
  if (!ended) return {};
  return Failure(failed(*ended));
}

Result<void> ProgramDecoder::take_pictures() {
  for (;;) {
    auto picture = x_reader->next();
    if (!picture) return Failure(failed(picture.error()));
    if (!*picture) return {};
    PIER_TRY(Frame frame, framed(std::move(**picture)));
    x_frames.push_back(std::move(frame));
  }
}

Result<Frame> ProgramDecoder::framed(Picture picture) {
  const StreamInfo& info = x_stream.info;
  if (info.width > 0 && (picture.width() != info.width || picture.height() != info.height)) {
    return Failure(
        failed({ErrorCode::kInputDamaged,
                "it gives pictures of " + std::to_string(picture.width()) + "x" + std::to_string(picture.height()) +
                    ", the stream has " + std::to_string(info.width) + "x" + std::to_string(info.height),
                {}}));
  }
  if (x_sent.empty()) {
    return Failure(failed({ErrorCode::kInputDamaged,
                           "it gives more pictures than the " + std::to_string(x_count_sent) + " access units it had",
                           {}}));
  }
  const Sent sent = x_sent.top();
  x_sent.pop();
  x_count_given++;
  Frame frame;
  frame.picture = std::move(picture);
  frame.pts = sent.pts;
  frame.duration = sent.duration;
  frame.key = sent.key;
  frame.interlaced = x_reader->header()->interlaced;
  frame.top_field_first = x_reader->header()->top_field_first;
  return frame;
}

std::unique_ptr<ProgramDecoder> program_decoder(Demuxer& demuxer, int stream_index) {
  const Demuxer::Impl& opened = demuxer.impl();
  const StreamInfo& info = demuxer.streams()[static_cast<size_t>(stream_index)];
  const auto programs = codec_programs();
  if (!programs || programs->decoder_of(to_string(info.codec)) == nullptr) return nullptr;
  ProgramDecoder::Stream stream;
  stream.info = info;
  stream.colour = colour_from_av(*opened.stream(stream_index)->codecpar);
  stream.timed = !opened.untimed;
  return std::make_unique<ProgramDecoder>(programs, std::move(stream));
}

}  // namespace impl

namespace {

Guarded<std::shared_ptr<CodecPrograms>>& of_this_process() {
  static Guarded<std::shared_ptr<CodecPrograms>> programs;
  return programs;
}

}  // namespace

void set_codec_programs(std::shared_ptr<CodecPrograms> programs) {
  of_this_process().with([&](auto& current) { current = std::move(programs); });
}

std::shared_ptr<CodecPrograms> codec_programs() {
  return of_this_process().with([](const auto& current) { return current; });
}

}  // namespace pier::media
