#include <algorithm>
#include <deque>
#include <future>
#include <limits>

#include <pier/colour/convert.hpp>
#include <pier/core/concurrency.hpp>
#include <pier/imf/jpeg2000.hpp>
#include <pier/imf/mastering.hpp>
#include <pier/media/decode.hpp>

namespace pier::imf {
namespace {

/// Pictures in order from decoder to track file; a few are coded at a time.
class PictureMastering {
 public:
  PictureMastering(colour::Converter converter, const Jpeg2000Encoder& encoder, PictureTrackWriter writer,
                   size_t threads)
      : x_converter(std::move(converter)),
        x_encoder(encoder),
        x_writer(std::move(writer)),
        x_ahead(threads + 1),
        x_pool(threads, threads + 1) {}

  Result<void> add(const Picture& picture) {
    if (!x_tuned) {
      PIER_TRY(const Picture first, x_converter.run(picture));
      PIER_CHECK(x_encoder.tune(first));
      x_tuned = true;
    }
    if (x_coding.size() >= x_ahead) PIER_CHECK(take());
    auto promise = std::make_shared<std::promise<Result<Bytes>>>();
    x_coding.push_back(promise->get_future());
    x_pool.submit([this, promise, picture] {
      const Result<Picture> converted = x_converter.run(picture);
      promise->set_value(converted ? x_encoder.encode(*converted) : Result<Bytes>(Failure(converted.error())));
    });
    return {};
  }

  Result<TrackFile> finish() {
    while (!x_coding.empty()) PIER_CHECK(take());
    return x_writer.finish();
  }

 private:
  Result<void> take() {
    Result<Bytes> coded = x_coding.front().get();
    x_coding.pop_front();
    if (!coded) return Failure(std::move(coded).error());
    return x_writer.add(*coded);
  }

  colour::Converter x_converter;
  Jpeg2000Encoder x_encoder;
  PictureTrackWriter x_writer;
  size_t x_ahead;
  bool x_tuned = false;
  std::deque<std::future<Result<Bytes>>> x_coding;
  ThreadPool x_pool;  // last: its end waits for what still refers to the members above
};

Result<std::unique_ptr<PictureMastering>> open_mastering(const media::VideoFacts& video, const PicturePlan& plan,
                                                         const TrackIdentity& identity, int fd, int threads) {
  const PictureTrack& track = plan.track;
  const colour::PictureSpec from{video.format, video.width, video.height, plan.source_colour};
  const colour::PictureSpec to{track.format, track.width, track.height, track.colour};
  PIER_TRY(colour::Converter converter, colour::Converter::make(from, to));
  PIER_TRY(Jpeg2000Encoder encoder,
           Jpeg2000Encoder::make({track.format, track.width, track.height, track.rate, plan.bitrate}));
  PIER_TRY(PictureTrackWriter writer, PictureTrackWriter::open(fd, identity, track));
  return std::make_unique<PictureMastering>(std::move(converter), encoder, std::move(writer),
                                            static_cast<size_t>(std::max(1, threads)));
}

}  // namespace

Result<TrackFile> write_picture_track(const media::Source& source, const media::Facts& facts, const PicturePlan& plan,
                                      const TrackIdentity& identity, int fd, int threads,
                                      const MasteringProgress& progress) {
  const media::VideoFacts& video = facts.video[plan.video];
  PIER_TRY(const std::unique_ptr<PictureMastering> mastering, open_mastering(video, plan, identity, fd, threads));
  PIER_TRY(media::FrameRange frames, media::FrameRange::open(source, video.stream_index, video.start_pts,
                                                             std::numeric_limits<int64_t>::max(), {}, threads));
  int64_t count = 0;
  while (true) {
    PIER_TRY(std::optional<media::Frame> frame, frames.next());
    if (!frame) break;
    if (frame->damaged) {
      return fail(ErrorCode::kInputDamaged, "picture " + std::to_string(count) +
                                                " of the source is damaged; a package is made of whole ones (see pier "
                                                "check)");
    }
    Picture picture = std::move(frame->picture);
    picture.set_colour(plan.source_colour);
    PIER_CHECK(mastering->add(picture));
    ++count;
    const double share = video.frames > 0 ? static_cast<double>(count) / static_cast<double>(video.frames) : 0;
    if (progress && !progress(std::min(1.0, share), count))
      return fail(ErrorCode::kCancelled, "writing the pictures was cancelled");
  }
  return mastering->finish();
}

}  // namespace pier::imf
