#pragma once
// What the fuzz targets of all formats do with their input.

#include <pier/subtitles/writing.hpp>

namespace pier::subtitles::test {

/// Reads it as `format`; what was read can be written, and what was written be read.
inline void read_and_write(const uint8_t* data, size_t size, Format format) {
  ReadOptions options;
  options.format = format;
  options.encoding = "utf-8";
  const auto reading = read(std::as_bytes(std::span(data, size)), options);
  if (!reading) return;
  for (const Format other : {Format::kSrt, Format::kWebVtt, Format::kTtml}) {
    const auto written = write(reading->document, other);
    if (!written) __builtin_trap();
    if (other == Format::kSrt) continue;  // has no way to write a text that looks like a tag
    if (!read(as_bytes(written->text), {other, "utf-8", {}})) __builtin_trap();
  }
  const auto stl = write(reading->document, Format::kEbuStl);
  if (stl && !read(as_bytes(stl->text), {Format::kEbuStl, "", {}, true})) __builtin_trap();
}

}  // namespace pier::subtitles::test
