// H.265 headers, supplemental information and hvcC.

#include <pier/media/frame.hpp>

#include "bitstream/hevc.hpp"
#include "bitstream/nal.hpp"
#include "bitstream/sei.hpp"
#include "essence_scan.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace pier::media::impl;
  const auto bytes = std::as_bytes(std::span(data, size));
  parse_hevc_sps(bytes);
  parse_hevc_vps_rate(bytes);
  parse_sei(unescape(bytes));
  CarrierLog log;
  EssenceScan scan(pier::media::Codec::kHevc, log);
  scan.read_configuration(bytes, "container.hvcC");
  scan.read_packet(bytes, 0);
  find_disagreements(log.facts(), 0);
  return 0;
}
