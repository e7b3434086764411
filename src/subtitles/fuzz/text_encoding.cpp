#include <pier/subtitles/text_encoding.hpp>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace pier;
  const auto decoded = subtitles::decode_text(std::as_bytes(std::span(data, size)));
  if (decoded && !is_utf8(decoded->text)) __builtin_trap();
  return 0;
}
