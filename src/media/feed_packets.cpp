#include "feed_packets.hpp"

#include <algorithm>
#include <array>

#include "container/ts_psi.hpp"

namespace pier::media::impl {

namespace {

constexpr std::byte kSync{0x47};
constexpr std::array<size_t, 3> kStrides{188, 192, 204};
constexpr size_t kFirstRun = 5, kNextRun = 3;  // packets in a row before they are believed
constexpr int64_t kTellBytes = 1 << 20;
constexpr size_t kMaxSection = 1024 + 3, kMaxTablePackets = 16;
constexpr int kPat = 0x00, kPmt = 0x02;

size_t number(ByteView bytes, size_t at) {
  return std::to_integer<size_t>(bytes[at]) << 8U | std::to_integer<size_t>(bytes[at + 1]);
}

}  // namespace

bool TsSync::holds(ByteView raw, size_t at, size_t stride, size_t packets) const {
  size_t seen = 0;
  for (; seen < packets && at < raw.size(); ++seen, at += stride) {
    if (raw[at] != kSync) return false;
  }
  return seen > 0;
}

/// Drops what stands before the next run of packets. False when more bytes are needed.
bool TsSync::find(ByteView raw, bool end) {
  const size_t run = x_stride == 0 ? kFirstRun : kNextRun;
  const size_t needed = kStrides.back() * (run - 1) + 1;
  for (size_t at = 0; at + (end ? kTsPacket : needed) <= raw.size(); ++at) {
    for (const size_t stride : kStrides) {
      if (x_stride != 0 && stride != x_stride) continue;
      if (raw[at] != kSync || !holds(raw, at, stride, run)) continue;
      x_dropped += static_cast<int64_t>(at);
      x_stride = stride;
      x_synced = true;
      return true;
    }
  }
  return false;
}

void TsSync::move(Bytes& raw, Bytes& out, bool end) {
  size_t at = 0;
  for (;;) {
    if (!x_synced) {
      const ByteView rest = ByteView(raw).subspan(at);
      const int64_t before = x_dropped;
      if (!find(rest, end)) {
        const size_t keep = end ? 0 : std::min(rest.size(), kStrides.back() * (kFirstRun - 1));
        x_dropped += static_cast<int64_t>(rest.size() - keep);
        at += rest.size() - keep;
        break;
      }
      at += static_cast<size_t>(x_dropped - before);
    }
    if (at + kTsPacket > raw.size()) break;
    if (raw[at] != kSync) {
      x_synced = false;
      continue;
    }
    const size_t next = std::min(raw.size(), at + x_stride);
    if (next < at + x_stride && !end) break;  // 192 and 204: the rest of the packet is still to come
    const auto packet = raw.begin() + static_cast<ptrdiff_t>(at);
    out.insert(out.end(), packet, packet + kTsPacket);
    at = next;
  }
  raw.erase(raw.begin(), raw.begin() + static_cast<ptrdiff_t>(std::min(at, raw.size())));
}

int64_t TsSync::take_dropped() {
  if (!x_synced && x_dropped < kTellBytes) return 0;
  return std::exchange(x_dropped, 0);
}

void TsTables::watch(int programme) {
  if (programme == x_programme) return;
  x_programme = programme;
  x_pmt_pid = -1;
  x_streams.reset();
  x_pmt = {};
}

/// True when the packet completed a section, which then stands in `section.bytes`.
bool TsTables::collect(Section& section, ByteView packet) {
  const auto control = std::to_integer<unsigned>(packet[3]);
  size_t at = 4;
  if ((control & 0x10U) == 0) return false;
  if ((control & 0x20U) != 0) at += 1 + std::to_integer<size_t>(packet[4]);
  if (at >= packet.size()) return false;
  if ((std::to_integer<unsigned>(packet[1]) & 0x40U) != 0) {
    at += 1 + std::to_integer<size_t>(packet[at]);
    if (at >= packet.size()) return false;
    section.bytes.clear();
    section.packets.clear();
  } else if (section.bytes.empty()) {
    return false;
  }
  section.bytes.insert(section.bytes.end(), packet.begin() + static_cast<ptrdiff_t>(at), packet.end());
  section.packets.insert(section.packets.end(), packet.begin(), packet.end());
  if (section.packets.size() > kMaxTablePackets * kTsPacket) section = {};
  if (section.bytes.size() < 3) return false;
  const size_t length = 3 + (number(section.bytes, 1) & 0x0FFFU);
  if (length > kMaxSection || section.bytes.size() < length) return false;
  section.bytes.resize(length);
  const bool sound =
      length >= 12 && crc32(section.bytes) == 0 && (std::to_integer<unsigned>(section.bytes[5]) & 1U) != 0;
  if (sound) section.whole = section.packets;
  if (!sound) section.bytes.clear();
  return sound;
}

bool TsTables::new_pat(ByteView section) {
  if (std::to_integer<int>(section[0]) != kPat) return false;
  int pid = -1;
  for (size_t at = 8; at + 8 <= section.size(); at += 4) {
    if (static_cast<int>(number(section, at)) == x_programme) pid = static_cast<int>(number(section, at + 2) & 0x1FFFU);
  }
  // A table in several sections names the programme in one of them.
  const bool one_section = std::to_integer<int>(section[7]) == 0;
  if (pid < 0 && !one_section) return false;
  const bool changed = x_pmt_pid >= 0 && pid != x_pmt_pid;
  x_pmt_pid = pid;
  return changed;
}

bool TsTables::new_pmt(ByteView section) {
  if (std::to_integer<int>(section[0]) != kPmt || static_cast<int>(number(section, 3)) != x_programme) return false;
  Bytes streams;
  const size_t end = section.size() - 4;
  for (size_t at = 12 + (number(section, 10) & 0x0FFFU); at + 5 <= end; at += 5 + (number(section, at + 3) & 0x0FFFU)) {
    streams.push_back(section[at]);
    streams.push_back(section[at + 1] & std::byte{0x1F});
    streams.push_back(section[at + 2]);
  }
  const bool changed = x_streams && *x_streams != streams;
  x_streams = std::move(streams);
  return changed;
}

bool TsTables::changed_by(ByteView packet) {
  if (x_programme == 0 || (std::to_integer<unsigned>(packet[1]) & 0x80U) != 0) return false;
  const int pid = static_cast<int>(number(packet, 1) & 0x1FFFU);
  if (pid == 0) return collect(x_pat, packet) && new_pat(x_pat.bytes);
  if (pid != x_pmt_pid) return false;
  return collect(x_pmt, packet) && new_pmt(x_pmt.bytes);
}

Bytes TsTables::tables() const {
  Bytes all = x_pat.whole;
  all.insert(all.end(), x_pmt.whole.begin(), x_pmt.whole.end());
  return all;
}

}  // namespace pier::media::impl
