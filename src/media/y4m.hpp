#pragma once
// YUV4MPEG2 (mjpegtools, yuv4mpeg(5)): raw pictures with a line of text before the stream and one before each.

#include <optional>
#include <string>

#include <pier/core/bytes.hpp>
#include <pier/core/picture.hpp>
#include <pier/core/rational.hpp>

namespace pier::media::impl {

struct Y4mHeader {
  int width = 0, height = 0;
  Rational frame_rate;
  PixelFormat format;
  bool interlaced = false, top_field_first = false;
};
/// The first line without its line end. kInputDamaged says what is wrong with it.
Result<Y4mHeader> parse_y4m_header(std::string_view line);
std::string y4m_header(const Y4mHeader& header);

/// Takes a stream in pieces and gives whole pictures. Samples of more than 8 bits are little-endian, two bytes each.
class Y4mReader {
 public:
  explicit Y4mReader(const ColourInfo& colour) : x_colour(colour) {}
  void add(ByteView bytes) { x_bytes.insert(x_bytes.end(), bytes.begin(), bytes.end()); }
  /// nullopt: bytes are missing.
  Result<std::optional<Picture>> next();
  const std::optional<Y4mHeader>& header() const { return x_header; }
  /// Bytes that belong to no whole picture yet.
  size_t left() const { return x_bytes.size() - x_at; }

 private:
  Result<std::optional<std::string>> line();
  ColourInfo x_colour;
  std::optional<Y4mHeader> x_header;
  Bytes x_bytes;
  size_t x_at = 0;
};

}  // namespace pier::media::impl
