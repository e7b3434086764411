// Access units: the first byte chooses the codec, the second the length of the configuration record before them.

#include <pier/media/access_unit.hpp>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace pier::media;
  if (size < 2) return 0;
  constexpr Codec kCodecs[] = {Codec::kHevc, Codec::kAvc, Codec::kAv1};
  const auto bytes = std::as_bytes(std::span(data, size));
  const size_t record = std::min<size_t>(data[1], size - 2);
  AccessUnitReader reader(kCodecs[data[0] % 3], bytes.subspan(2, record));
  const auto rest = bytes.subspan(2 + record);
  reader.read(rest.first(rest.size() / 2));
  reader.read(rest.subspan(rest.size() / 2));
  reader.read(rest);
  reader.hrd();
  reader.level_limit();

  if (const auto metadata = parse_hdr10_plus(rest)) {
    const auto written = write_hdr10_plus(*metadata);
    if (!written || *write_hdr10_plus(*parse_hdr10_plus(*written)) != *written) __builtin_trap();
  }

  // What was found must be found again where it was put in.
  const Codec codec = kCodecs[data[0] % 3];
  const auto found = DynamicHdrReader(codec, bytes.subspan(2, record)).read(rest);
  if (codec != Codec::kHevc || found.empty()) return 0;
  pier::Bytes sample{std::byte{0}, std::byte{0}, std::byte{0}, std::byte{3}, std::byte{2}, std::byte{1}, std::byte{9}};
  if (!insert_dynamic_hdr(codec, found, sample)) __builtin_trap();
  return 0;
}
