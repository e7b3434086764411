#pragma once
// Media made when a test runs: by the ffmpeg program, or bit by bit.

#include <string>
#include <string_view>
#include <vector>

#include <pier/core/bytes.hpp>

namespace pier::media::clips {

/// A folder that is removed with all it holds.
class TempFolder {
 public:
  TempFolder();
  ~TempFolder();
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  std::string path(std::string_view name = "") const;
  std::string write(std::string_view name, ByteView bytes) const;
  std::string write(std::string_view name, std::string_view text) const { return write(name, as_bytes(text)); }

 private:
  std::string x_path;
};

/// Runs `ffmpeg -y -v error <arguments>` by a shell; false when it fails.
[[nodiscard]] bool ffmpeg(const std::string& arguments);

/// "-f lavfi -i testsrc2=...": 10 frames at 25 per second, 128x72.
std::string test_picture(std::string_view options = "size=128x72:rate=25", int frames = 10);

/// Bits, most significant first.
class BitWriter {
 public:
  BitWriter& bits(uint64_t value, int count);
  BitWriter& ue(uint32_t value);
  /// Padded with zero bits to a whole byte.
  Bytes bytes() const;

 private:
  std::vector<bool> x_bits;
};

struct AvsSpec {
  bool avs3 = true;
  int profile = 0x22, level = 0x54;
  int width = 3840, height = 2160;
  int precision = 2;  // 1 is 8 bit, 2 is 10 bit
  int rate_code = 6;
  bool broken_marker = false;
};
/// The unit of a sequence header, from 0xB0 on.
Bytes avs_sequence_header(const AvsSpec& spec);
/// A sequence display extension of BT.2020 HLG (transfer 14) or PQ (12), from 0xB5 on.
Bytes avs_sequence_display(int transfer);
Bytes avs_mastering_display(uint16_t max_nits, uint16_t max_cll);
/// An elementary stream: header, extensions, `pictures` pictures of a few bytes.
Bytes avs_stream(const AvsSpec& spec, const std::vector<Bytes>& extensions, int pictures);

/// PAT, PMT (one programme, one stream of `stream_type`) and one PES packet per access unit, `ticks` of 90 kHz apart.
Bytes transport_stream(int stream_type, const std::vector<Bytes>& access_units, int64_t ticks);

}  // namespace pier::media::clips
