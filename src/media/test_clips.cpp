#include "test_clips.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace pier::media::clips {
namespace {

uint32_t crc32(ByteView bytes) {
  uint32_t crc = 0xFFFFFFFF;
  for (const std::byte byte : bytes) {
    crc ^= std::to_integer<uint32_t>(byte) << 24U;
    for (int bit = 0; bit < 8; ++bit) crc = (crc << 1U) ^ ((crc >> 31U) != 0 ? 0x04C11DB7U : 0U);
  }
  return crc;
}

class Multiplex {
 public:
  void section(int pid, ByteWriter body) {
    body.u32(crc32(body.view()));
    ByteWriter payload;
    payload.u8(0);
    payload.bytes(body.view());
    packets(pid, payload.view());
  }
  void packets(int pid, ByteView payload) {
    bool first = true;
    while (!payload.empty()) {
      const size_t take = std::min<size_t>(184, payload.size());
      x_out.u8(0x47);
      x_out.u16((first ? 0x4000U : 0U) | static_cast<uint64_t>(pid));
      const size_t stuffing = 184 - take;
      x_out.u8((stuffing > 0 ? 0x30U : 0x10U) | (x_counter[static_cast<size_t>(pid)]++ & 15U));
      if (stuffing > 0) x_out.u8(stuffing - 1);
      if (stuffing > 1) x_out.u8(0);
      for (size_t byte = 2; byte < stuffing; ++byte) x_out.u8(0xFF);
      x_out.bytes(payload.first(take));
      payload = payload.subspan(take);
      first = false;
    }
  }
  Bytes take() { return x_out.take(); }

 private:
  ByteWriter x_out;
  std::vector<unsigned> x_counter = std::vector<unsigned>(8192);
};

void put_time(ByteWriter& out, int64_t time) {
  const auto t = static_cast<uint64_t>(time);
  out.u8(0x21U | ((t >> 29U) & 14U));
  out.u16(((t >> 14U) & 0xFFFEU) | 1U);
  out.u16(((t << 1U) & 0xFFFEU) | 1U);
}

}  // namespace

TempFolder::TempFolder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "pier-media-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) std::abort();
  x_path = pattern;
}

TempFolder::~TempFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(x_path, ignored);
}

std::string TempFolder::path(std::string_view name) const {
  return name.empty() ? x_path : x_path + "/" + std::string(name);
}

std::string TempFolder::write(std::string_view name, ByteView bytes) const {
  std::ofstream out(path(name), std::ios::binary);
  out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  return path(name);
}

bool ffmpeg(const std::string& arguments) {
  return std::system(("ffmpeg -y -v error -nostdin " + arguments + " 2>/dev/null").c_str()) == 0;
}

std::string test_picture(std::string_view options, int frames) {
  return "-f lavfi -i testsrc2=" + std::string(options) + ",trim=end_frame=" + std::to_string(frames) + " ";
}

BitWriter& BitWriter::bits(uint64_t value, int count) {
  for (int bit = count - 1; bit >= 0; --bit) x_bits.push_back(((value >> bit) & 1U) != 0);
  return *this;
}

BitWriter& BitWriter::ue(uint32_t value) {
  const uint64_t code = uint64_t{value} + 1;
  int length = 0;
  while ((code >> length) > 1) ++length;
  return bits(0, length).bits(code, length + 1);
}

Bytes BitWriter::bytes() const {
  Bytes out((x_bits.size() + 7) / 8);
  for (size_t bit = 0; bit < x_bits.size(); ++bit) {
    if (x_bits[bit]) out[bit / 8] |= std::byte{0x80} >> static_cast<int>(bit % 8);
  }
  return out;
}

