#pragma once
// Subtitles that are drawn into the pictures of a file.

#include <string>
#include <vector>

#include <pier/deliver/wish.hpp>
#include <pier/overlay/subtitle_pictures.hpp>

namespace pier::deliver {

/// Read and ready to be drawn.
struct Burn {
  subtitles::Document document;  // times count from the first picture of the master
  overlay::Fonts fonts;
  overlay::SubtitleLook look;
  std::vector<std::string> notes;  // what was mended in the file; at most 20, then one that says how many more
};

/// `file` and `fonts`: contents. Errors as subtitles::read and overlay::Fonts::open.
Result<Burn> read_burn(const BurnWish& wish, ByteView file, std::vector<Bytes> fonts);

}  // namespace pier::deliver
