#pragma once
// Text drawn as an image: Chinese, Latin, right to left (UAX #9), vertical, with ruby, outline and box.

#include <string>
#include <vector>

#include <pier/core/result.hpp>
#include <pier/overlay/font.hpp>
#include <pier/overlay/image.hpp>

namespace pier::overlay {

/// A run of UTF-8 of one look, in logical order, without line breaks.
struct TextSpan {
  std::string text;
  Rgba colour = {};
  bool italic = false, bold = false, underline = false;
  std::string ruby = {};    // over (vertical: right of) the text, in half its size; empty: none
  Rgba box = {0, 0, 0, 0};  // behind this run; alpha 0: none
};
using TextLine = std::vector<TextSpan>;

enum class TextAlign : uint8_t { kLeft, kCentre, kRight, kStart, kEnd };  // start and end follow the direction

struct TextStyle {
  double size = 48;          // of the em square, in samples; 4 ... 2000
  double line_pitch = 1.25;  // from line to line, in em
  double outline = 0;        // width of the line around the characters, in samples; 0: none
  Rgba outline_colour = {0, 0, 0, 255};
  Rgba box = {0, 0, 0, 0};  // behind every line, a quarter of a character wider at its ends; alpha 0: none
  TextAlign align = TextAlign::kCentre;
  bool vertical = false;       // columns
  bool left_to_right = false;  // of vertical columns; else the first is at the right
  double longest = 0;          // lines longer than this are broken; in samples, 0: never
};

inline constexpr size_t kMaxText = 16'384;  // bytes of one text
inline constexpr size_t kMaxTextLines = 64;

/// How far the image reaches beyond the lines of the text at each side: room for outline, boxes and slanted letters.
int text_margin(const TextStyle& style);

/// As large as the text with its outline and boxes needs. A character that no font has is kInputUnsupported and is
/// named with its code point: "no font has 𠀀 (U+20000)"; kInvalidArgument for sizes out of range and text that is no
/// UTF-8; kTooLarge for more than the limits above or than Image may have.
Result<Image> draw_text(const std::vector<TextLine>& lines, const TextStyle& style, const Fonts& fonts);

}  // namespace pier::overlay
