#include "encoder_sink.hpp"

#include <pier/media/access_unit.hpp>

#include "chunk_rate.hpp"
#include "dynamic_hdr.hpp"

namespace pier::transcode::impl {

Result<std::unique_ptr<EncoderSink>> EncoderSink::open(const ChunkSpec& chunk, const PlannedRung& rung, double crf) {
  media::VideoEncoderConfig config = encoder_config(chunk, rung);
  config.crf = crf;
  auto encoder = media::VideoEncoder::open(config);
  if (!encoder) return fail_in("rung " + rung.rung.name, encoder.error());
  return std::unique_ptr<EncoderSink>(new EncoderSink(std::move(*encoder), chunk, rung));
}

Result<void> EncoderSink::take(const Picture& picture, const PlannedFrame& frame,
                               std::span<const media::DynamicPayload> dynamic) {
  auto payloads = payloads_for(x_chunk, x_rung, dynamic);
  if (!payloads.empty()) x_dynamic.emplace(frame.time, std::move(payloads));
  PIER_CHECK(x_encoder.send(picture, frame.time, frame.key));
  return drain();
}

Result<void> EncoderSink::finish() {
  PIER_CHECK(x_encoder.send_end());
  return drain();
}

Result<void> EncoderSink::write(int output, ChunkRungResult& result) const {
  ChunkWriter writer(output);
  for (const media::Sample& sample : x_samples) PIER_CHECK(writer.add(sample));
  PIER_CHECK(writer.finish(x_encoder.configuration()));
  result.samples = writer.count();
  result.bytes = writer.bytes();
  return {};
}

std::vector<UnitSize> EncoderSink::units() const {
  return unit_sizes(x_samples, static_cast<int64_t>(x_encoder.configuration().size()) * 8);
}

Result<void> EncoderSink::drain() {
  while (true) {
    PIER_TRY(std::optional<media::Sample> sample, x_encoder.receive());
    if (!sample) return {};
    if (const auto payloads = x_dynamic.extract(sample->pts)) {
      PIER_CHECK(media::insert_dynamic_hdr(x_rung.rung.codec, payloads.mapped(), sample->data));
    }
    x_samples.push_back(std::move(*sample));
  }
}

}  // namespace pier::transcode::impl
