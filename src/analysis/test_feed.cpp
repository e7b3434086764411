#include "test_feed.hpp"

#include <cstdlib>
#include <filesystem>
#include <map>
#include <thread>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace pier::analysis::test {

namespace {

constexpr size_t kPacket = 188;

uint64_t number(const std::byte* at, int bytes) {
  uint64_t value = 0;
  for (int i = 0; i < bytes; ++i) value = value << 8U | std::to_integer<uint64_t>(at[i]);
  return value;
}

/// The 33 bits of a PES time stamp, later by `ticks`.
void move_stamp(std::byte* at, int64_t ticks) {
  const uint64_t v = number(at, 5);
  uint64_t stamp = (v >> 33U & 7U) << 30U | (v >> 17U & 0x7FFFU) << 15U | (v >> 1U & 0x7FFFU);
  stamp = (stamp + static_cast<uint64_t>(ticks)) & ((uint64_t{1} << 33U) - 1);
  const uint64_t head = v >> 36U;
  const uint64_t moved = head << 36U | (stamp >> 30U) << 33U | 1ULL << 32U | (stamp >> 15U & 0x7FFFU) << 17U |
                         1ULL << 16U | (stamp & 0x7FFFU) << 1U | 1U;
  for (int i = 0; i < 5; ++i) at[i] = static_cast<std::byte>(moved >> (8 * (4 - i)));
}

void move_packet(std::byte* packet, int64_t ticks) {
  size_t at = 4;
  if ((packet[3] & std::byte{0x20}) != std::byte{0}) {
    const auto length = std::to_integer<size_t>(packet[4]);
    if (length >= 7 && (packet[5] & std::byte{0x10}) != std::byte{0}) {
      const uint64_t base = (number(packet + 6, 5) >> 7U) + static_cast<uint64_t>(ticks);
      const uint64_t rest = number(packet + 10, 2) & 0x7FFFU;
      const uint64_t all = (base & ((uint64_t{1} << 33U) - 1)) << 15U | rest;
      for (int i = 0; i < 6; ++i) packet[6 + i] = static_cast<std::byte>(all >> (8 * (5 - i)));
    }
    at += 1 + length;
  }
  const bool start = (packet[1] & std::byte{0x40}) != std::byte{0};
  if (!start || at + 19 > kPacket || number(packet + at, 3) != 1 || number(packet + at + 3, 1) < 0xC0) return;
  const auto flags = std::to_integer<unsigned>(packet[at + 7]);
  if ((flags & 0x80U) != 0) move_stamp(packet + at + 9, ticks);
  if ((flags & 0x40U) != 0) move_stamp(packet + at + 14, ticks);
}

}  // namespace

Bytes make_feed(int seconds, const std::string& video, const std::string& audio, const std::string& options) {
  char path[] = "/tmp/pier-feed-XXXXXX.ts";
  const UniqueFd made(::mkstemps(path, 3));
  const std::string command =
      "ffmpeg -nostdin -v error -y -f lavfi -i testsrc2=s=64x64:r=25:d=" + std::to_string(seconds) +
      " -f lavfi -i sine=f=440:r=48000:d=" + std::to_string(seconds) + (video.empty() ? "" : " -vf \"" + video + "\"") +
      (audio.empty() ? "" : " -af \"" + audio + "\"") +
      " -c:v libx264 -preset ultrafast -bf 2 -g 25 -keyint_min 25 -sc_threshold 0 -x264-params open-gop=0"
      " -pix_fmt yuv420p -c:a mp2 -b:a 128k " +
      options + " -f mpegts " + path;
  Bytes stream;
  if (std::system(command.c_str()) == 0) {
    stream.resize(std::filesystem::file_size(path));
    const auto read = read_at(made.get(), 0, stream);
    if (!read || *read != stream.size()) stream.clear();
  }
  std::filesystem::remove(path);
  return stream;
}

Bytes looped(const Bytes& stream, int times, int64_t length) {
  Bytes all;
  all.reserve(stream.size() * static_cast<size_t>(times));
  std::map<uint64_t, unsigned> counters;
  for (int i = 0; i < times; ++i) {
    const size_t begin = all.size();
    all.insert(all.end(), stream.begin(), stream.end());
    for (size_t at = begin; at + kPacket <= all.size(); at += kPacket) {
      std::byte* packet = all.data() + at;
      move_packet(packet, i * length);
      if ((packet[3] & std::byte{0x10}) == std::byte{0}) continue;
      unsigned& counter = counters.try_emplace(number(packet + 1, 2) & 0x1FFFU, 15).first->second;
      counter = (counter + 1) & 15U;
      packet[3] = (packet[3] & std::byte{0xF0}) | static_cast<std::byte>(counter);
    }
  }
  return all;
}

std::vector<json::object> Fed::of(std::string_view event, std::string_view kind) const {
  std::vector<json::object> found;
  for (const json::object& one : events) {
    if (string_or(one, "event", "") != event) continue;
    const auto finding = get_object(one, "finding");
    if (kind.empty() || (finding && string_or(*finding, "kind", "") == kind)) found.push_back(one);
  }
  return found;
}

Fed feed(const Bytes& stream, FeedOptions options, const std::function<void(size_t)>& on_bytes) {
  int ends[2] = {-1, -1};
  if (::pipe2(ends, O_CLOEXEC) != 0) return {};
  const UniqueFd read_end(ends[0]);
  UniqueFd write_end(ends[1]);
  const UniqueFd scratch(::memfd_create("feed", MFD_CLOEXEC));
  Fed fed;
  options.name = "feed";
  options.scratch = scratch.get();
  options.on_event = [&](json::object event) { fed.events.push_back(std::move(event)); };
  options.on_period = [&](FeedPeriod period) -> Result<void> {
    fed.periods.push_back(std::move(period));
    return {};
  };
  std::thread writer([&] {
    constexpr size_t kPiece = 50'000;
    for (size_t at = 0; at < stream.size(); at += kPiece) {
      if (!write_all(write_end.get(), ByteView(stream).subspan(at, std::min(kPiece, stream.size() - at)))) break;
      if (on_bytes) on_bytes(at);
    }
    write_end.reset();
  });
  {
    media::FeedReader reader(read_end.get(), media::FeedKind::kPipe, {.buffer_bytes = 1U << 20U});
    const Result<void> done = analyse_feed(reader, options);
    if (!done) fed.error = done.error().message;
  }
  writer.join();
  return fed;
}

}  // namespace pier::analysis::test
