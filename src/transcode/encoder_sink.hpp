#pragma once
// Encodes the pictures of one rung and keeps what comes out until it is known to fit.

#include <map>
#include <vector>

#include <pier/transcode/chunk.hpp>

#include "fan_out.hpp"

namespace pier::transcode::impl {

class EncoderSink final : public RungSink {
 public:
  /// `chunk` and `rung` are to outlive it. Errors name the rung.
  static Result<std::unique_ptr<EncoderSink>> open(const ChunkSpec& chunk, const PlannedRung& rung, double crf);

  Result<void> take(const Picture& picture, const PlannedFrame& frame,
                    std::span<const media::DynamicPayload> dynamic) override;
  Result<void> finish() override;

  Result<void> write(int output, ChunkRungResult& result) const;
  std::vector<UnitSize> units() const;
  const std::vector<media::Sample>& samples() const { return x_samples; }
  Bytes configuration() const { return x_encoder.configuration(); }

 private:
  EncoderSink(media::VideoEncoder encoder, const ChunkSpec& chunk, const PlannedRung& rung)
      : x_encoder(std::move(encoder)), x_chunk(chunk), x_rung(rung) {}
  Result<void> drain();

  media::VideoEncoder x_encoder;
  const ChunkSpec& x_chunk;
  const PlannedRung& x_rung;
  std::map<int64_t, std::vector<media::DynamicPayload>> x_dynamic;  // of pictures in the encoder, by time
  std::vector<media::Sample> x_samples;
};

}  // namespace pier::transcode::impl
