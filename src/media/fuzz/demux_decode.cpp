// Any bytes as a media file: opened, read, and the first pictures and sound decoded.

#include <cstddef>
#include <cstdint>

#include <sys/mman.h>
#include <unistd.h>

#include <pier/media/decode.hpp>

namespace {

using namespace pier;
using namespace pier::media;

constexpr int kMaxPackets = 50;
constexpr size_t kMaxBytes = 1U << 20U;

Result<void> read_and_decode(const Source& source) {
  PIER_TRY(auto demuxer, Demuxer::open(source));
  std::optional<VideoDecoder> video;
  std::optional<AudioDecoder> audio;
  int video_index = demuxer.main_video().value_or(-1), audio_index = -1;
  for (const auto& stream : demuxer.streams()) {
    if (stream.kind == StreamKind::kAudio && audio_index < 0) audio_index = stream.index;
  }
  if (auto opened = VideoDecoder::open(demuxer, video_index, 1)) video.emplace(std::move(*opened));
  if (auto opened = AudioDecoder::open(demuxer, audio_index)) audio.emplace(std::move(*opened));
  for (int packets = 0; packets < kMaxPackets; ++packets) {
    PIER_TRY(const auto packet, demuxer.read());
    if (!packet) break;
    if (video && packet->stream_index == video_index) {
      PIER_CHECK(video->send(*packet));
      for (auto frame = video->receive(); frame && *frame;) frame = video->receive();
    } else if (audio && packet->stream_index == audio_index) {
      PIER_CHECK(audio->send(*packet));
      for (auto block = audio->receive(); block && *block;) block = audio->receive();
    }
  }
  return video_index < 0 ? Result<void>() : demuxer.seek(video_index, 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0 || size > kMaxBytes) return 0;
  UniqueFd fd(memfd_create("fuzz", MFD_CLOEXEC));
  if (!fd || !write_all(fd.get(), std::as_bytes(std::span(data, size)))) return 0;
  Source source;
  source.path = "fuzz";
  auto state = file_state(fd.get());
  if (!state) return 0;
  source.files.push_back({"fuzz", std::move(fd), *state});
  (void)read_and_decode(source);
  return 0;
}
