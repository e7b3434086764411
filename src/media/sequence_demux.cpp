// A sequence as a stream: a packet is a picture file, a tick is a number.

#include <cstring>
#include <utility>

#include "container/image_header.hpp"
#include "demux_impl.hpp"

namespace pier::media {
namespace {

constexpr uint64_t kMostBytes = 1U << 30U;  // of one picture; 8K of four 16-bit samples is 265 MB
constexpr int kRateWhenUnknown = 25;        // as sequence_facts() has it

std::optional<ImageHeader> header_of(const PictureSequence& sequence, size_t index) {
  const auto read = [&](uint64_t offset, std::span<std::byte> out) -> size_t {
    const auto got = sequence.files->read(index, offset, out);
    return got ? *got : 0;
  };
  return impl::read_image_header(impl::ByteSource(read, sequence.pictures[index].size));
}

AVCodecID codec_of(const std::string& kind) {
  return kind == "dpx" ? AV_CODEC_ID_DPX : kind == "exr" ? AV_CODEC_ID_EXR : AV_CODEC_ID_TIFF;
}

}  // namespace

Result<void> Demuxer::Impl::open_sequence() {
  constexpr size_t kMostTried = 1000;
  const PictureSequence& sequence = *source->sequence;
  std::optional<ImageHeader> header;
  for (size_t i = 0; i < std::min(sequence.pictures.size(), kMostTried) && !header; ++i)
    header = header_of(sequence, i);
  if (!header)
    return fail(ErrorCode::kInputDamaged, "none of the pictures " + display_text(sequence.pattern()) + " can be read");
  context.reset(avformat_alloc_context());
  AVStream* stream = context ? avformat_new_stream(context.get(), nullptr) : nullptr;
  if (stream == nullptr) return fail(ErrorCode::kTooLarge, "no memory to open " + source->path);
  stream->codecpar->codec_type = AVMEDIA_TYPE_VIDEO;
  stream->codecpar->codec_id = codec_of(header->kind);
  stream->codecpar->width = header->width;
  stream->codecpar->height = header->height;
  const Rational rate = sequence.rate.num > 0        ? sequence.rate
                        : header->frame_rate.num > 0 ? header->frame_rate
                                                     : Rational(kRateWhenUnknown);
  stream->avg_frame_rate = rational_to_av(rate);
  stream->time_base = rational_to_av(rate.inverse());
  container = kSequenceContainer;
  StreamInfo info;
  info.kind = StreamKind::kVideo;
  info.codec = Codec::kOther;
  info.time_base = rate.inverse();
  info.frame_rate = rate;
  info.width = header->width;
  info.height = header->height;
  info.duration = sequence.pictures.back().number - sequence.pictures.front().number + 1;
  streams.push_back(std::move(info));
  selected.assign(1, true);
  return {};
}

Result<std::optional<Packet>> Demuxer::Impl::read_picture() {
  const PictureSequence& sequence = *source->sequence;
  if (!selected.front() || next_picture >= sequence.pictures.size()) {
    ended = true;
    return std::nullopt;
  }
  const size_t index = next_picture++;
  const auto& [number, size] = sequence.pictures[index];
  const std::shared_ptr<AVPacket> packet(av_packet_alloc(), AvFree());
  if (!packet || av_new_packet(packet.get(), static_cast<int>(std::clamp<uint64_t>(size, 1, kMostBytes))) < 0)
    return fail(ErrorCode::kTooLarge, "no memory for a picture of " + source->path);
  const auto bytes = std::as_writable_bytes(std::span(packet->data, static_cast<size_t>(packet->size)));
  const auto got = sequence.files->read(index, 0, bytes);
  const size_t there = got ? *got : 0;
  const auto header = impl::read_image_header(impl::ByteSource(bytes.first(there)));
  // What is cut off is not decoded: a decoder would fill the rest up without a word.
  const bool whole = header && there == size && header->least_bytes <= size;
  if (!whole) {
    std::memset(packet->data, 0, static_cast<size_t>(packet->size));
    av_shrink_packet(packet.get(), 1);
  }
  packet->pts = packet->dts = number - sequence.pictures.front().number;
  packet->duration = 1;
  packet->flags |= AV_PKT_FLAG_KEY;
  Packet result;
  result.pts = result.dts = packet->pts;
  result.duration = 1;
  result.key = true;
  result.corrupt = !whole;
  result.handle = packet;
  return result;
}

}  // namespace pier::media
