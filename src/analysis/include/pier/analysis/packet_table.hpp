#pragma once
// The coded packets of a source by digest, in decoding order: what tells which parts of a new version of a master are
// those of the old one, however large the files are.

#include <array>
#include <cstdint>
#include <map>
#include <vector>

#include <pier/core/bytes.hpp>
#include <pier/core/result.hpp>
#include <pier/media/demux.hpp>

namespace pier::analysis {

using PacketDigest = std::array<std::byte, 16>;  // XXH3-128: against chance, not against malice

struct PacketRecord {
  int64_t pts = INT64_MIN;  // ticks of the stream
  bool key = false;
  PacketDigest digest{};
  uint32_t bytes = 0;  // 0: not known, a table of version 1
  friend bool operator==(const PacketRecord&, const PacketRecord&) = default;
};

struct PacketTable {
  PacketDigest configuration{};        // codec and its headers outside of the packets
  std::vector<PacketRecord> pictures;  // of the picture stream, in decoding order
  std::map<int, PacketDigest> sound;   // by stream: all of its packets, their times and its configuration
  friend bool operator==(const PacketTable&, const PacketTable&) = default;
};

/// Not thread-safe. 40 bytes a picture.
class PacketTableBuilder {
 public:
  PacketTableBuilder();
  ~PacketTableBuilder();
  PacketTableBuilder(PacketTableBuilder&&) noexcept;
  PacketTableBuilder& operator=(PacketTableBuilder&&) noexcept;

  /// The streams whose packets come; at most one of pictures.
  void begin(const media::StreamInfo& stream);
  void add(const media::Packet& packet);
  PacketTable finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> x_impl;
};

/// What decoding the pictures from `first_pts` to before `end_pts` reads: the packets from the last access point at or
/// before the first of them to the last one that gives any of them. Equal digests and equal pictures before them (frame
/// fingerprints say that) mean equal pictures. Where packets lack times: all packets.
Sha256 coded_digest(const PacketTable& table, int64_t first_pts, int64_t end_pts);
/// The same of all sound streams.
Sha256 coded_digest_of_sound(const PacketTable& table);

/// 29 bytes a picture; version and checksum inside.
Bytes to_bytes(const PacketTable& table);
/// kInputDamaged, kTruncated, kInputUnsupported (version of a later engine); never trusts a count.
Result<PacketTable> packet_table_from_bytes(ByteView bytes);

}  // namespace pier::analysis
