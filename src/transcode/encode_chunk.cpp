#include <malloc.h>
#include <sys/resource.h>

#include <pier/transcode/chunk.hpp>

#include "chunk_rate.hpp"
#include "encoder_sink.hpp"

namespace pier::transcode {
namespace {

/// Keeps thumbnails as raw planes; sheets are made of them when the track is assembled.
class ThumbnailSink final : public impl::RungSink {
 public:
  ThumbnailSink(int output, ChunkRungResult& result) : x_writer(output), x_result(result) {}

  Result<void> take(const Picture& picture, const PlannedFrame& frame,
                    std::span<const media::DynamicPayload>) override {
    media::Sample sample;
    sample.pts = frame.time;
    sample.key = true;
    const PictureView& view = picture.view();
    for (int plane = 0; plane < view.format.plane_count(); plane++) {
      const Plane& samples = view.planes[static_cast<size_t>(plane)];
      for (int y = 0; y < samples.height; y++) {
        const std::byte* row = samples.row<std::byte>(y);
        sample.data.insert(sample.data.end(), row, row + samples.width * view.format.bytes_per_sample());
      }
    }
    return x_writer.add(sample);
  }
  Result<void> finish() override {
    PIER_CHECK(x_writer.finish({}));
    x_result.samples = x_writer.count();
    x_result.bytes = x_writer.bytes();
    return {};
  }

 private:
  ChunkWriter x_writer;
  ChunkRungResult& x_result;
};

/// The rungs of a chunk until each of them fits: all are encoded from one decode, those that do not fit once more.
class ChunkEncode {
 public:
  ChunkEncode(const media::Source& source, const ChunkSpec& chunk, std::span<const int> outputs,
              std::span<const double> begin_with)
      : x_source(source),
        x_chunk(chunk),
        x_outputs(outputs),
        x_tried(chunk.rungs.size()),
        x_encoders(chunk.rungs.size()) {
    result.rungs.resize(chunk.rungs.size());
    for (size_t i = 0; i < chunk.rungs.size(); i++)
      x_crf.push_back(begin_with.empty() ? chunk.rungs[i].rung.crf : begin_with[i]);
  }

  /// One decode for the rungs that are still to be made.
  Result<void> pass(const Progress& progress);
  bool done() const { return x_made == x_chunk.rungs.size(); }

  ChunkResult result;
  double decode_seconds = 0, convert_seconds = 0;

 private:
  bool is_image(size_t i) const { return x_chunk.rungs[i].rung.kind == RungKind::kImage; }
  Result<void> accept_or_change(size_t i);
  Result<void> accept(size_t i);
  Result<void> lower(size_t i, std::span<const UnitSize> units);

