#include <algorithm>

#include <pier/transcode/source_parts.hpp>

namespace pier::transcode {
namespace {

/// Rec. ITU-R BS.775-4 table 2 (5.1 to stereo: 1, 0.7071, 0.7071), scaled so that full scale in every channel cannot
/// clip.
void mix_down(const std::vector<float>& in, std::vector<float>& out) {
  constexpr float kHalfPower = 0.70710678F;
  constexpr float kScale = 1.0F / (1.0F + 2 * kHalfPower);
  out[0] = kScale * (in[0] + kHalfPower * in[2] + kHalfPower * in[4]);
  out[1] = kScale * (in[1] + kHalfPower * in[2] + kHalfPower * in[5]);
}

class SoundEncoding {
 public:
  SoundEncoding(const SoundSpec& spec, SoundReader reader, media::AudioEncoder encoder, int output)
      : x_spec(spec), x_reader(std::move(reader)), x_encoder(std::move(encoder)), x_writer(output) {}

  Result<SoundResult> run(const Progress& progress);

 private:
  Result<void> encode(const media::AudioBlock& in);
  Result<void> drain();

  const SoundSpec& x_spec;
  SoundReader x_reader;
  media::AudioEncoder x_encoder;
  ChunkWriter x_writer;
};

Result<void> SoundEncoding::encode(const media::AudioBlock& in) {
  media::AudioBlock block;
  block.pts = in.pts;
  block.sample_rate = x_spec.encoder.sample_rate;
  block.channel_mask = x_spec.encoder.channel_mask;
  const auto outputs = static_cast<size_t>(__builtin_popcountll(x_spec.encoder.channel_mask));
  block.channels.assign(outputs, std::vector<float>(in.samples()));
  std::vector<float> from(in.channels.size()), to(outputs);
  for (size_t i = 0; i < in.samples(); i++) {
    for (size_t c = 0; c < from.size(); c++) from[c] = in.channels[c][i];
    if (from.size() == 6 && outputs == 2)
      mix_down(from, to);
    else
      std::copy_n(from.begin(), std::min(from.size(), outputs), to.begin());
    for (size_t c = 0; c < outputs; c++) block.channels[c][i] = to[c];
  }
  PIER_CHECK(x_encoder.send(block));
  return drain();
}

Result<void> SoundEncoding::drain() {
  while (true) {
    PIER_TRY(const std::optional<media::Sample> sample, x_encoder.receive());
    if (!sample) return {};
    PIER_CHECK(x_writer.add(*sample));
  }
}

Result<SoundResult> SoundEncoding::run(const Progress& progress) {
  int64_t blocks = 0;
  while (true) {
    PIER_TRY(const std::optional<media::AudioBlock> block, x_reader.next());
    if (!block) break;
    PIER_CHECK(encode(*block));
    const auto done = static_cast<double>(block->pts) / static_cast<double>(x_spec.programme_samples);
    if (progress && ++blocks % 64 == 0 && !progress(done, x_writer.count()))
      return fail(ErrorCode::kCancelled, "stopped");
  }
  PIER_CHECK(x_encoder.send_end());
  PIER_CHECK(drain());
  PIER_CHECK(x_writer.finish(x_encoder.configuration()));
  return SoundResult{x_writer.count(), x_encoder.priming_samples(), x_reader.silence_samples(),
                     x_spec.programme_samples};
}

}  // namespace

Result<SoundResult> encode_sound(const media::Source& source, const SoundSpec& spec, int output,
                                 const Progress& progress) {
  if (spec.programme_samples <= 0) return fail(ErrorCode::kInvalidArgument, "a sound track needs samples");
  if (spec.source_rate != spec.encoder.sample_rate) {
    return fail(ErrorCode::kInputUnsupported,
                "sound of " + std::to_string(spec.source_rate) + " Hz; deliver 32, 44.1 or 48 kHz");
  }
  PIER_TRY(SoundReader reader, SoundReader::open(source, {spec.group.channels, spec.source_rate, spec.programme_start,
                                                          spec.programme_samples}));
  PIER_TRY(media::AudioEncoder encoder, media::AudioEncoder::open(spec.encoder));
  if (encoder.priming_samples() != spec.priming_samples() || encoder.frame_samples() != spec.frame_samples()) {
    return fail(ErrorCode::kInternal,
                "the sound encoder has another delay than planned: " + std::to_string(encoder.priming_samples()));
  }
  SoundEncoding encoding(spec, std::move(reader), std::move(encoder), output);
  return encoding.run(progress);
}

}  // namespace pier::transcode
