#pragma once
// The sets of MXF header metadata (SMPTE ST 377-1, 9): packages, tracks and descriptors as properties by their tags.

#include <cstring>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <pier/core/bytes.hpp>
#include <pier/core/rational.hpp>

namespace pier::media::impl {

struct Klv {
  ByteView key;
  uint64_t header = 0;  // bytes of key and length
  uint64_t length = 0;
};
std::optional<Klv> read_klv(ByteView bytes);

inline constexpr uint8_t kPartitionKey[] = {0x06, 0x0e, 0x2b, 0x34, 0x02, 0x05, 0x01,
                                            0x01, 0x0d, 0x01, 0x02, 0x01, 0x01};
template <size_t N>
bool starts_with(ByteView bytes, const uint8_t (&head)[N]) {
  return bytes.size() >= N && std::memcmp(bytes.data(), head, N) == 0;
}

// Properties with a dynamic tag that are known here have one of these instead of it, outside the static ones in use.
enum StandIn : uint16_t {
  kMasteringPrimaries = 1,
  kMasteringWhite,
  kMasteringMax,
  kMasteringMin,
  kTagSymbol,
  kChannelId,
  kSpoken,
  kSubDescriptors
};
inline constexpr uint16_t kInstance = 0x3C0A;

using Properties = std::map<uint16_t, ByteView>;
struct MetadataSet {
  uint8_t kind = 0;  // byte 14 of the set key
  Properties properties;
};

/// At most 100 000 of them, in their order; they borrow the bytes.
class MetadataSets {
 public:
  explicit MetadataSets(ByteView metadata);
  const std::vector<MetadataSet>& all() const { return x_sets; }
  /// Null: no set has this instance id.
  const MetadataSet* find(ByteView instance) const;
  const MetadataSet* find(const Properties& properties, uint16_t reference_tag) const;

 private:
  std::vector<MetadataSet> x_sets;
  std::map<std::string_view, size_t> x_by_instance;
};

/// A batch or array of strong references: the instance ids.
std::vector<ByteView> references(const Properties& properties, uint16_t tag);

std::optional<uint64_t> number(const Properties& properties, uint16_t tag);
int small(const Properties& properties, uint16_t tag);       // 0 ... 65535
Rational ratio(const Properties& properties, uint16_t tag);  // 0: absent or not positive
/// UTF-16BE text of the ASCII range, as tag symbols and language tags are.
std::string text(const Properties& properties, uint16_t tag);

}  // namespace pier::media::impl