  const media::Source& x_source;
  const ChunkSpec& x_chunk;
  std::span<const int> x_outputs;
  std::vector<double> x_crf;  // of the next or last encode
  std::vector<std::vector<impl::Tried>> x_tried;
  std::vector<std::unique_ptr<impl::RungSink>> x_sinks;
  std::vector<impl::EncoderSink*> x_encoders;  // of x_sinks; null: images, or made
  size_t x_made = 0;
};

Result<void> ChunkEncode::pass(const Progress& progress) {
  x_sinks.clear();
  ::malloc_trim(0);  // else the encoders of the pass before stay in the resident size, beside the new ones
  x_sinks.resize(x_chunk.rungs.size());
  for (size_t i = 0; i < x_chunk.rungs.size(); i++) {
    ChunkRungResult& rung = result.rungs[i];
    if (rung.made) continue;
    if (is_image(i)) {
      x_sinks[i] = std::make_unique<ThumbnailSink>(x_outputs[i], rung);
    } else {
      PIER_TRY(auto sink, impl::EncoderSink::open(x_chunk, x_chunk.rungs[i], x_crf[i]));
      x_encoders[i] = sink.get();
      x_sinks[i] = std::move(sink);
    }
  }
  PIER_TRY(const impl::FanOutTimes times, impl::fan_out(x_source, x_chunk, x_sinks, progress));
  decode_seconds += times.decode;
  convert_seconds += times.convert;
  for (size_t i = 0; i < x_sinks.size(); i++) {
    if (!x_sinks[i]) continue;
    if (is_image(i)) {
      result.rungs[i].made = true;
      x_made++;
    } else {
      PIER_CHECK(accept_or_change(i));
    }
  }
  return {};
}

Result<void> ChunkEncode::accept_or_change(size_t i) {
  const PlannedRung& rung = x_chunk.rungs[i];
  ChunkRungResult& made = result.rungs[i];
  const std::vector<UnitSize> units = x_encoders[i]->units();
  made.bucket = simulate(rung.bucket, x_chunk.timescale, units, x_chunk.end_time);
  made.crf = x_crf[i];
  made.tries++;
  x_tried[i].push_back({made.crf, made.bucket.bits});
  const auto wanted = static_cast<int64_t>(x_chunk.frames.size());
  if (made.bucket.units != wanted) {
    return fail(ErrorCode::kVerifyFailed, "rung " + rung.rung.name + ": the encoder took " + std::to_string(wanted) +
                                              " pictures and gave " + std::to_string(made.bucket.units));
  }
  if (!impl::fits(x_chunk, rung.bucket, made.bucket)) return lower(i, units);
  const auto better = impl::better_quality(x_chunk, rung, units, x_tried[i]);
  if (!better) return accept(i);
  x_crf[i] = *better;
  return {};
}

Result<void> ChunkEncode::accept(size_t i) {
  result.rungs[i].made = true;
  x_made++;
  return x_encoders[i]->write(x_outputs[i], result.rungs[i]);
}

Result<void> ChunkEncode::lower(size_t i, std::span<const UnitSize> units) {
  const PlannedRung& rung = x_chunk.rungs[i];
  const auto lower = impl::lower_quality(rung.rung.codec, x_chunk, rung.bucket, units, x_tried[i]);
  if (lower && result.rungs[i].tries < impl::kMostTries) {
    x_crf[i] = *lower;
    return {};
  }
  return fail(ErrorCode::kNotConform, "rung " + rung.rung.name + ": chunk " + std::to_string(x_chunk.index) +
                                          " does not fit into " + std::to_string(rung.bucket.rate / 1000) +
                                          " kbit/s with a buffer of " + std::to_string(rung.bucket.size / 1000) +
                                          " kbit, not even at crf " + std::to_string(x_crf[i]) +
                                          "; raise max_bitrate or buffer_seconds of the rung in its ladder");
}

}  // namespace

ChunkSpec first_pictures(const ChunkSpec& chunk, size_t pictures) {
  ChunkSpec sample = chunk;
  if (pictures >= chunk.frames.size()) return sample;
  sample.end_pts = chunk.frames[pictures].source_pts;
  sample.end_time = chunk.frames[pictures].time;
  sample.frames.resize(pictures);
  if (!sample.hdr10_plus.empty()) sample.hdr10_plus.resize(pictures);
  return sample;
}

Result<ChunkResult> encode_chunk(const media::Source& source, const ChunkSpec& chunk, std::span<const int> outputs,
                                 const Progress& progress, std::span<const double> begin_with) {
  if (outputs.size() != chunk.rungs.size()) return fail(ErrorCode::kInvalidArgument, "one output a rung is needed");
  if (chunk.frames.empty()) return fail(ErrorCode::kInvalidArgument, "a chunk needs frames");
  if (!begin_with.empty() && begin_with.size() != chunk.rungs.size())
    return fail(ErrorCode::kInvalidArgument, "one quality a rung is needed, or none");
  ChunkEncode encode(source, chunk, outputs, begin_with);
  PIER_CHECK(encode.pass(progress));
  // The work of the tries to come is not known: the count of pictures stays where it is.
  const auto frames = static_cast<int64_t>(chunk.frames.size());
  const Progress again = [&](double, int64_t) { return !progress || progress(0.99, frames); };
  while (!encode.done()) PIER_CHECK(encode.pass(again));
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
  };
  encode.result.seconds = {{"process", seconds(usage.ru_utime) + seconds(usage.ru_stime)},
                           {"decode_thread", encode.decode_seconds},
                           {"convert", encode.convert_seconds}};
  return std::move(encode.result);
}

}  // namespace pier::transcode
