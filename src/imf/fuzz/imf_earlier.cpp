// Composition playlists of anybody, of which tracks are borrowed.

#include <pier/imf/package.hpp>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view xml(reinterpret_cast<const char*>(data), size);
  (void)pier::imf::read_earlier(xml, {"MainImageSequence", "MainAudioSequence"});
  return 0;
}
