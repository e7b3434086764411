// Packet tables from hostile bytes: never a crash; what is read comes back the same.

#include <cstdlib>
#include <span>

#include <pier/analysis/packet_table.hpp>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto table = pier::analysis::packet_table_from_bytes(std::as_bytes(std::span(data, size)));
  if (!table) return 0;
  const auto again = pier::analysis::packet_table_from_bytes(pier::analysis::to_bytes(*table));
  if (!again || *again != *table) std::abort();
  return 0;
}
