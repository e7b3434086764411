// AVS2 and AVS3 elementary streams; the frame headers of intra codecs besides.

#include <pier/media/frame.hpp>

#include "bitstream/avs.hpp"
#include "bitstream/intra.hpp"
#include "essence_scan.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace pier::media::impl;
  const auto bytes = std::as_bytes(std::span(data, size));
  detect_avs(bytes);
  for (const auto codec : {pier::media::Codec::kAvs2, pier::media::Codec::kAvs3}) {
    CarrierLog log;
    EssenceScan scan(codec, log);
    scan.read_packet(bytes, 0);
  }
  parse_prores_frame(bytes);
  parse_jpeg2000_size(bytes);
  return 0;
}