Bytes avs_sequence_header(const AvsSpec& spec) {
  BitWriter bits;
  const auto marker = [&] {
    if (spec.avs3) bits.bits(spec.broken_marker ? 0 : 1, 1);
  };
  bits.bits(0xB0, 8).bits(static_cast<uint64_t>(spec.profile), 8).bits(static_cast<uint64_t>(spec.level), 8);
  bits.bits(1, 1).bits(0, 1);
  if (spec.avs3) bits.bits(0, 1).bits(0, 1);
  marker();
  bits.bits(static_cast<uint64_t>(spec.width), 14);
  marker();
  bits.bits(static_cast<uint64_t>(spec.height), 14).bits(1, 2).bits(static_cast<uint64_t>(spec.precision), 3);
  if (spec.profile == 0x22 || spec.profile == 0x32) bits.bits(static_cast<uint64_t>(spec.precision), 3);
  marker();
  bits.bits(1, 4).bits(static_cast<uint64_t>(spec.rate_code), 4);
  marker();
  bits.bits(1234, 18).bits(spec.broken_marker ? 0 : 1, 1).bits(5, 12).bits(0, 1);
  if (spec.avs3) bits.bits(1, 1);
  bits.bits(1, 1).bits(777, 18).bits(1, 1).bits(6, 4).bits(0xFF, 8);
  return bits.bytes();
}

Bytes avs_sequence_display(int transfer) {
  return BitWriter()
      .bits(0xB5, 8)
      .bits(2, 4)
      .bits(5, 3)
      .bits(0, 1)
      .bits(1, 1)
      .bits(9, 8)
      .bits(static_cast<uint64_t>(transfer), 8)
      .bits(8, 8)
      .bits(3840, 14)
      .bits(1, 1)
      .bits(2160, 14)
      .bits(0, 1)
      .bits(1, 1)
      .bytes();
}

Bytes avs_mastering_display(uint16_t max_nits, uint16_t max_cll) {
  BitWriter bits;
  bits.bits(0xB5, 8).bits(10, 4);
  for (const uint64_t value : {13250U, 34500U, 7500U, 3000U, 34000U, 16000U, 15635U, 16450U, unsigned{max_nits}, 50U,
                               unsigned{max_cll}, 400U}) {
    bits.bits(value, 16).bits(1, 1);
  }
  return bits.bits(0xFFFF, 16).bytes();
}

Bytes avs_stream(const AvsSpec& spec, const std::vector<Bytes>& extensions, int pictures) {
  ByteWriter out;
  const auto unit = [&](ByteView bytes) {
    out.u24(1);
    out.bytes(bytes);
  };
  unit(avs_sequence_header(spec));
  for (const Bytes& extension : extensions) unit(extension);
  for (int picture = 0; picture < pictures; ++picture) {
    unit(Bytes{std::byte{picture == 0 ? uint8_t{0xB3} : uint8_t{0xB6}}, std::byte{0x80}, std::byte{0x11},
               std::byte{0x42}, std::byte{0x99}});
    unit(Bytes(40, std::byte{0x2A}));
  }
  unit(Bytes{std::byte{0xB1}});
  return out.take();
}

Bytes transport_stream(int stream_type, const std::vector<Bytes>& access_units, int64_t ticks) {
  constexpr int kPmt = 0x100, kVideo = 0x101;
  Multiplex out;
  ByteWriter pat;
  pat.bytes(*from_hex("00b00d0001c100000001e100"));
  ByteWriter pmt;
  pmt.bytes(*from_hex("02b0120001c10000e101f000"));
  pmt.u8(static_cast<uint64_t>(stream_type));
  pmt.bytes(*from_hex("e101f000"));
  int64_t time = 90000;
  for (const Bytes& unit : access_units) {
    out.section(0, pat);
    out.section(kPmt, pmt);
    ByteWriter pes;
    pes.bytes(*from_hex("000001e00000808005"));
    put_time(pes, time);
    pes.bytes(unit);
    out.packets(kVideo, pes.view());
    time += ticks;
  }
  return out.take();
}

}  // namespace pier::media::clips
