#include <algorithm>
#include <cmath>
#include <map>

#include <pier/media/decode.hpp>
#include <pier/transcode/sound.hpp>

namespace pier::transcode {
namespace {

constexpr int kBlock = 4096;  // samples handed to the encoder at once
constexpr int64_t kMostLagSeconds = 60;
constexpr int64_t kJitterPerSecond =
    100;  // container clocks may be off by a hundredth of a second before a gap is a gap

/// Samples of one source stream on the programme's timeline (0 = programme start), gaps filled with silence.
class StreamBuffer {
 public:
  StreamBuffer(media::AudioDecoder decoder, int64_t start, int rate, int64_t length)
      : x_decoder(std::move(decoder)), x_start(start), x_rate(rate), x_length(length) {}

  media::AudioDecoder& decoder() { return x_decoder; }
  int64_t silence() const { return x_silence; }

  void append(const media::AudioBlock& block) {
    if (x_channels.empty()) x_channels.resize(block.channels.size());
    int64_t position = block.pts - x_start;
    const int64_t end = x_taken + static_cast<int64_t>(x_channels.front().size());
    if (x_begun && std::abs(position - end) < x_rate / kJitterPerSecond) position = end;
    position = std::min(position, std::max(end, x_length));  // a hostile time must not buy memory
    int64_t skip = std::max<int64_t>(0, end - position);
    const auto count = static_cast<int64_t>(block.samples());
    if (position > end) {
      for (auto& channel : x_channels) channel.resize(channel.size() + static_cast<size_t>(position - end), 0.0F);
      x_silence += position - end;
    }
    if (skip >= count) return;
    x_begun = true;
    for (size_t c = 0; c < x_channels.size() && c < block.channels.size(); c++) {
      x_channels[c].insert(x_channels[c].end(), block.channels[c].begin() + skip, block.channels[c].end());
    }
  }

  /// Samples that are ready from `position` on.
  int64_t ready(int64_t position) const {
    if (x_channels.empty()) return 0;
    return std::max<int64_t>(0, x_taken + static_cast<int64_t>(x_channels.front().size()) - position);
  }
  float at(int channel, int64_t position) const {
    const int64_t index = position - x_taken;
    if (channel < 0 || static_cast<size_t>(channel) >= x_channels.size()) return 0;
    const auto& samples = x_channels[static_cast<size_t>(channel)];
    return index >= 0 && static_cast<size_t>(index) < samples.size() ? samples[static_cast<size_t>(index)] : 0;
  }
  void drop_before(int64_t position) {
    const int64_t count =
        std::min<int64_t>(position - x_taken, x_channels.empty() ? 0 : static_cast<int64_t>(x_channels.front().size()));
    if (count <= 0) return;
    for (auto& channel : x_channels) channel.erase(channel.begin(), channel.begin() + count);
    x_taken += count;
  }
  bool ended = false;

 private:
  media::AudioDecoder x_decoder;
  int64_t x_start;
  int x_rate;
  int64_t x_length;  // of the programme
  int64_t x_taken = 0;
  int64_t x_silence = 0;
  bool x_begun = false;
  std::vector<std::vector<float>> x_channels;
};

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
  SoundEncoding(const SoundSpec& spec, media::Demuxer demuxer, media::AudioEncoder encoder, int output)
      : x_spec(spec), x_demuxer(std::move(demuxer)), x_encoder(std::move(encoder)), x_writer(output) {}

  Result<void> open_streams();
  Result<SoundResult> run(const Progress& progress);

 private:
  Result<void> feed();
  Result<void> pull(StreamBuffer& stream);
  Result<void> encode_ready();
  Result<void> encode(int64_t count);
  Result<void> drain();

