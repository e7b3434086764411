#pragma once
// Parts of WebVTT: cue settings, regions, classes of style sheets, the text of a cue.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <pier/core/bytes.hpp>

#include "line_builder.hpp"
#include "parsed.hpp"

namespace pier::subtitles::impl {

/// One line of text in 1/100 % of the picture's height: what a line number counts in (section 7.2: 5.33vh).
inline constexpr int32_t kLineHeight = 533;

/// "12.5%" in 1/100 %; nothing unless 0..100.
std::optional<int32_t> parse_percentage(std::string_view text);

/// Cue settings (section 4.4) as an Area.
class WebVttPlace {
 public:
  /// False: not understood.
  bool set(std::string_view name, std::string_view value);
  void apply(Cue& cue) const;

 private:
  enum class Anchor : uint8_t { kStart, kCentre, kEnd };
  bool set_line(std::string_view value);
  bool set_position(std::string_view value);
  Anchor position_anchor() const;
  void block_axis(int32_t& from, int32_t& length, BlockAlign& block) const;

  WritingMode x_writing = WritingMode::kHorizontal;
  Align x_align = Align::kCentre;
  std::optional<int32_t> x_line, x_position, x_size;
  bool x_line_from_end = false, x_line_is_number = false, x_moved = false;
  Anchor x_line_anchor = Anchor::kStart;
  std::optional<Anchor> x_position_anchor;
};

/// A REGION block (section 4.3).
struct WebVttRegion {
  std::string id;
  int32_t width = 10'000, lines = 3, anchor_x = 0, anchor_y = 10'000, viewport_x = 0, viewport_y = 10'000;
  bool add(std::string_view line);
  Area area() const;
};

/// What classes say about the look of text.
class WebVttClasses {
 public:
  WebVttClasses();
  /// False: something in it is not kept.
  bool add_sheet(std::string_view css);
  bool apply(const std::string& name, Style& style) const;

 private:
  struct Look {
    Style style;
    bool sets_italic = false, sets_bold = false, sets_underline = false;
  };
  static bool read_look(std::string_view declarations, Look& look);
  std::map<std::string, Look> x_looks;
};

/// The text of a cue (section 6.4).
class WebVttText {
 public:
  WebVttText(Found& found, const WebVttClasses& classes, Notes& notes)
      : x_found(found), x_classes(classes), x_notes(notes) {}
  void parse(std::string_view text);

 private:
  struct Open {
    std::string tag;
    Style style;
    std::string language;
  };
  void note(std::string what) { x_notes.add(x_found.number, x_found.line, std::move(what)); }
  void put(std::string_view text);
  void tag(std::string_view inside);
  void open(const std::string& name, std::string_view classes, std::string_view annotation);
  void close(const std::string& name);
  void end_ruby();

  Found& x_found;
  const WebVttClasses& x_classes;
  Notes& x_notes;
  LineBuilder x_lines;
  Style x_style;
  std::string x_language, x_annotation;
  bool x_in_annotation = false;
  std::vector<Open> x_open;
};

}  // namespace pier::subtitles::impl
