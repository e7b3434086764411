#include <cstdio>

#include <pier/subtitles/writing.hpp>

#include "written.hpp"

namespace pier::subtitles {
namespace impl {

std::string clock_text(const Rational& seconds, char point) {
  const int64_t milliseconds = rescale(1, seconds, Rational(1, 1000));
  char text[48];
  std::snprintf(text, sizeof text, "%02lld:%02lld:%02lld%c%03lld", static_cast<long long>(milliseconds / 3'600'000),
                static_cast<long long>(milliseconds / 60'000 % 60), static_cast<long long>(milliseconds / 1000 % 60),
                point, static_cast<long long>(milliseconds % 1000));
  return text;
}

std::string percent_text(int32_t hundredths) {
  std::string text = std::to_string(hundredths / 100);
  if (hundredths % 100 != 0) {
    char part[8];
    std::snprintf(part, sizeof part, ".%02d", hundredths % 100);
    text += part;
    if (text.ends_with('0')) text.pop_back();
  }
  return text + "%";
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        if (static_cast<uint8_t>(c) >= 0x20) out += c;
    }
  }
  return out;
}

std::string_view align_text(Align align) {
  switch (align) {
    case Align::kStart:
      return "start";
    case Align::kCentre:
      return "center";
    case Align::kEnd:
      return "end";
    case Align::kLeft:
      return "left";
    case Align::kRight:
      return "right";
  }
  return "center";
}

}  // namespace impl

Result<Written> write(const Document& document, Format format, const WriteOptions& options) {
  switch (format) {
    case Format::kSrt:
      return impl::write_srt(document);
    case Format::kWebVtt:
      return impl::write_webvtt(document, options);
    case Format::kTtml:
      return impl::write_imsc(document);
    case Format::kEbuStl:
      return impl::write_ebu_stl(document);
  }
  return fail(ErrorCode::kInternal, "a format without a writer");
}

}  // namespace pier::subtitles
