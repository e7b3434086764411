#include <cstdlib>

#include <pier/media/demux.hpp>

#include "bitstream/bit_reader.hpp"
#include "codec_configuration.hpp"

namespace pier::media {
namespace {

constexpr int kAacFrame = 1024, kDolbyFrame = 1536;
constexpr uint32_t kAacLc = 2;  // audio object type

Failure refused(const std::string& what) {
  return fail(ErrorCode::kInputUnsupported, "the sound cannot be kept as it is: " + what + "; encode it instead");
}

/// An AudioSpecificConfig (ISO/IEC 14496-3 clause 1.6) of plain AAC-LC with frames of 1024 samples.
bool is_plain_lc(ByteView configuration) {
  impl::BitReader reader(configuration);
  const uint32_t type = reader.bits(5);
  if (reader.bits(4) == 15) reader.skip(24);
  reader.skip(4);
  const bool short_frames = reader.flag();
  return reader.ok() && type == kAacLc && !short_frames;
}

}  // namespace

Result<CodedSound> CodedSound::open(Demuxer& demuxer, int stream_index) {
  const auto& streams = demuxer.streams();
  if (stream_index < 0 || static_cast<size_t>(stream_index) >= streams.size() ||
      streams[static_cast<size_t>(stream_index)].kind != StreamKind::kAudio) {
    return fail(ErrorCode::kInvalidArgument, "stream " + std::to_string(stream_index) + " is no sound");
  }
  CodedSound sound(demuxer, streams[static_cast<size_t>(stream_index)]);
  const StreamInfo& stream = sound.x_stream;
  if (stream.codec != Codec::kAac && stream.codec != Codec::kAc3 && stream.codec != Codec::kEac3)
    return refused("it is " + std::string(to_string(stream.codec)) + ", and only AAC-LC, AC-3 and E-AC-3 can be");
  if (stream.sample_rate <= 0 || stream.time_base.num <= 0) return refused("its sample rate is not known");
  if (stream.codec == Codec::kAac) {
    sound.x_configuration = stream.configuration;
    if (!stream.configuration.empty() && !is_plain_lc(stream.configuration))
      return refused("it is AAC, but not AAC-LC with frames of 1024 samples");
  }
  demuxer.select({stream_index});
  return sound;
}

int CodedSound::frame_samples() const {
  return x_stream.codec == Codec::kAac ? kAacFrame : kDolbyFrame;
}

Result<ByteView> CodedSound::without_adts(ByteView data) {
  const std::optional<impl::AdtsHeader> header = impl::parse_adts(data);
  if (!header || header->frame_bytes != data.size()) {
    // Out of a container that describes it, AAC comes bare.
    if (!x_configuration.empty()) return data;
    return refused("it is neither bare AAC nor one ADTS frame a unit");
  }
  if (header->profile + 1 != static_cast<int>(kAacLc) || header->blocks != 1 || header->channel_configuration == 0)
    return refused("it is AAC, but not AAC-LC with a frame a unit and a known layout");
  Bytes configuration;
  for (const uint32_t byte : {kAacLc << 3U | static_cast<uint32_t>(header->frequency_index) >> 1U,
                              (static_cast<uint32_t>(header->frequency_index) & 1U) << 7U |
                                  static_cast<uint32_t>(header->channel_configuration) << 3U})
    configuration.push_back(static_cast<std::byte>(byte));
  if (!x_configuration.empty() && x_configuration != configuration) return refused("its configuration changes");
  x_configuration = std::move(configuration);
  return data.subspan(header->header_bytes);
}

Result<void> CodedSound::configure_dolby(ByteView data) {
  const std::optional<impl::DolbyFrame> frame = impl::parse_dolby_frame(data);
  if (!frame) return refused("a unit is not a frame of it");
  if (frame->frame_bytes != data.size() || frame->stream_type == 1 || frame->substream != 0)
    return refused("it has further substreams");
  if (frame->blocks != 6 || frame->enhanced != (x_stream.codec == Codec::kEac3))
    return refused("its frames are not of 1536 samples");
  const auto bitrate = static_cast<int64_t>(frame->frame_bytes) * 8 * x_stream.sample_rate / kDolbyFrame;
  Bytes configuration = frame->enhanced ? impl::make_dec3(*frame, bitrate) : impl::make_dac3(*frame);
  if (x_configuration.empty()) x_configuration = std::move(configuration);
  // The rate of E-AC-3, in the first two bytes, may change from frame to frame.
  else if (!std::equal(x_configuration.begin() + (frame->enhanced ? 2 : 0), x_configuration.end(),
                       configuration.begin() + (frame->enhanced ? 2 : 0), configuration.end()))
    return refused("its configuration changes");
  return {};
}

Result<ByteView> CodedSound::unwrapped(ByteView data) {
  if (x_stream.codec == Codec::kAac) return without_adts(data);
  PIER_CHECK(configure_dolby(data));
  return data;
}

/// Containers round times; what is off by half a frame or more is a gap or an overlap.
Result<int64_t> CodedSound::placed(const Packet& packet) {
  const Rational tick(1, x_stream.sample_rate);
  if (packet.pts == INT64_MIN && !x_next) return refused("its first unit has no time");
  const int64_t said = packet.pts == INT64_MIN ? *x_next : rescale(packet.pts, x_stream.time_base, tick);
  const int64_t at = x_next.value_or(said);
  if (std::abs(said - at) * 2 >= frame_samples()) {
    return refused("there is a gap or an overlap of " + std::to_string(said - at) + " samples at " +
                   std::to_string(static_cast<double>(at) / x_stream.sample_rate) + " s");
  }
  x_next = at + frame_samples();
  return at;
}

Result<std::optional<Sample>> CodedSound::next() {
  while (true) {
    PIER_TRY(const std::optional<Packet> packet, x_demuxer.read());
    if (!packet) return std::optional<Sample>();
    if (packet->stream_index != x_stream.index) continue;
    if (packet->corrupt) return refused("a unit is damaged");
    PIER_TRY(const ByteView data, unwrapped(packet->data()));
    Sample sample;
    PIER_TRY(sample.pts, placed(*packet));
    sample.dts = sample.pts;
    sample.duration = frame_samples();
    sample.key = true;
    sample.data.assign(data.begin(), data.end());
    return std::optional(std::move(sample));
  }
}

}  // namespace pier::media
