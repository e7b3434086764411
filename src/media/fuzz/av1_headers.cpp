// AV1 units: sequence headers, metadata, av1C.

#include <pier/media/frame.hpp>

#include "bitstream/av1.hpp"
#include "essence_scan.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace pier::media::impl;
  const auto bytes = std::as_bytes(std::span(data, size));
  parse_av1_sequence_header(bytes);
  parse_av1_metadata(bytes);
  CarrierLog log;
  EssenceScan scan(pier::media::Codec::kAv1, log);
  scan.read_configuration(bytes, "container.av1C");
  scan.read_packet(bytes, 0);
  return 0;
}