  const SoundSpec& x_spec;
  media::Demuxer x_demuxer;
  media::AudioEncoder x_encoder;
  ChunkWriter x_writer;
  std::map<int, StreamBuffer> x_streams;
  int64_t x_position = 0;  // programme samples encoded
  bool x_ended = false;
};

Result<void> SoundEncoding::open_streams() {
  std::vector<int> indices;
  const int64_t start = rescale(1, x_spec.programme_start, Rational(1, x_spec.source_rate));
  for (const SourceChannel& channel : x_spec.group.channels) {
    if (x_streams.contains(channel.stream_index)) continue;
    PIER_TRY(media::AudioDecoder decoder, media::AudioDecoder::open(x_demuxer, channel.stream_index));
    x_streams.emplace(channel.stream_index,
                      StreamBuffer(std::move(decoder), start, x_spec.source_rate, x_spec.programme_samples));
    indices.push_back(channel.stream_index);
  }
  x_demuxer.select(indices);
  return {};
}

Result<void> SoundEncoding::pull(StreamBuffer& stream) {
  while (true) {
    PIER_TRY(const std::optional<media::AudioBlock> block, stream.decoder().receive());
    if (!block) return {};
    if (block->sample_rate != x_spec.source_rate) {
      return fail(ErrorCode::kInputUnsupported,
                  "the sample rate changes inside the sound track; convert the master first");
    }
    stream.append(*block);
  }
}

Result<void> SoundEncoding::feed() {
  PIER_TRY(const std::optional<media::Packet> packet, x_demuxer.read());
  if (!packet) {
    for (auto& [index, stream] : x_streams) {
      PIER_CHECK(stream.decoder().send_end());
      PIER_CHECK(pull(stream));
    }
    x_ended = true;
    return {};
  }
  const auto stream = x_streams.find(packet->stream_index);
  if (stream == x_streams.end()) return {};
  PIER_CHECK(stream->second.decoder().send(*packet));
  return pull(stream->second);
}

Result<void> SoundEncoding::encode(int64_t count) {
  media::AudioBlock block;
  block.pts = x_position;
  block.sample_rate = x_spec.encoder.sample_rate;
  block.channel_mask = x_spec.encoder.channel_mask;
  const auto outputs = static_cast<size_t>(__builtin_popcountll(x_spec.encoder.channel_mask));
  block.channels.assign(outputs, std::vector<float>(static_cast<size_t>(count)));
  std::vector<float> in(x_spec.group.channels.size()), out(outputs);
  std::vector<const StreamBuffer*> lanes;
  for (const SourceChannel& channel : x_spec.group.channels) lanes.push_back(&x_streams.at(channel.stream_index));
  for (int64_t i = 0; i < count; i++) {
    for (size_t c = 0; c < in.size(); c++) in[c] = lanes[c]->at(x_spec.group.channels[c].channel, x_position + i);
    if (in.size() == 6 && outputs == 2)
      mix_down(in, out);
    else
      std::copy_n(in.begin(), std::min(in.size(), outputs), out.begin());
    for (size_t c = 0; c < outputs; c++) block.channels[c][static_cast<size_t>(i)] = out[c];
  }
  x_position += count;
  for (auto& [index, stream] : x_streams) stream.drop_before(x_position);
  PIER_CHECK(x_encoder.send(block));
  return drain();
}

Result<void> SoundEncoding::encode_ready() {
  while (x_position < x_spec.programme_samples) {
    int64_t ready = x_spec.programme_samples - x_position;
    if (!x_ended) {
      int64_t most = 0;
      for (const auto& [index, stream] : x_streams) {
        ready = std::min(ready, stream.ready(x_position));
        most = std::max(most, stream.ready(x_position));
      }
      // A stream that lies this far behind the others has a hole here: silence, not endless waiting.
      if (most > kMostLagSeconds * x_spec.source_rate) ready = std::max<int64_t>(ready, kBlock);
      if (ready < kBlock) return {};
    }
    PIER_CHECK(encode(std::min<int64_t>(ready, kBlock)));
  }
  return {};
}

Result<void> SoundEncoding::drain() {
  while (true) {
    PIER_TRY(const std::optional<media::Sample> sample, x_encoder.receive());
    if (!sample) return {};
    PIER_CHECK(x_writer.add(*sample));
  }
}

Result<SoundResult> SoundEncoding::run(const Progress& progress) {
  int64_t packets = 0;
  while (!x_ended && x_position < x_spec.programme_samples) {
    PIER_CHECK(feed());
    PIER_CHECK(encode_ready());
    if (progress && ++packets % 256 == 0 &&
        !progress(static_cast<double>(x_position) / static_cast<double>(x_spec.programme_samples), x_writer.count())) {
      return fail(ErrorCode::kCancelled, "stopped");
    }
  }
  PIER_CHECK(encode_ready());
  PIER_CHECK(x_encoder.send_end());
  PIER_CHECK(drain());
  PIER_CHECK(x_writer.finish(x_encoder.configuration()));
  SoundResult result{x_writer.count(), x_encoder.priming_samples(), 0};
  for (const auto& [index, stream] : x_streams)
    result.silence_samples = std::max(result.silence_samples, stream.silence());
  return result;
}

}  // namespace

Result<SoundResult> encode_sound(const media::Source& source, const SoundSpec& spec, int output,
                                 const Progress& progress) {
  if (spec.programme_samples <= 0) return fail(ErrorCode::kInvalidArgument, "a sound track needs samples");
  if (spec.source_rate != spec.encoder.sample_rate) {
    return fail(ErrorCode::kInputUnsupported,
                "sound of " + std::to_string(spec.source_rate) + " Hz; deliver 32, 44.1 or 48 kHz");
  }
  PIER_TRY(media::Demuxer demuxer, media::Demuxer::open(source));
  PIER_TRY(media::AudioEncoder encoder, media::AudioEncoder::open(spec.encoder));
  if (encoder.priming_samples() != spec.priming_samples() || encoder.frame_samples() != spec.frame_samples()) {
    return fail(ErrorCode::kInternal,
                "the sound encoder has another delay than planned: " + std::to_string(encoder.priming_samples()));
  }
  SoundEncoding encoding(spec, std::move(demuxer), std::move(encoder), output);
  PIER_CHECK(encoding.open_streams());
  return encoding.run(progress);
}

}  // namespace pier::transcode
