#include "container/ts_psi.hpp"

#include <algorithm>

namespace pier::media::impl {
namespace {

constexpr int kPat = 0x00, kPmt = 0x02, kSdt = 0x42;
constexpr int kSdtPid = 0x11;

Transfer avs_transfer(int code) {
  if (code == 12) return Transfer::kPq;
  if (code == 14) return Transfer::kHlg;
  if (code == 11) return Transfer::kBt2020_12;
  return code >= 1 && code <= 10 ? static_cast<Transfer>(code) : Transfer::kUnspecified;
}

void read_hevc(ByteReader& reader, size_t length, TsStream& stream) {
  TsStream::Hevc hevc;
  const int head = reader.u8();
  hevc.profile = head & 31;
  hevc.high_tier = (head & 32) != 0;
  reader.skip(4);
  const int flags = reader.u8();
  hevc.progressive = (flags & 0x80) != 0;
  hevc.interlaced = (flags & 0x40) != 0;
  reader.skip(5);
  hevc.level = reader.u8();
  const int more = reader.u8();
  const bool temporal = (more & 0x80) != 0;
  // The two bits of HDR_WCG_idc stand in the byte after the extension flags; older writers set reserved bits there.
  if (length > 13 && !temporal) hevc.hdr_wcg_idc = more & 3;
  if (length == 13) hevc.hdr_wcg_idc = more & 3;
  if (reader.ok()) stream.hevc = hevc;
}

// ETSI TS 101 154 / Dolby Vision in transport streams
void read_dolby(ByteReader& reader, TsStream& stream) {
  DolbyVision dolby;
  reader.skip(2);
  const uint32_t bits = reader.u16();
  dolby.profile = static_cast<int>(bits >> 9U);
  dolby.level = static_cast<int>((bits >> 3U) & 63U);
  dolby.rpu = (bits & 4U) != 0;
  dolby.enhancement_layer = (bits & 2U) != 0;
  dolby.base_layer = (bits & 1U) != 0;
  if (!dolby.base_layer) reader.skip(2);
  dolby.compatibility_id = reader.u8() >> 4;
  if (reader.ok()) stream.dolby_vision = dolby;
}

void read_avs3(ByteReader& reader, TsStream& stream) {
  TsStream::Avs3 avs;
  avs.profile = reader.u8();
  avs.level = reader.u8();
  const int rates = reader.u8();
  avs.frame_rate_code = (rates >> 3) & 15;
  const int precision = rates & 7;
  avs.depth = precision == 1 ? 8 : precision == 2 ? 10 : 0;
  reader.skip(1);
  avs.colour.primaries = static_cast<Primaries>(reader.u8());
  avs.colour.transfer = avs_transfer(reader.u8());
  const int matrix = reader.u8();
  avs.colour.matrix = static_cast<Matrix>(matrix == 8 ? 9 : matrix == 9 ? 10 : matrix);
  if (reader.ok()) stream.avs3 = avs;
}

void read_descriptor(int tag, ByteView body, TsStream& stream) {
  ByteReader reader(body);
  switch (tag) {
    case 0x05:
      stream.registration = std::string(as_text(reader.bytes(4)));
      if (stream.registration == "cuvv") stream.hdr_vivid = true;
      break;
    case 0x0A: {
      const std::string code(as_text(reader.bytes(3)));
      const bool letters =
          std::all_of(code.begin(), code.end(), [](char c) { return (c | 32) >= 'a' && (c | 32) <= 'z'; });
      if (reader.ok() && letters && code != "und") stream.language = code;
      break;
    }
    case 0x38:
      read_hevc(reader, body.size(), stream);
      break;
    case 0xB0:
      if (stream.registration == "DOVI" || stream.registration.empty()) read_dolby(reader, stream);
      break;
    case 0xD1:
      if (stream.stream_type == 0xD4) read_avs3(reader, stream);
      break;
    default:
      break;
  }
}

void read_descriptors(ByteView bytes, TsStream& stream) {
  ByteReader reader(bytes);
  while (reader.left() >= 2) {
    const int tag = reader.u8();
    const size_t length = reader.u8();
    const ByteView body = reader.bytes(length);
    if (!reader.ok()) return;
    read_descriptor(tag, body, stream);
  }
}

// Text of EN 300 468 Annex A: a leading byte below 0x20 names a character table; only plain ones are shown.
std::string service_text(ByteView bytes) {
  if (!bytes.empty() && std::to_integer<int>(bytes[0]) < 0x20) {
    bytes = bytes.subspan(bytes[0] == std::byte{0x10} ? std::min<size_t>(3, bytes.size()) : 1);
  }
  return display_text(as_text(bytes));
}

class Tables {
 public:
  explicit Tables(TsFile& file) : x_file(file) {}
  void packet(ByteView packet);
  bool complete() const {
    return x_has_pat && std::all_of(x_file.programmes.begin(), x_file.programmes.end(),
                                    [&](const TsProgramme& p) { return x_seen.contains(p.pmt_pid); });
  }

