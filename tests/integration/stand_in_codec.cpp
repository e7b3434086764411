// A codec program for tests: AVS3 elementary streams whose pictures are the raw samples, four bits a byte, so that no
// start code can arise. Everything is a key picture.
//
//   stand_in_codec encode            YUV4MPEG2 (420, 8 or 10 bit, 25/s) by standard input, a stream of BT.2020 HLG out
//   stand_in_codec decode [FAULT N]  the other way; with a fault when picture N has been given, or is due:
//     crash hang quit babble short long wrong_size garbage exec status none
#include <array>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include <unistd.h>

#include <pier/core/bytes.hpp>

#include "bitstream/avs.hpp"
#include "bitstream/nal.hpp"
#include "test_clips.hpp"

namespace {

using namespace pier;
using media::impl::SequenceHeader;

void put(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
}

void put_unit(ByteView unit) {
  put(std::string("\0\0\1", 3));
  put(std::string(as_text(unit)));
}

std::string word_of(const std::string& line, char key) {
  const size_t at = line.find(std::string(" ") + key);
  return at == std::string::npos ? "" : line.substr(at + 2, line.find(' ', at + 2) - at - 2);
}

int encode() {
  std::string line;
  std::getline(std::cin, line);
  media::clips::AvsSpec spec;
  spec.width = std::stoi(word_of(line, 'W'));
  spec.height = std::stoi(word_of(line, 'H'));
  spec.precision = word_of(line, 'C').ends_with("p10") ? 2 : 1;
  spec.rate_code = 3;
  const size_t bytes =
      static_cast<size_t>(spec.width) * static_cast<size_t>(spec.height) * 3 / 2 * static_cast<size_t>(spec.precision);
  std::string picture(bytes, '\0');
  while (std::getline(std::cin, line) && std::cin.read(picture.data(), static_cast<std::streamsize>(bytes))) {
    put_unit(media::clips::avs_sequence_header(spec));
    put_unit(media::clips::avs_sequence_display(14));
    put_unit(Bytes{std::byte{0xB3}, std::byte{0x80}, std::byte{0x11}, std::byte{0x42}, std::byte{0x99}});
    Bytes slice{std::byte{0}};
    for (const char sample : picture) {
      slice.push_back(static_cast<std::byte>(0x10 | (static_cast<unsigned char>(sample) >> 4)));
      slice.push_back(static_cast<std::byte>(0x10 | (sample & 15)));
    }
    put_unit(slice);
  }
  return 0;
}

class Decoder {
 public:
  Decoder(std::string fault, int when) : x_fault(std::move(fault)), x_when(when) {}

  int run() {
    Bytes stream;
    std::array<char, 65536> block{};
    size_t count = 0;
    while ((count = std::fread(block.data(), 1, block.size(), stdin)) > 0) {
      const ByteView bytes = as_bytes(std::string_view(block.data(), count));
      stream.insert(stream.end(), bytes.begin(), bytes.end());
      if (x_fault == "quit" && x_when == 0) return 0;
    }
    media::impl::split_start_codes(stream, [&](ByteView unit) { take(unit); });
    if (x_fault == "long") give_again();
    if (x_fault == "status") std::cerr << "licence expired\n";
    return x_fault == "status" ? 3 : 0;
  }

 private:
  void take(ByteView unit) {
    if (unit.empty()) return;
    if (unit[0] == std::byte{media::impl::kAvsSequence} && !x_header) start(unit);
    if (unit[0] == std::byte{0} && x_header) picture(unit.subspan(1));
  }
  void start(ByteView unit) {
    x_header = media::impl::parse_avs_sequence_header(media::impl::AvsGeneration::kAvs3, unit);
    if (!x_header) std::exit(4);
    const int width = x_header->width + (x_fault == "wrong_size" ? 2 : 0);
    if (x_fault == "garbage") put("this is no header at all\n");
    put("YUV4MPEG2 W" + std::to_string(width) + " H" + std::to_string(x_header->height) + " F25:1 Ip A1:1 C420" +
        (x_header->format.bit_depth > 8 ? "p10" : "jpeg") + "\n");
  }
  void picture(ByteView slice) {
    x_picture.clear();
    for (size_t i = 0; i + 1 < slice.size(); i += 2) {
      x_picture += static_cast<char>(((std::to_integer<unsigned>(slice[i]) & 15U) << 4U) |
                                     (std::to_integer<unsigned>(slice[i + 1]) & 15U));
    }
    if (++x_count > x_when) misbehave();
    give_again();
  }
  void give_again() {
    put("FRAME\n");
    put(x_picture);
  }
  void misbehave() {
    std::fflush(stdout);
    if (x_fault == "crash") std::abort();
    if (x_fault == "hang") pause();
    if (x_fault == "quit") std::exit(0);
    if (x_fault == "babble") put("nonsense\n");
    if (x_fault == "short") x_picture.resize(x_picture.size() / 2);
    if (x_fault == "exec") {
      std::array<char*, 2> arguments{const_cast<char*>("true"), nullptr};
      execve("/bin/true", arguments.data(), nullptr);
    }
  }

  std::string x_fault, x_picture;
  int x_when, x_count = 0;
  std::optional<SequenceHeader> x_header;
};

}  // namespace

int main(int argc, char** argv) {
  const std::string verb = argc > 1 ? argv[1] : "";
  if (verb == "encode") return encode();
  if (verb == "decode") return Decoder(argc > 2 ? argv[2] : "none", argc > 3 ? std::atoi(argv[3]) : 0).run();
  return 100;
}
