#pragma once
// Timed text as a value: what every format here is read into and written from. Text is UTF-8 in logical order; times
// are exact seconds from the beginning of the programme; places are in hundredths of a percent of the picture.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <pier/core/json.hpp>
#include <pier/core/rational.hpp>

namespace pier::subtitles {

struct Colour {
  uint8_t red = 255, green = 255, blue = 255, alpha = 255;
  friend bool operator==(const Colour&, const Colour&) = default;
};

struct Style {
  bool italic = false, bold = false, underline = false;
  std::optional<Colour> colour, background;  // nothing: as the player shows text
  friend bool operator==(const Style&, const Style&) = default;
};

/// A run of text of one look; no line breaks in it.
struct Span {
  std::string text;
  Style style = {};
  std::string ruby = {};      // annotation over (vertical: beside) the text; empty: none
  std::string language = {};  // BCP 47; empty: as the cue
  friend bool operator==(const Span&, const Span&) = default;
};
using Line = std::vector<Span>;

/// kStart and kEnd follow the direction of the text, kLeft and kRight do not.
enum class Align : uint8_t { kStart, kCentre, kEnd, kLeft, kRight };
/// Where lines stand in their area, along the direction in which lines follow each other.
enum class BlockAlign : uint8_t { kBefore, kCentre, kAfter };
enum class WritingMode : uint8_t { kHorizontal, kVerticalRightToLeft, kVerticalLeftToRight };

/// 1/100 % of the width and height of the picture: 10000 is all of it.
struct Area {
  int32_t x = 0, y = 0, width = 10'000, height = 10'000;
  BlockAlign block = BlockAlign::kAfter;
  friend bool operator==(const Area&, const Area&) = default;
};
/// Where a cue without an area stands: the lower part of the title-safe area.
inline constexpr Area kBottomArea{1000, 5000, 8000, 4000, BlockAlign::kAfter};
inline constexpr Area kMiddleArea{1000, 3000, 8000, 4000, BlockAlign::kCentre};
inline constexpr Area kTopArea{1000, 1000, 8000, 4000, BlockAlign::kBefore};

struct Cue {
  Rational start = {}, end = {};  // seconds; end > start, start >= 0 in every document that was read
  std::string id = {};
  std::vector<Line> lines = {};
  Align align = Align::kCentre;
  std::optional<Area> area = {};  // nothing: kBottomArea
  WritingMode writing = WritingMode::kHorizontal;
  std::string language = {};  // BCP 47; empty: as the document
  bool forced = false;        // shown also where subtitles are off (IMSC itts:forcedDisplay)
  friend bool operator==(const Cue&, const Cue&) = default;
};

/// Cues in order of their start.
struct Document {
  std::string language;  // BCP 47; empty: not said
  std::string title;
  std::vector<Cue> cues;
  friend bool operator==(const Document&, const Document&) = default;
};

/// Something that was mended, dropped or could not be kept. `cue` counts from 1 in the order of the file, 0: none;
/// `line` of the file from 1, 0: not known.
struct Note {
  int64_t cue = 0, line = 0;
  std::string what;
};
/// {"cue"?, "line"?, "what"}
json::object to_json(const Note& note);

/// The text of a cue without looks; lines parted by '\n'.
std::string plain_text(const Cue& cue);
/// Whether there is an annotation anywhere: such a document is IMSC 1.1 Text, any other IMSC 1.0.1 Text.
bool has_ruby(const Document& document);
/// Whether the first strongly directed character of the text is written from right to left (UAX #9, rule P2).
bool is_right_to_left(const Cue& cue);

}  // namespace pier::subtitles
