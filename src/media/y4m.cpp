#include "y4m.hpp"

#include <array>
#include <charconv>
#include <cstring>

namespace pier::media::impl {
namespace {

constexpr size_t kLongestLine = 512;
constexpr int kLargestSide = 16384;

struct FormatWord {
  std::string_view word;
  PixelFormat format;
};
constexpr std::array kFormats = {
    FormatWord{"420", {8, Chroma::k420}},      FormatWord{"420jpeg", {8, Chroma::k420}},
    FormatWord{"420mpeg2", {8, Chroma::k420}}, FormatWord{"420paldv", {8, Chroma::k420}},
    FormatWord{"420p10", {10, Chroma::k420}},  FormatWord{"420p12", {12, Chroma::k420}},
    FormatWord{"420p16", {16, Chroma::k420}},  FormatWord{"422", {8, Chroma::k422}},
    FormatWord{"422p10", {10, Chroma::k422}},  FormatWord{"422p12", {12, Chroma::k422}},
    FormatWord{"422p16", {16, Chroma::k422}},  FormatWord{"444", {8, Chroma::k444}},
    FormatWord{"444p10", {10, Chroma::k444}},  FormatWord{"444p12", {12, Chroma::k444}},
    FormatWord{"444p16", {16, Chroma::k444}},  FormatWord{"mono", {8, Chroma::k400}},
    FormatWord{"mono10", {10, Chroma::k400}},  FormatWord{"mono12", {12, Chroma::k400}},
};

Failure wrong(const std::string& what) {
  return fail(ErrorCode::kInputDamaged, "its YUV4MPEG2 " + what);
}

bool read_number(std::string_view text, int64_t& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

bool read_ratio(std::string_view text, Rational& value) {
  const size_t colon = text.find(':');
  int64_t num = 0, den = 0;
  if (colon == std::string_view::npos || !read_number(text.substr(0, colon), num) ||
      !read_number(text.substr(colon + 1), den) || num < 0 || den <= 0)
    return false;
  value = Rational(num, den);
  return true;
}

bool take_word(std::string_view word, Y4mHeader& header) {
  const std::string_view value = word.substr(1);
  int64_t number = 0;
  switch (word.front()) {
    case 'W':
    case 'H':
      if (!read_number(value, number) || number < 1 || number > kLargestSide) return false;
      (word.front() == 'W' ? header.width : header.height) = static_cast<int>(number);
      return true;
    case 'F':
      return read_ratio(value, header.frame_rate);
    case 'I':
      header.interlaced = value != "p" && value != "?";
      header.top_field_first = value == "t";
      return true;
    case 'C':
      for (const FormatWord& known : kFormats) {
        if (known.word != value) continue;
        header.format = known.format;
        return true;
      }
      return false;
    default:
      return true;  // aspect, comments, what is to come
  }
}

size_t picture_bytes(const Y4mHeader& header) {
  size_t bytes = 0;
  for (int plane = 0; plane < header.format.plane_count(); ++plane) {
    bytes += static_cast<size_t>(header.format.plane_width(plane, header.width)) *
             static_cast<size_t>(header.format.plane_height(plane, header.height)) *
             static_cast<size_t>(header.format.bytes_per_sample());
  }
  return bytes;
}

}  // namespace

Result<Y4mHeader> parse_y4m_header(std::string_view line) {
  constexpr std::string_view kMagic = "YUV4MPEG2";
  if (!line.starts_with(kMagic))
    return wrong("stream begins with something else: \"" + display_text(line.substr(0, 32)) + "\"");
  Y4mHeader header;
  line.remove_prefix(kMagic.size());
  while (!line.empty()) {
    const size_t start = line.find_first_not_of(' ');
    if (start == std::string_view::npos) break;
    line.remove_prefix(start);
    const std::string_view word = line.substr(0, line.find(' '));
    line.remove_prefix(word.size());
    if (!take_word(word, header)) return wrong("header has an unknown value: " + display_text(word));
  }
  if (header.width == 0 || header.height == 0) return wrong("header names no raster");
  return header;
}

std::string y4m_header(const Y4mHeader& header) {
  std::string_view format = "420";
  for (const FormatWord& known : kFormats) {
    if (known.format == header.format && known.word != "420paldv" && known.word != "420mpeg2") format = known.word;
  }
  return "YUV4MPEG2 W" + std::to_string(header.width) + " H" + std::to_string(header.height) + " F" +
         std::to_string(header.frame_rate.num) + ":" + std::to_string(header.frame_rate.den) + " Ip A1:1 C" +
         std::string(format) + "\n";
}

Result<std::optional<std::string>> Y4mReader::line() {
  const std::string_view text = as_text(ByteView(x_bytes).subspan(x_at));
  const size_t end = text.substr(0, kLongestLine).find('\n');
  if (end != std::string_view::npos) return std::string(text.substr(0, end));
  if (text.size() >= kLongestLine) return wrong("line has no end");
  return std::nullopt;
}

Result<std::optional<Picture>> Y4mReader::next() {
  if (!x_header) {
    PIER_TRY(const std::optional<std::string> first, line());
    if (!first) return std::nullopt;
    PIER_TRY(x_header, parse_y4m_header(*first));
    x_at += first->size() + 1;
  }
  PIER_TRY(const std::optional<std::string> before, line());
  if (!before) return std::nullopt;
  if (!before->starts_with("FRAME")) {
    return wrong("stream has \"" + display_text(std::string_view(*before).substr(0, 32)) +
                 "\" where FRAME belongs: a picture is "
                 "longer or shorter than its header says");
  }
  const size_t bytes = picture_bytes(*x_header);
  if (x_bytes.size() - x_at < before->size() + 1 + bytes) return std::nullopt;
  x_at += before->size() + 1;
  Picture picture = Picture::allocate(x_header->format, x_header->width, x_header->height, x_colour);
  if (!picture) return fail(ErrorCode::kTooLarge, "no memory for a picture of a codec program");
  const MutablePictureView view = picture.writable();
  for (int plane = 0; plane < x_header->format.plane_count(); ++plane) {
    const MutablePlane& out = view.planes[static_cast<size_t>(plane)];
    const size_t row = static_cast<size_t>(out.width) * static_cast<size_t>(x_header->format.bytes_per_sample());
    for (int y = 0; y < out.height; ++y, x_at += row) std::memcpy(out.row<std::byte>(y), x_bytes.data() + x_at, row);
  }
  x_bytes.erase(x_bytes.begin(), x_bytes.begin() + static_cast<ptrdiff_t>(x_at));
  x_at = 0;
  return picture;
}

}  // namespace pier::media::impl
