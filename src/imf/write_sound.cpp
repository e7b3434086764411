#include <algorithm>

#include <pier/imf/mastering.hpp>
#include <pier/media/decode.hpp>

namespace pier::imf {
namespace {

constexpr int64_t kPiece = 48000;  // samples handed on at once

/// Blocks of one stream onto the timeline of the pictures: 0 is the first picture.
class SoundTimeline {
 public:
  SoundTimeline(SoundTrackWriter& writer, const SoundPlan& plan, int64_t start, int64_t length)
      : x_writer(writer), x_plan(plan), x_start(start), x_length(length) {}

  int64_t position() const { return x_position; }

  Result<void> add(const media::AudioBlock& block) {
    if (block.sample_rate != x_plan.track.sample_rate || block.channels.size() != x_plan.order.size()) {
      return fail(ErrorCode::kInputUnsupported,
                  "the sound changes its rate or channels on the way; make it one before it goes into a package");
    }
    const auto count = static_cast<int64_t>(block.samples());
    int64_t at = block.pts - x_start;
    // A container's clock may be off by a hundredth of a second before a gap is a gap.
    if (x_begun && std::abs(at - x_position) < x_plan.track.sample_rate / 100) at = x_position;
    if (at > x_position) PIER_CHECK(silence(std::min(at, x_length)));
    x_begun = true;
    const int64_t skip = std::max<int64_t>(0, x_position - at);
    const int64_t take = std::min(count - skip, x_length - x_position);
    if (take <= 0) return {};
    std::vector<std::vector<float>> channels;
    for (const int channel : x_plan.order) {
      const auto first = block.channels[static_cast<size_t>(channel)].begin() + skip;
      channels.emplace_back(first, first + take);
    }
    x_position += take;
    return x_writer.add(channels);
  }

  Result<void> silence(int64_t until) {
    while (x_position < until) {
      const int64_t count = std::min(kPiece, until - x_position);
      PIER_CHECK(x_writer.add(std::vector(x_plan.order.size(), std::vector<float>(static_cast<size_t>(count)))));
      x_position += count;
    }
    return {};
  }

 private:
  SoundTrackWriter& x_writer;
  const SoundPlan& x_plan;
  int64_t x_start, x_length, x_position = 0;
  bool x_begun = false;
};

Result<void> pull(media::AudioDecoder& decoder, SoundTimeline& timeline) {
  while (true) {
    PIER_TRY(const std::optional<media::AudioBlock> block, decoder.receive());
    if (!block) return {};
    PIER_CHECK(timeline.add(*block));
  }
}

}  // namespace

Result<TrackFile> write_sound_track(const media::Source& source, const media::Facts& facts, const SoundPlan& plan,
                                    const TrackIdentity& identity, int fd, const MasteringProgress& progress) {
  const media::VideoFacts& video = facts.video[static_cast<size_t>(facts.main_video)];
  const int stream = facts.audio[plan.audio].stream_index;
  const Rational sample(1, plan.track.sample_rate);
  const int64_t length =
      rescale(video.frames, Rational(plan.track.picture_rate.den, plan.track.picture_rate.num), sample);
  const int64_t start = rescale(video.start_pts, video.time_base, sample);
  PIER_TRY(SoundTrackWriter writer, SoundTrackWriter::open(fd, identity, plan.track));
  SoundTimeline timeline(writer, plan, start, length);
  PIER_TRY(media::Demuxer demuxer, media::Demuxer::open(source));
  PIER_TRY(media::AudioDecoder decoder, media::AudioDecoder::open(demuxer, stream));
  demuxer.select({stream});
  while (timeline.position() < length) {
    PIER_TRY(const std::optional<media::Packet> packet, demuxer.read());
    PIER_CHECK(packet ? decoder.send(*packet) : decoder.send_end());
    PIER_CHECK(pull(decoder, timeline));
    if (!packet) break;
    if (progress && !progress(static_cast<double>(timeline.position()) / static_cast<double>(length), 0))
      return fail(ErrorCode::kCancelled, "writing the sound was cancelled");
  }
  PIER_CHECK(timeline.silence(length));
  return writer.finish();
}

}  // namespace pier::imf
