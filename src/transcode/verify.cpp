#include <algorithm>
#include <iterator>
#include <limits>
#include <map>

#include <fcntl.h>

#include <pier/media/access_unit.hpp>
#include <pier/media/decode.hpp>
#include <pier/packaging/cmaf_reader.hpp>
#include <pier/quality/measurer.hpp>
#include <pier/transcode/verify.hpp>

#include "dynamic_hdr.hpp"
#include "fan_out.hpp"

namespace pier::transcode {
namespace {

constexpr size_t kShare = 4;    // one picture of so many is held against the source's, in runs as XPSNR wants them,
constexpr size_t kAtSeams = 2;  // and so many at either end of a chunk, and key pictures
constexpr double kFast = 32;    // pictures a second from which on XPSNR looks at two before, not one

/// Measures pictures of one rung against those its encoder was given.
class Comparison {
 public:
  static Result<Comparison> make(const ChunkSpec& chunk, const PlannedRung& rung) {
    const colour::PictureSpec& form = rung.picture;
    quality::MeasureSpec spec{{quality::Metric::kPsnr, quality::Metric::kSsimBlock},
                              form.format,
                              form.width,
                              form.height,
                              form.colour,
                              chunk.frame_rate};
    PIER_TRY(quality::Measurer still, quality::Measurer::make(spec));
    spec.metrics = {quality::Metric::kXpsnr};
    PIER_TRY(quality::Measurer moving, quality::Measurer::make(spec));
    return Comparison(chunk, std::move(still), std::move(moving));
  }

  bool needs(size_t place) const {
    const size_t end = x_chunk.frames.size();
    return place % x_distance == 0 || place % x_distance + x_before >= x_distance || place < kAtSeams ||
           place + kAtSeams >= end || x_chunk.frames[place].key;
  }

  /// Luma PSNR. An empty `want` is one that was not needed.
  Result<double> add(const Picture& want, const Picture& got, QualityFigures& figures) {
    const size_t place = x_place++;
    if (!want) {
      x_seen.clear();
      return quality::kMostDb;
    }
    PIER_TRY(const std::vector<double> still, x_still.measure(want, got));
    const double luma = still[x_luma];
    figures.psnr_y.add(luma);
    figures.psnr_c.add((still[x_luma + 1] + still[x_luma + 2]) / 2);
    figures.ssim.add(still[x_ssim]);
    if (place % x_distance == 0 && x_seen.size() >= x_before) {
      const Picture before_that = x_before > 1 ? x_seen[x_seen.size() - 2] : Picture();
      PIER_TRY(const std::vector<double> moving, x_moving.measure(want, got, x_seen.back(), before_that));
      figures.xpsnr.add(moving.front());
    }
    x_seen.push_back(want);
    if (x_seen.size() > x_before) x_seen.erase(x_seen.begin());
    return luma;
  }

 private:
  Comparison(const ChunkSpec& chunk, quality::Measurer still, quality::Measurer moving)
      : x_chunk(chunk),
        x_still(std::move(still)),
        x_moving(std::move(moving)),
        x_before(chunk.frame_rate.value() >= kFast ? 2 : 1),
        x_distance(kShare * (x_before + 1)),
        x_luma(place_of("psnr_y")),
        x_ssim(place_of("ssim_block_y")) {}

  size_t place_of(std::string_view name) const {
    const auto& series = x_still.series();
    return static_cast<size_t>(std::ranges::find(series, name, &quality::Series::name) - series.begin());
  }

  const ChunkSpec& x_chunk;
  quality::Measurer x_still, x_moving;
  size_t x_before;    // pictures before that XPSNR wants
  size_t x_distance;  // of pictures whose XPSNR is measured
  size_t x_luma, x_ssim;
  size_t x_place = 0;
  std::vector<Picture> x_seen;  // the source's, next to each other, up to the last one
};

/// A stored track with its index held open.
struct OpenTrack {
  packaging::MappedIndex index;
  packaging::CmafReader reader;
  packaging::TrackDescription description;
};

Result<OpenTrack> open_track(const TrackFiles& files) {
  PIER_TRY(packaging::MappedIndex index, packaging::MappedIndex::open(files.index_fd));
  PIER_TRY(packaging::CmafReader reader, packaging::CmafReader::open(files.media_fd, index.view()));
  PIER_TRY(packaging::TrackDescription description, index.view().description());
  return OpenTrack{std::move(index), std::move(reader), std::move(description)};
}

/// What the track stores for the segments of the chunk, digests checked.
Result<std::vector<media::Sample>> stored_samples(OpenTrack& track, const ChunkSpec& chunk, const std::string& name) {
  std::vector<media::Sample> all;
  for (int i = 0; i < chunk.segment_count; i++) {
    const auto segment = static_cast<size_t>(chunk.first_segment + i);
    if (segment >= track.reader.segment_count()) {
      return fail(ErrorCode::kVerifyFailed, "track " + name + " has no segment " + std::to_string(segment + 1));
    }
    PIER_CHECK(track.reader.check_digest(segment));
    PIER_TRY(std::vector<media::Sample> samples, track.reader.read_segment(segment));
    std::move(samples.begin(), samples.end(), std::back_inserter(all));
  }
  return all;
}

Result<media::VideoDecoder> open_decoder(const OpenTrack& track, int threads) {
  return media::VideoDecoder::open(track.description.codec, track.reader.configuration(),
                                   Rational(1, track.description.timescale), threads);
}

/// Decodes one stored segment beside the pictures its encoder was given.
class VerifySink final : public impl::RungSink {
 public:
  VerifySink(const ChunkSpec& chunk, const PlannedRung& rung, OpenTrack track, media::VideoDecoder decoder,
             std::vector<media::Sample> samples, Comparison comparison, double floor_db, QualityFigures& figures)
      : x_chunk(chunk),
        x_rung(rung),
        x_track(std::move(track)),
        x_decoder(std::move(decoder)),
        x_samples(std::move(samples)),
        x_comparison(std::move(comparison)),
        x_floor(floor_db),
        x_figures(figures) {}

