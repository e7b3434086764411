// AVS2 and AVS3 elementary streams, read without FFmpeg.

#include <algorithm>

#include "bitstream/nal.hpp"
#include "probe_state.hpp"

namespace pier::media::impl {
namespace {

constexpr size_t kChunk = 4U << 20U;
constexpr size_t kMaxUnit = 64U << 20U;
constexpr uint64_t kQuickBytes = 64U << 20U;

// Hands each unit on, with its start code, and counts pictures. Metadata before a picture counts to that picture,
// extensions behind a picture header to the picture they follow.
class UnitReader {
 public:
  explicit UnitReader(VideoState& video) : x_video(video) {}
  void unit(ByteView unit) {
    Timeline& timeline = x_video.timeline;
    const auto code = std::to_integer<uint8_t>(unit[0]);
    if (code == kAvsSequence) x_in_header = true;
    if (code == kAvsIntraPicture || code == kAvsInterPicture) {
      if (code == kAvsIntraPicture && !x_video.first_access) x_video.first_access = timeline.units;
      ++timeline.units;
      x_in_header = false;
    }
    timeline.bytes += static_cast<int64_t>(unit.size()) + 3;
    if (code != kAvsSequence && code != kAvsExtension) return;
    Bytes framed = {std::byte{0}, std::byte{0}, std::byte{1}};
    framed.insert(framed.end(), unit.begin(), unit.end());
    x_video.scan.read_packet(framed, x_in_header ? timeline.units : std::max<int64_t>(0, timeline.units - 1));
  }

 private:
  VideoState& x_video;
  bool x_in_header = true;
};

// Where the last start code of `bytes` begins; 0 when there is none behind the first.
size_t last_start(ByteView bytes) {
  for (size_t at = bytes.size() < 3 ? 0 : bytes.size() - 3; at > 0; --at) {
    if (bytes[at] == std::byte{0} && bytes[at + 1] == std::byte{0} && bytes[at + 2] == std::byte{1}) return at;
  }
  return 0;
}

Result<void> read_units(const SourceFile& file, uint64_t limit, const ProbeOptions& options, UnitReader& reader) {
  Bytes pending;
  for (uint64_t at = 0; at < limit;) {
    const size_t had = pending.size();
    pending.resize(had + static_cast<size_t>(std::min<uint64_t>(kChunk, limit - at)));
    PIER_TRY(const size_t got, read_at(file.fd.get(), at, std::span(pending).subspan(had)));
    pending.resize(had + got);
    if (got == 0) break;
    at += got;
    const size_t keep = at < limit ? last_start(pending) : pending.size();
    split_start_codes(ByteView(pending).first(keep), [&](ByteView unit) { reader.unit(unit); });
    pending.erase(pending.begin(), pending.begin() + static_cast<ptrdiff_t>(keep));
    if (pending.size() > kMaxUnit)
      return fail(ErrorCode::kInputDamaged, display_text(file.name) + " holds no start code for 64 MiB");
    if (options.on_progress && !options.on_progress(static_cast<double>(at) / static_cast<double>(limit))) {
      return fail(ErrorCode::kCancelled, "probing was cancelled");
    }
  }
  return {};
}

}  // namespace

Result<Facts> probe_avs(const Source& source, AvsGeneration generation, const ProbeOptions& options) {
  const SourceFile& file = source.files[source.primary];
  const bool avs3 = generation == AvsGeneration::kAvs3;
  VideoState video(0, avs3 ? Codec::kAvs3 : Codec::kAvs2);
  video.facts.codec_name = avs3 ? "avs3" : "avs2";
  video.facts.time_base = kElementaryTimeBase;
  video.facts.decodable = false;
  Facts facts;
  facts.path = source.path;
  facts.container = video.facts.codec_name;
  facts.bytes = file.state.size;
  const uint64_t limit = options.quick ? std::min(file.state.size, kQuickBytes) : file.state.size;
  facts.sampled = limit < file.state.size;
  if (facts.sampled) facts.sample_statement = "first 64 MiB of " + std::to_string(file.state.size >> 20U) + " MiB";
  note_decoder(video.facts, facts.warnings);
  UnitReader reader(video);
  PIER_CHECK(read_units(file, limit, options, reader));
  if (!facts.sampled) video.facts.frames = video.timeline.units;
  finish_video(video, options, facts.warnings);
  facts.duration = video.facts.duration;
  facts.video.push_back(std::move(video.facts));
  facts.main_video = 0;
  facts.warnings.emplace_back("the file holds no sound");
  return facts;
}

}  // namespace pier::media::impl
