#include <algorithm>
#include <utility>

#include <pier/media/demux.hpp>
#include <pier/packaging/cmaf_reader.hpp>
#include <pier/transcode/sound.hpp>
#include <pier/transcode/verify.hpp>

namespace pier::transcode {
namespace {

/// The units of the source that the programme needs: from the one before the unit it begins in, which overlaps with it,
/// up to its end.
class KeptUnits {
 public:
  KeptUnits(media::CodedSound& sound, const SoundSpec& spec)
      : x_sound(sound),
        x_start(rescale(1, spec.programme_start, Rational(1, spec.source_rate))),
        x_end(x_start + spec.programme_samples) {}

  /// pts from the start of the programme.
  Result<std::optional<media::Sample>> next() {
    if (!x_begun) PIER_CHECK(begin());
    if (!x_current || x_current->pts >= x_end) return std::optional<media::Sample>();
    std::optional<media::Sample> given = std::move(x_current);
    if (x_following) {
      x_current = std::exchange(x_following, std::nullopt);
    } else {
      PIER_TRY(x_current, x_sound.next());
    }
    given->pts -= x_start;
    given->dts = given->pts;
    return given;
  }

 private:
  Result<void> begin() {
    x_begun = true;
    PIER_TRY(x_current, x_sound.next());
    while (x_current) {
      PIER_TRY(x_following, x_sound.next());
      if (!x_following || x_following->pts > x_start - x_following->duration) break;
      x_current = std::exchange(x_following, std::nullopt);
    }
    if (x_current && x_current->pts <= x_start) return {};
    const int64_t late = x_current ? x_current->pts - x_start : 0;
    return fail(ErrorCode::kInputUnsupported, "the sound cannot be kept as it is: it begins " + std::to_string(late) +
                                                  " samples after the picture; encode it instead");
  }

  media::CodedSound& x_sound;
  int64_t x_start, x_end;
  bool x_begun = false;
  std::optional<media::Sample> x_current, x_following;
};

}  // namespace

Result<SoundResult> keep_sound(const media::Source& source, const SoundSpec& spec, int output,
                               const Progress& progress) {
  PIER_TRY(media::Demuxer demuxer, media::Demuxer::open(source));
  PIER_TRY(media::CodedSound sound, media::CodedSound::open(demuxer, spec.group.channels.at(0).stream_index));
  KeptUnits units(sound, spec);
  ChunkWriter writer(output);
  SoundResult result;
  while (true) {
    PIER_TRY(const std::optional<media::Sample> unit, units.next());
    if (!unit) break;
    if (writer.count() == 0) result.priming = -unit->pts;
    PIER_CHECK(writer.add(*unit));
    result.programme_samples = std::min(spec.programme_samples, unit->pts + unit->duration);
    const auto done = static_cast<double>(unit->pts) / static_cast<double>(spec.programme_samples);
    if (progress && writer.count() % 256 == 0 && !progress(done, writer.count()))
      return fail(ErrorCode::kCancelled, "stopped");
  }
  if (result.programme_samples <= 0)
    return fail(ErrorCode::kInputUnsupported, "the sound ends before the programme begins; leave it out");
  PIER_CHECK(writer.finish(sound.configuration()));
  result.samples = writer.count();
  return result;
}

Result<int64_t> verify_kept_sound(const media::Source& source, const SoundSpec& spec, const TrackFiles& track,
                                  const Progress& progress) {
  PIER_TRY(media::Demuxer demuxer, media::Demuxer::open(source));
  PIER_TRY(media::CodedSound sound, media::CodedSound::open(demuxer, spec.group.channels.at(0).stream_index));
  PIER_TRY(const packaging::MappedIndex index, packaging::MappedIndex::open(track.index_fd));
  PIER_TRY(packaging::CmafReader reader, packaging::CmafReader::open(track.media_fd, index.view()));
  KeptUnits units(sound, spec);
  const auto differs = [](int64_t number, const std::string& how) {
    return fail(ErrorCode::kVerifyFailed, "unit " + std::to_string(number + 1) + " of the kept sound " + how);
  };
  int64_t count = 0;
  for (size_t segment = 0; segment < reader.segment_count(); ++segment) {
    PIER_CHECK(reader.check_digest(segment));
    PIER_TRY(const std::vector<media::Sample> stored, reader.read_segment(segment));
    for (const media::Sample& sample : stored) {
      PIER_TRY(const std::optional<media::Sample> unit, units.next());
      if (!unit) return differs(count, "is not in the source");
      if (unit->pts != sample.pts) return differs(count, "is at another time than in the source");
      if (unit->data != sample.data) return differs(count, "has other bytes than in the source");
      ++count;
    }
    const auto done = static_cast<double>(segment + 1) / static_cast<double>(reader.segment_count());
    if (progress && !progress(done, count)) return fail(ErrorCode::kCancelled, "stopped");
  }
  PIER_TRY(const std::optional<media::Sample> more, units.next());
  if (more) return differs(count, "is missing");
  if (!std::ranges::equal(reader.configuration(), sound.configuration()))
    return fail(ErrorCode::kVerifyFailed, "the kept sound has another configuration than the source");
  return count;
}

}  // namespace pier::transcode
