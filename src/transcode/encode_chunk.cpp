#include <sys/resource.h>

#include <pier/transcode/chunk.hpp>

#include "fan_out.hpp"

namespace pier::transcode {
namespace {

media::VideoEncoderConfig encoder_config(const ChunkSpec& chunk, const PlannedRung& rung) {
  media::VideoEncoderConfig config;
  config.codec = rung.rung.codec;
  config.format = rung.picture.format;
  config.width = rung.picture.width;
  config.height = rung.picture.height;
  config.sample_aspect = chunk.sample_aspect;
  config.colour = rung.picture.colour;
  config.mastering_display = rung.mastering_display;
  config.content_light = rung.content_light;
  config.time_base = {1, chunk.timescale};
  config.frame_rate = chunk.frame_rate;
  config.preset = rung.rung.preset;
  config.bitrate = rung.bitrate;
  config.max_bitrate = rung.max_bitrate;
  config.buffer_bits = rung.buffer_bits;
  if (rung.rung.crf > 0) config.crf = rung.rung.crf;
  config.gop_frames = chunk.gop_frames;
  return config;
}

/// Encodes the pictures of one rung into its chunk file.
class EncoderSink final : public impl::RungSink {
 public:
  EncoderSink(media::VideoEncoder encoder, int output, ChunkRungResult& result)
      : x_encoder(std::move(encoder)), x_writer(output), x_result(result) {}

  Result<void> take(const Picture& picture, const PlannedFrame& frame) override {
    PIER_CHECK(x_encoder.send(picture, frame.time, frame.key));
    return drain();
  }
  Result<void> finish() override {
    PIER_CHECK(x_encoder.send_end());
    PIER_CHECK(drain());
    PIER_CHECK(x_writer.finish(x_encoder.configuration()));
    x_result = {x_writer.count(), x_writer.bytes()};
    return {};
  }

 private:
  Result<void> drain() {
    while (true) {
      PIER_TRY(const std::optional<media::Sample> sample, x_encoder.receive());
      if (!sample) return {};
      PIER_CHECK(x_writer.add(*sample));
    }
  }
  media::VideoEncoder x_encoder;
  ChunkWriter x_writer;
  ChunkRungResult& x_result;
};

/// Keeps thumbnails as raw planes; sheets are made of them when the track is assembled.
class ThumbnailSink final : public impl::RungSink {
 public:
  ThumbnailSink(int output, ChunkRungResult& result) : x_writer(output), x_result(result) {}

  Result<void> take(const Picture& picture, const PlannedFrame& frame) override {
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
    x_result = {x_writer.count(), x_writer.bytes()};
    return {};
  }

 private:
  ChunkWriter x_writer;
  ChunkRungResult& x_result;
};

}  // namespace

Result<ChunkResult> encode_chunk(const media::Source& source, const ChunkSpec& chunk, std::span<const int> outputs,
                                 const Progress& progress) {
  if (outputs.size() != chunk.rungs.size()) return fail(ErrorCode::kInvalidArgument, "one output a rung is needed");
  ChunkResult result;
  result.rungs.resize(chunk.rungs.size());
  std::vector<std::unique_ptr<impl::RungSink>> sinks;
  for (size_t i = 0; i < chunk.rungs.size(); i++) {
    const PlannedRung& rung = chunk.rungs[i];
    if (rung.rung.kind == RungKind::kImage) {
      sinks.push_back(std::make_unique<ThumbnailSink>(outputs[i], result.rungs[i]));
      continue;
    }
    auto encoder = media::VideoEncoder::open(encoder_config(chunk, rung));
    if (!encoder) return fail_in("rung " + rung.rung.name, encoder.error());
    sinks.push_back(std::make_unique<EncoderSink>(std::move(*encoder), outputs[i], result.rungs[i]));
  }
  PIER_TRY(const impl::FanOutTimes times, impl::fan_out(source, chunk, sinks, progress));
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
  };
  result.seconds = {{"process", seconds(usage.ru_utime) + seconds(usage.ru_stime)},
                    {"decode_thread", times.decode},
                    {"convert", times.convert}};
  for (size_t i = 0; i < chunk.rungs.size(); i++) {
    const bool images = chunk.rungs[i].rung.kind == RungKind::kImage;
    const auto wanted = static_cast<int64_t>(images ? chunk.thumbnail_times.size() : chunk.frames.size());
    if (!images && result.rungs[i].samples != wanted) {
      return fail(ErrorCode::kVerifyFailed, "rung " + chunk.rungs[i].rung.name + ": the encoder took " +
                                                std::to_string(wanted) + " pictures and gave " +
                                                std::to_string(result.rungs[i].samples));
    }
  }
  return result;
}

}  // namespace pier::transcode
