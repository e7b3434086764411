#include <map>

#include <malloc.h>
#include <sys/resource.h>

#include <pier/media/access_unit.hpp>
#include <pier/transcode/chunk.hpp>

#include "chunk_rate.hpp"
#include "dynamic_hdr.hpp"
#include "fan_out.hpp"

namespace pier::transcode {
namespace {

/// Encodes the pictures of one rung and keeps what comes out until it is known to fit.
class EncoderSink final : public impl::RungSink {
 public:
  EncoderSink(media::VideoEncoder encoder, const ChunkSpec& chunk, const PlannedRung& rung)
      : x_encoder(std::move(encoder)), x_chunk(chunk), x_rung(rung) {}

  Result<void> take(const Picture& picture, const PlannedFrame& frame,
                    std::span<const media::DynamicPayload> dynamic) override {
    auto payloads = impl::payloads_for(x_chunk, x_rung, dynamic);
    if (!payloads.empty()) x_dynamic.emplace(frame.time, std::move(payloads));
    PIER_CHECK(x_encoder.send(picture, frame.time, frame.key));
    return drain();
  }
  Result<void> finish() override {
    PIER_CHECK(x_encoder.send_end());
    return drain();
  }
  Result<void> write(int output, ChunkRungResult& result) const {
    ChunkWriter writer(output);
    for (const media::Sample& sample : x_samples) PIER_CHECK(writer.add(sample));
    PIER_CHECK(writer.finish(x_encoder.configuration()));
    result.samples = writer.count();
    result.bytes = writer.bytes();
    return {};
  }
  std::vector<UnitSize> units() const {
    return unit_sizes(x_samples, static_cast<int64_t>(x_encoder.configuration().size()) * 8);
  }

 private:
  Result<void> drain() {
    while (true) {
      PIER_TRY(std::optional<media::Sample> sample, x_encoder.receive());
      if (!sample) return {};
      if (const auto payloads = x_dynamic.extract(sample->pts)) {
        PIER_CHECK(media::insert_dynamic_hdr(x_rung.rung.codec, payloads.mapped(), sample->data));
      }
      x_samples.push_back(std::move(*sample));
    }
  }
  media::VideoEncoder x_encoder;
  const ChunkSpec& x_chunk;
  const PlannedRung& x_rung;
  std::map<int64_t, std::vector<media::DynamicPayload>> x_dynamic;  // of pictures in the encoder, by time
  std::vector<media::Sample> x_samples;
};

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
  ChunkEncode(const media::Source& source, const ChunkSpec& chunk, std::span<const int> outputs)
      : x_source(source),
        x_chunk(chunk),
        x_outputs(outputs),
        x_tried(chunk.rungs.size()),
        x_encoders(chunk.rungs.size()) {
    result.rungs.resize(chunk.rungs.size());
    for (const PlannedRung& rung : chunk.rungs) x_settings.push_back(impl::encoder_config(chunk, rung));
  }

  /// One decode for the rungs that are still to be made.
  Result<void> pass(const Progress& progress);
  bool done() const { return x_made == x_chunk.rungs.size(); }

  ChunkResult result;
  double decode_seconds = 0, convert_seconds = 0;

 private:
  bool is_image(size_t i) const { return x_chunk.rungs[i].rung.kind == RungKind::kImage; }
  Result<void> open(size_t i);
  Result<void> accept_or_lower(size_t i);

  const media::Source& x_source;
  const ChunkSpec& x_chunk;
  std::span<const int> x_outputs;
  std::vector<media::VideoEncoderConfig> x_settings;
  std::vector<std::vector<impl::Tried>> x_tried;
  std::vector<std::unique_ptr<impl::RungSink>> x_sinks;
  std::vector<EncoderSink*> x_encoders;  // of x_sinks; null: images, or made
  size_t x_made = 0;
};

Result<void> ChunkEncode::open(size_t i) {
  auto encoder = media::VideoEncoder::open(x_settings[i]);
  if (!encoder) return fail_in("rung " + x_chunk.rungs[i].rung.name, encoder.error());
  auto sink = std::make_unique<EncoderSink>(std::move(*encoder), x_chunk, x_chunk.rungs[i]);
  x_encoders[i] = sink.get();
  x_sinks[i] = std::move(sink);
  return {};
}

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
      PIER_CHECK(open(i));
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
      PIER_CHECK(accept_or_lower(i));
    }
  }
  return {};
}

Result<void> ChunkEncode::accept_or_lower(size_t i) {
  const PlannedRung& rung = x_chunk.rungs[i];
  ChunkRungResult& made = result.rungs[i];
  const std::vector<UnitSize> units = x_encoders[i]->units();
  made.bucket = simulate(rung.bucket, x_chunk.timescale, units, x_chunk.end_time);
  made.crf = *x_settings[i].crf;
  made.tries++;
  const auto wanted = static_cast<int64_t>(x_chunk.frames.size());
  if (made.bucket.units != wanted) {
    return fail(ErrorCode::kVerifyFailed, "rung " + rung.rung.name + ": the encoder took " + std::to_string(wanted) +
                                              " pictures and gave " + std::to_string(made.bucket.units));
  }
  if (impl::fits(x_chunk, rung.bucket, made.bucket)) {
    made.made = true;
    x_made++;
    return x_encoders[i]->write(x_outputs[i], made);
  }
  x_tried[i].push_back({made.crf, made.bucket.bits});
  x_settings[i].crf = impl::lower_quality(rung.rung.codec, x_chunk, rung.bucket, units, x_tried[i]);
  if (made.tries < impl::kMostTries && x_settings[i].crf) return {};
  return fail(ErrorCode::kNotConform, "rung " + rung.rung.name + ": chunk " + std::to_string(x_chunk.index) +
                                          " does not fit into " + std::to_string(rung.bucket.rate / 1000) +
                                          " kbit/s with a buffer of " + std::to_string(rung.bucket.size / 1000) +
                                          " kbit, not even at crf " + std::to_string(made.crf) +
                                          "; raise max_bitrate or buffer_seconds of the rung in its ladder");
}

}  // namespace

Result<ChunkResult> encode_chunk(const media::Source& source, const ChunkSpec& chunk, std::span<const int> outputs,
                                 const Progress& progress) {
  if (outputs.size() != chunk.rungs.size()) return fail(ErrorCode::kInvalidArgument, "one output a rung is needed");
  if (chunk.frames.empty()) return fail(ErrorCode::kInvalidArgument, "a chunk needs frames");
  ChunkEncode encode(source, chunk, outputs);
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
