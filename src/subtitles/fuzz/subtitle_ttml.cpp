#include <pier/subtitles/writing.hpp>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace pier::subtitles;
  ReadOptions options;
  options.format = Format::kTtml;
  options.encoding = "utf-8";
  const auto reading = read(std::as_bytes(std::span(data, size)), options);
  if (!reading) return 0;
  // What was read can be written, and what was written be read.
  for (const Format format : {Format::kSrt, Format::kWebVtt, Format::kTtml}) {
    const auto written = write(reading->document, format);
    if (!written) __builtin_trap();
    if (format == Format::kSrt) continue;  // has no way to write a text that looks like a tag
    if (!read(pier::as_bytes(written->text), {format, "utf-8", {}})) __builtin_trap();
  }
  return 0;
}