  bool needs(size_t place) const override { return x_comparison.needs(place); }

  Result<void> take(const Picture& picture, const PlannedFrame& planned,
                    std::span<const media::DynamicPayload> dynamic) override {
    PIER_TRY(const std::optional<media::Frame> frame, next());
    if (!frame) return broken(planned, "is missing");
    if (frame->pts != planned.time) return broken(planned, "comes at tick " + std::to_string(frame->pts));
    if (frame->damaged) return broken(planned, "does not decode whole");
    PIER_CHECK(check_form(frame->picture.view(), planned));
    PIER_TRY(const double luma, x_comparison.add(picture, frame->picture, x_figures));
    if (luma < x_floor) return broken(planned, "is not the source's picture (PSNR " + std::to_string(luma) + " dB)");
    return check_dynamic(planned, dynamic);
  }

  Result<void> finish() override {
    PIER_TRY(const std::optional<media::Frame> frame, next());
    if (frame)
      return fail(ErrorCode::kVerifyFailed, "track " + x_rung.rung.name + " has more pictures than the source");
    return {};
  }

 private:
  Result<void> broken(const PlannedFrame& planned, const std::string& what) const {
    return fail(ErrorCode::kVerifyFailed,
                "track " + x_rung.rung.name + ": the picture of tick " + std::to_string(planned.time) + " " + what);
  }
  Result<void> check_form(const PictureView& got, const PlannedFrame& planned) const {
    const colour::PictureSpec& want = x_rung.picture;
    if (want.width != got.width || want.height != got.height || want.format != got.format) {
      return broken(
          planned, "is " + std::to_string(got.width) + "x" + std::to_string(got.height) + " " + got.format.to_string());
    }
    const ColourInfo &right = want.colour, &said = got.colour;
    if (said.primaries != right.primaries || said.transfer != right.transfer || said.matrix != right.matrix ||
        said.range != right.range) {
      return broken(planned, "is tagged " + to_string(said.primaries) + "/" + to_string(said.transfer) + "/" +
                                 to_string(said.matrix));
    }
    return {};
  }
  Result<void> check_dynamic(const PlannedFrame& planned, std::span<const media::DynamicPayload> dynamic) {
    std::vector<media::DynamicPayload> stored;
    if (const auto found = x_dynamic.extract(planned.time)) stored = std::move(found.mapped());
    std::vector<media::DynamicPayload> wanted = impl::payloads_for(x_chunk, x_rung, dynamic);
    // RPU units stand behind the slices, whatever was before them in the master.
    const auto by_kind = [](const auto& a, const auto& b) { return a.kind < b.kind; };
    std::ranges::stable_sort(wanted, by_kind);
    std::ranges::stable_sort(stored, by_kind);
    if (stored != wanted) return broken(planned, "carries other dynamic HDR metadata than the master's");
    std::array<bool, media::kDynamicHdrKinds> has{};
    for (const media::DynamicPayload& one : stored) has[static_cast<size_t>(one.kind)] = true;
    for (size_t i = 0; i < has.size(); i++) x_figures.dynamic[i] += has[i] ? 1 : 0;
    return {};
  }
  Result<void> send(const media::Sample& sample) {
    if (auto found = x_reader.read(sample.data); !found.empty()) x_dynamic.emplace(sample.pts, std::move(found));
    return x_decoder.send(sample);
  }
  Result<std::optional<media::Frame>> next() {
    while (true) {
      PIER_TRY(std::optional<media::Frame> frame, x_decoder.receive());
      if (frame || x_ended) return frame;
      if (x_position < x_samples.size()) {
        PIER_CHECK(send(x_samples[x_position++]));
      } else {
        PIER_CHECK(x_decoder.send_end());
        x_ended = true;
      }
    }
  }
  const ChunkSpec& x_chunk;
  const PlannedRung& x_rung;
  OpenTrack x_track;
  media::VideoDecoder x_decoder;
  media::DynamicHdrReader x_reader{x_track.description.codec, x_track.reader.configuration()};
  std::map<int64_t, std::vector<media::DynamicPayload>> x_dynamic;  // of stored pictures in the decoder, by time
  std::vector<media::Sample> x_samples;
  size_t x_position = 0;
  bool x_ended = false;
  Comparison x_comparison;
  double x_floor;
  QualityFigures& x_figures;
};

}  // namespace

Result<std::vector<QualityFigures>> verify_chunk(const media::Source& source, const ChunkSpec& chunk,
                                                 std::span<const TrackFiles> tracks, const Progress& progress,
                                                 double floor_db) {
  if (tracks.size() != chunk.rungs.size()) return fail(ErrorCode::kInvalidArgument, "one track a rung is needed");
  std::vector<QualityFigures> figures(chunk.rungs.size());
  std::vector<std::unique_ptr<impl::RungSink>> sinks;
  for (size_t i = 0; i < chunk.rungs.size(); i++) {
    if (chunk.rungs[i].rung.kind != RungKind::kVideo) {
      sinks.push_back(nullptr);
      continue;
    }
    PIER_TRY(OpenTrack track, open_track(tracks[i]));
    PIER_TRY(std::vector<media::Sample> samples, stored_samples(track, chunk, chunk.rungs[i].rung.name));
    PIER_TRY(media::VideoDecoder decoder, open_decoder(track, 1));
    PIER_TRY(Comparison comparison, Comparison::make(chunk, chunk.rungs[i]));
    sinks.push_back(std::make_unique<VerifySink>(chunk, chunk.rungs[i], std::move(track), std::move(decoder),
                                                 std::move(samples), std::move(comparison), floor_db, figures[i]));
  }
  PIER_CHECK(impl::fan_out(source, chunk, sinks, progress));
  return figures;
}

Result<int64_t> verify_sound(const TrackFiles& track, int64_t programme_samples, const Progress& progress) {
  media::Source source;
  source.path = "track";
  PIER_TRY(const FileState state, file_state(track.media_fd));
  UniqueFd fd(fcntl(track.media_fd, F_DUPFD_CLOEXEC, 0));
  if (!fd) return Failure(errno_error(errno, "cannot duplicate a descriptor"));
  source.files.push_back({"track.mp4", std::move(fd), state});
  PIER_TRY(media::Demuxer demuxer, media::Demuxer::open(source));
  PIER_TRY(media::AudioDecoder decoder, media::AudioDecoder::open(demuxer, 0));
  int64_t samples = 0;
  const auto count = [&]() -> Result<void> {
    while (true) {
      PIER_TRY(const std::optional<media::AudioBlock> block, decoder.receive());
      if (!block) return {};
      // What lies before time 0 is the encoder's priming, taken out of the programme by the edit list.
      samples += static_cast<int64_t>(block->samples()) -
                 std::clamp<int64_t>(-block->pts, 0, static_cast<int64_t>(block->samples()));
    }
  };
  while (true) {
    PIER_TRY(const std::optional<media::Packet> packet, demuxer.read());
    if (!packet) break;
    PIER_CHECK(decoder.send(*packet));
    PIER_CHECK(count());
    if (progress &&
        !progress(static_cast<double>(samples) / static_cast<double>(std::max<int64_t>(1, programme_samples)),
                  samples)) {
      return fail(ErrorCode::kCancelled, "stopped");
    }
  }
  PIER_CHECK(decoder.send_end());
  PIER_CHECK(count());
  if (samples != programme_samples) {
    return fail(ErrorCode::kVerifyFailed, "the sound decodes to " + std::to_string(samples) +
                                              " samples where the programme has " + std::to_string(programme_samples));
  }
  return samples;
}

Result<int64_t> decode_track(const TrackFiles& files, int threads, const Progress& progress) {
  PIER_TRY(OpenTrack track, open_track(files));
  PIER_TRY(media::VideoDecoder decoder, open_decoder(track, threads));
  int64_t frames = 0, last = std::numeric_limits<int64_t>::min();
  const auto take = [&]() -> Result<void> {
    while (true) {
      PIER_TRY(const std::optional<media::Frame> frame, decoder.receive());
      if (!frame) return {};
      if (frame->damaged || frame->pts <= last) {
        return fail(ErrorCode::kVerifyFailed, "picture " + std::to_string(frames) + " is damaged or out of order");
      }
      last = frame->pts;
      frames++;
    }
  };
  int64_t sent = 0;
  for (size_t segment = 0; segment < track.reader.segment_count(); segment++) {
    PIER_CHECK(track.reader.check_digest(segment));
    PIER_TRY(const std::vector<media::Sample> samples, track.reader.read_segment(segment));
    for (const media::Sample& sample : samples) {
      PIER_CHECK(decoder.send(sample));
      PIER_CHECK(take());
    }
    sent += static_cast<int64_t>(samples.size());
    if (progress &&
        !progress(static_cast<double>(segment + 1) / static_cast<double>(track.reader.segment_count()), frames)) {
      return fail(ErrorCode::kCancelled, "stopped");
    }
  }
  PIER_CHECK(decoder.send_end());
  PIER_CHECK(take());
  if (frames != sent) {
    return fail(ErrorCode::kVerifyFailed, std::to_string(frames) + " of " + std::to_string(sent) + " pictures decode");
  }
  return frames;
}

}  // namespace pier::transcode