 private:
  void payload(int pid, ByteView bytes, bool unit_start);
  void drain(int pid);
  void section(int pid, ByteView section);
  void pat(ByteReader& reader);
  void pmt(int pid, int number, ByteReader& reader);
  void sdt(ByteReader& reader);
  bool wanted(int pid) const;

  TsFile& x_file;
  bool x_has_pat = false;
  std::map<int, bool> x_seen;      // PIDs whose PMT came
  std::map<int, Bytes> x_buffers;  // sections being put together
};

bool Tables::wanted(int pid) const {
  if (pid == 0 || pid == kSdtPid) return true;
  return std::any_of(x_file.programmes.begin(), x_file.programmes.end(),
                     [&](const TsProgramme& p) { return p.pmt_pid == pid; });
}

void Tables::packet(ByteView packet) {
  ByteReader reader(packet);
  reader.skip(1);
  const int head = reader.u16();
  const int control = reader.u8();
  const int pid = head & 0x1FFF;
  if ((head & 0x8000) != 0 || (control & 0x10) == 0 || !wanted(pid)) return;
  if ((control & 0x20) != 0) reader.skip(reader.u8());
  const ByteView rest = reader.bytes(reader.left());
  if (reader.ok()) payload(pid, rest, (head & 0x4000) != 0);
}

void Tables::payload(int pid, ByteView bytes, bool unit_start) {
  Bytes& buffer = x_buffers[pid];
  if (unit_start && !bytes.empty()) {
    const size_t pointer = std::to_integer<size_t>(bytes[0]);
    if (pointer + 1 > bytes.size()) return;
    if (!buffer.empty()) {
      buffer.insert(buffer.end(), bytes.begin() + 1, bytes.begin() + 1 + static_cast<ptrdiff_t>(pointer));
      drain(pid);
    }
    buffer.assign(bytes.begin() + 1 + static_cast<ptrdiff_t>(pointer), bytes.end());
  } else if (!buffer.empty()) {
    buffer.insert(buffer.end(), bytes.begin(), bytes.end());
  }
  drain(pid);
  if (buffer.size() > 8192) buffer.clear();
}

void Tables::drain(int pid) {
  Bytes& buffer = x_buffers[pid];
  while (buffer.size() >= 3 && buffer[0] != std::byte{0xFF}) {
    const size_t length = 3 + ((std::to_integer<size_t>(buffer[1]) & 15U) << 8U) + std::to_integer<size_t>(buffer[2]);
    if (buffer.size() < length) return;
    section(pid, ByteView(buffer).first(length));
    buffer.erase(buffer.begin(), buffer.begin() + static_cast<ptrdiff_t>(length));
  }
  if (!buffer.empty() && buffer[0] == std::byte{0xFF}) buffer.clear();
}

void Tables::section(int pid, ByteView section) {
  if (section.size() < 12 || crc32(section) != 0) return;
  ByteReader reader(section.first(section.size() - 4));
  const int table = reader.u8();
  reader.skip(2);
  const int number = reader.u16();
  const bool current = (reader.u8() & 1) != 0;
  reader.skip(2);
  if (!current) return;
  if (table == kPat && pid == 0) pat(reader);
  if (table == kPmt) pmt(pid, number, reader);
  if (table == kSdt && pid == kSdtPid) sdt(reader);
}

void Tables::pat(ByteReader& reader) {
  x_has_pat = true;
  while (reader.left() >= 4) {
    const int number = reader.u16();
    const int pid = reader.u16() & 0x1FFF;
    if (number == 0) continue;
    const bool known = std::any_of(x_file.programmes.begin(), x_file.programmes.end(),
                                   [&](const TsProgramme& p) { return p.number == number; });
    if (known || x_file.programmes.size() >= 512) continue;
    TsProgramme programme;
    programme.number = number;
    programme.pmt_pid = pid;
    x_file.programmes.push_back(std::move(programme));
  }
}

void Tables::pmt(int pid, int number, ByteReader& reader) {
  const auto programme = std::find_if(x_file.programmes.begin(), x_file.programmes.end(),
                                      [&](const TsProgramme& p) { return p.number == number && p.pmt_pid == pid; });
  if (programme == x_file.programmes.end() || !programme->streams.empty()) return;
  programme->pcr_pid = reader.u16() & 0x1FFF;
  reader.skip(reader.u16() & 0xFFF);
  while (reader.left() >= 5) {
    TsStream stream;
    stream.stream_type = reader.u8();
    stream.pid = reader.u16() & 0x1FFF;
    const size_t length = reader.u16() & 0xFFF;
    const ByteView descriptors = reader.bytes(length);
    if (!reader.ok()) break;
    read_descriptors(descriptors, stream);
    programme->streams.push_back(std::move(stream));
  }
  x_seen[pid] = true;
}

void Tables::sdt(ByteReader& reader) {
  reader.skip(3);
  while (reader.left() >= 5) {
    const int number = reader.u16();
    reader.skip(1);
    const ByteView loop = reader.bytes(reader.u16() & 0xFFF);
    if (!reader.ok()) return;
    ByteReader descriptors(loop);
    while (descriptors.left() >= 2) {
      const int tag = descriptors.u8();
      const size_t length = descriptors.u8();
      ByteReader body(descriptors.bytes(length));
      if (tag != 0x48 || !descriptors.ok()) continue;
      body.skip(1);
      const std::string provider = service_text(body.bytes(body.u8()));
      const std::string service = service_text(body.bytes(body.u8()));
      for (TsProgramme& programme : x_file.programmes) {
        if (programme.number != number || !body.ok()) continue;
        programme.provider = provider;
        programme.service = service;
      }
    }
  }
}

}  // namespace

uint32_t crc32(ByteView bytes) {
  uint32_t crc = 0xFFFFFFFF;
  for (const std::byte byte : bytes) {
    crc ^= std::to_integer<uint32_t>(byte) << 24U;
    for (int bit = 0; bit < 8; ++bit) crc = (crc << 1U) ^ ((crc >> 31U) != 0 ? 0x04C11DB7U : 0U);
  }
  return crc;
}

int ts_packet_size(ByteView head) {
  for (const size_t size : {size_t{188}, size_t{192}, size_t{204}}) {
    const size_t lead = size == 192 ? 4 : 0;
    size_t packets = 0;
    while (lead + packets * size < head.size() && head[lead + packets * size] == std::byte{0x47}) ++packets;
    if (packets >= 4 && lead + packets * size >= head.size()) return static_cast<int>(size);
  }
  return 0;
}

std::optional<TsFile> read_ts(const ByteSource& source, uint64_t limit) {
  TsFile file;
  const Bytes head = source.read(0, 204 * 16);
  file.packet_size = ts_packet_size(head);
  if (file.packet_size == 0) return std::nullopt;
  const auto size = static_cast<uint64_t>(file.packet_size);
  const uint64_t lead = size == 192 ? 4 : 0;
  file.whole_packets = source.size() % size == 0;
  Tables tables(file);
  const uint64_t end = std::min(source.size(), limit);
  const uint64_t chunk = size * 512;
  for (uint64_t at = 0; at < end && !tables.complete(); at += chunk) {
    const Bytes bytes = source.read(at, static_cast<size_t>(chunk));
    for (uint64_t offset = 0; offset + size <= bytes.size(); offset += size) {
      if (bytes[offset + lead] == std::byte{0x47}) tables.packet(ByteView(bytes).subspan(offset + lead, 188));
    }
  }
  return file;
}

}  // namespace pier::media::impl
