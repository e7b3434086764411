#include "read_and_write.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  pier::subtitles::test::read_and_write(data, size, pier::subtitles::Format::kWebVtt);
  return 0;
}
