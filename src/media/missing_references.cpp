#include "missing_references.hpp"

#include <algorithm>
#include <span>

namespace pier::media::impl {
namespace {

ByteView view(const uint8_t* data, size_t size) {
  return data == nullptr ? ByteView() : std::as_bytes(std::span(data, size));
}

}  // namespace

MissingReferences::MissingReferences(const AVCodecParameters& parameters)
    : x_codec(codec_from_av(parameters.codec_id)) {
  const ByteView configuration =
      view(parameters.extradata, static_cast<size_t>(std::max(0, parameters.extradata_size)));
  x_configuration.assign(configuration.begin(), configuration.end());
  restart();
}

void MissingReferences::restart() {
  x_waiting.clear();
  if (x_codec == Codec::kHevc || x_codec == Codec::kAvc) x_reader.emplace(x_codec, x_configuration);
}

void MissingReferences::sent(const AVPacket& packet) {
  if (!x_reader) return;
  size_t size = 0;
  if (const uint8_t* fresh = av_packet_get_side_data(&packet, AV_PKT_DATA_NEW_EXTRADATA, &size); fresh != nullptr) {
    const ByteView configuration = view(fresh, size);
    x_configuration.assign(configuration.begin(), configuration.end());
    x_reader.emplace(x_codec, x_configuration);
  }
  const AccessUnit unit = x_reader->read(view(packet.data, static_cast<size_t>(std::max(0, packet.size))));
  if (!unit.references_missing) return;
  if (x_waiting.size() == kMaxWaiting) x_waiting.pop_front();
  x_waiting.push_back({packet.pts, packet.pos});
}

bool MissingReferences::take(const AVFrame& frame) {
  const auto found = std::find_if(x_waiting.begin(), x_waiting.end(), [&](const Unit& unit) {
    if (frame.pts != AV_NOPTS_VALUE || unit.pts != AV_NOPTS_VALUE) return frame.pts == unit.pts;
    return unit.position >= 0 && unit.position == frame.pkt_pos;
  });
  if (found == x_waiting.end()) return false;
  x_waiting.erase(found);
  return true;
}

}  // namespace pier::media::impl
