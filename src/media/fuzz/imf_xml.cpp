// Asset maps, packing lists and composition playlists.

#include "container/imf_xml.hpp"

#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace pier::media::impl;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  imf_document_kind(text);
  if (!parse_asset_map(text) && !parse_packing_list(text)) parse_composition(text);
  return 0;
}
