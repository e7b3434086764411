#include <algorithm>
#include <cmath>
#include <map>

#include <pier/transcode/source_parts.hpp>

namespace pier::transcode {
namespace {

constexpr int64_t kBlock = 4096;  // samples given at once
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

}  // namespace

struct SoundReader::Impl {
  Impl(Wish asked, media::Demuxer opened) : wish(std::move(asked)), demuxer(std::move(opened)) {}

  Result<void> open_streams();
  Result<void> feed();
  Result<void> pull(StreamBuffer& stream);
  int64_t ready() const;
  media::AudioBlock take(int64_t count);

  Wish wish;
  media::Demuxer demuxer;
  std::map<int, StreamBuffer> streams;
  int64_t position = 0;
  bool ended = false;
};

Result<void> SoundReader::Impl::open_streams() {
  std::vector<int> indices;
  const int64_t start = rescale(1, wish.start, Rational(1, wish.rate));
  for (const SourceChannel& channel : wish.channels) {
    if (streams.contains(channel.stream_index)) continue;
    PIER_TRY(media::AudioDecoder decoder, media::AudioDecoder::open(demuxer, channel.stream_index));
    streams.emplace(channel.stream_index, StreamBuffer(std::move(decoder), start, wish.rate, wish.samples));
    indices.push_back(channel.stream_index);
  }
  demuxer.select(indices);
  return {};
}

Result<void> SoundReader::Impl::pull(StreamBuffer& stream) {
  while (true) {
    PIER_TRY(const std::optional<media::AudioBlock> block, stream.decoder().receive());
    if (!block) return {};
    if (block->sample_rate != wish.rate) {
      return fail(ErrorCode::kInputUnsupported,
                  "the sample rate changes inside the sound track; convert the master first");
    }
    stream.append(*block);
  }
}

Result<void> SoundReader::Impl::feed() {
  PIER_TRY(const std::optional<media::Packet> packet, demuxer.read());
  if (!packet) {
    for (auto& [index, stream] : streams) {
      PIER_CHECK(stream.decoder().send_end());
      PIER_CHECK(pull(stream));
    }
    ended = true;
    return {};
  }
  const auto stream = streams.find(packet->stream_index);
  if (stream == streams.end()) return {};
  PIER_CHECK(stream->second.decoder().send(*packet));
  return pull(stream->second);
}

/// Samples that can be given now; 0 when more has to be read first.
int64_t SoundReader::Impl::ready() const {
  int64_t least = wish.samples - position;
  if (ended) return std::min(least, kBlock);
  int64_t most = 0;
  for (const auto& [index, stream] : streams) {
    least = std::min(least, stream.ready(position));
    most = std::max(most, stream.ready(position));
  }
  // A stream that lies this far behind the others has a hole here: silence, not endless waiting.
  if (most > kMostLagSeconds * wish.rate) least = std::max(least, kBlock);
  return least < std::min(kBlock, wish.samples - position) ? 0 : std::min(least, kBlock);
}

media::AudioBlock SoundReader::Impl::take(int64_t count) {
  media::AudioBlock block;
  block.pts = position;
  block.sample_rate = wish.rate;
  for (const SourceChannel& channel : wish.channels) {
    const StreamBuffer& stream = streams.at(channel.stream_index);
    std::vector<float>& out = block.channels.emplace_back(static_cast<size_t>(count));
    for (int64_t i = 0; i < count; i++) out[static_cast<size_t>(i)] = stream.at(channel.channel, position + i);
  }
  position += count;
  for (auto& [index, stream] : streams) stream.drop_before(position);
  return block;
}

SoundReader::SoundReader(std::unique_ptr<Impl> impl) : x_impl(std::move(impl)) {}
SoundReader::~SoundReader() = default;
SoundReader::SoundReader(SoundReader&&) noexcept = default;
SoundReader& SoundReader::operator=(SoundReader&&) noexcept = default;

Result<SoundReader> SoundReader::open(const media::Source& source, const Wish& wish) {
  if (wish.channels.empty() || wish.samples <= 0 || wish.rate <= 0)
    return fail(ErrorCode::kInvalidArgument, "sound is read by channels, rate and length");
  PIER_TRY(media::Demuxer demuxer, media::Demuxer::open(source));
  auto impl = std::make_unique<Impl>(wish, std::move(demuxer));
  PIER_CHECK(impl->open_streams());
  return SoundReader(std::move(impl));
}

Result<std::optional<media::AudioBlock>> SoundReader::next() {
  Impl& self = *x_impl;
  while (self.position < self.wish.samples) {
    if (const int64_t count = self.ready(); count > 0) return self.take(count);
    PIER_CHECK(self.feed());
  }
  return std::nullopt;
}

int64_t SoundReader::silence_samples() const {
  int64_t most = 0;
  for (const auto& [index, stream] : x_impl->streams) most = std::max(most, stream.silence());
  return most;
}

}  // namespace pier::transcode
