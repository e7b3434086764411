#include "access_point.hpp"

#include "bitstream/avc.hpp"
#include "bitstream/bit_reader.hpp"
#include "bitstream/hevc.hpp"
#include "bitstream/nal.hpp"

namespace pier::media::impl {
namespace {

constexpr int kHevcFirstIrap = 16, kHevcLastIrap = 23, kHevcLastSlice = 31;
constexpr uint32_t kRecoveryPoint = 6;
constexpr size_t kSeiLimit = 4096;

/// Length size of the samples, 0 when they have start codes (ISO/IEC 14496-15: avcC, hvcC).
int length_size(const AVCodecParameters& parameters) {
  const ByteView record =
      std::as_bytes(std::span(parameters.extradata, static_cast<size_t>(parameters.extradata_size)));
  const size_t at = parameters.codec_id == AV_CODEC_ID_HEVC ? 21 : 4;
  if (record.size() <= at || record[0] != std::byte{1}) return 0;
  return (std::to_integer<int>(record[at]) & 3) + 1;
}

/// recovery_frame_cnt of a recovery point message (H.264 D.1.8), 0 when there is none.
uint32_t recovery_frames(ByteView sei) {
  const Bytes plain = unescape(sei, kSeiLimit);
  ByteReader reader(plain);
  reader.skip(1);
  while (reader.ok() && reader.left() > 2) {
    uint32_t type = 0, size = 0;
    for (uint32_t* value : {&type, &size}) {
      uint8_t byte = 0xff;
      while (reader.ok() && byte == 0xff) *value += byte = reader.u8();
    }
    const ByteView payload = reader.bytes(size);
    if (reader.ok() && type == kRecoveryPoint) return BitReader(payload).ue();
  }
  return 0;
}

}  // namespace

bool starts_exactly(const AVCodecParameters& parameters, const Packet& packet) {
  const bool hevc = parameters.codec_id == AV_CODEC_ID_HEVC;
  if (!hevc && parameters.codec_id != AV_CODEC_ID_H264) return true;
  bool irap = false, slice_seen = false;
  uint32_t frames = 0;
  const auto look = [&](ByteView unit) {
    if (hevc) {
      const int type = hevc_nal_type(unit);
      if (slice_seen || type < 0 || type > kHevcLastSlice) return;
      slice_seen = true;
      irap = type >= kHevcFirstIrap && type <= kHevcLastIrap;
    } else if (avc_nal_type(unit) == kAvcSei) {
      frames = std::max(frames, recovery_frames(unit));
    }
  };
  if (const int size = length_size(parameters); size != 0) {
    split_lengths(packet.data(), size, look);
  } else {
    split_start_codes(packet.data(), look);
  }
  return hevc ? irap : frames == 0;
}

}  // namespace pier::media::impl
