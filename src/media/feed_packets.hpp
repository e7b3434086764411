#pragma once
// Whole transport packets out of bytes that may hold anything, and a look at the tables that go by.

#include <optional>

#include <pier/core/bytes.hpp>

namespace pier::media::impl {

inline constexpr size_t kTsPacket = 188;

/// Finds packets of 188, 192 or 204 bytes and gives 188 of each. Bounded: what is no packet is dropped.
class TsSync {
 public:
  /// Moves whole packets from the front of `raw` to `out`. `end`: nothing follows `raw`.
  void move(Bytes& raw, Bytes& out, bool end);
  /// Bytes that were dropped since the last call, once packets follow them or they are many.
  int64_t take_dropped();

 private:
  bool find(ByteView raw, bool end);
  bool holds(ByteView raw, size_t at, size_t stride, size_t packets) const;

  size_t x_stride = 0;  // 0: not found yet
  bool x_synced = false;
  int64_t x_dropped = 0;
};

/// Tells when the table of one programme changes: other streams, other PIDs, or the programme is gone.
class TsTables {
 public:
  void watch(int programme);
  /// Of every packet, in order: true when this one brought a change. What follows is to be read anew, after tables().
  bool changed_by(ByteView packet);
  /// Packets of the tables as they are now.
  Bytes tables() const;

 private:
  struct Section {
    Bytes bytes;    // collected so far
    Bytes packets;  // that brought them
    Bytes whole;    // packets of the last that was complete
  };
  bool collect(Section& section, ByteView packet);
  bool new_pat(ByteView section);
  bool new_pmt(ByteView section);

  int x_programme = 0;
  int x_pmt_pid = -1;
  Section x_pat, x_pmt;
  std::optional<Bytes> x_streams;  // type and PID of each
};

}  // namespace pier::media::impl
