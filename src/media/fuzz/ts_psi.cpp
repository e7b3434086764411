// Programme tables of transport streams.

#include "container/ts_psi.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  pier::media::impl::read_ts(pier::media::impl::ByteSource(std::as_bytes(std::span(data, size))));
  return 0;
}
