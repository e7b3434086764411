// H.264 headers, supplemental information and avcC.

#include <pier/media/frame.hpp>

#include "bitstream/avc.hpp"
#include "essence_scan.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace pier::media::impl;
  const auto bytes = std::as_bytes(std::span(data, size));
  parse_avc_sps(bytes);
  CarrierLog log;
  EssenceScan scan(pier::media::Codec::kAvc, log);
  scan.read_configuration(bytes, "container.avcC");
  scan.read_packet(bytes, 0);
  return 0;
}
