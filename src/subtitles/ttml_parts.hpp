#pragma once
// Parts of TTML: time expressions and styles. Names are compared without their prefix.

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include <pugixml.hpp>

#include "parsed.hpp"

namespace pier::subtitles::impl {

std::string_view local_name(std::string_view qualified);
/// By local name, whatever the prefix; null when absent.
const char* attribute(const pugi::xml_node& node, std::string_view name);

/// ttp: parameters that times depend on (TTML 2, section 7.2).
struct TtmlClock {
  Rational frame_rate = 30;  // with its multiplier
  int nominal_rate = 30;
  int sub_frame_rate = 1;
  Rational tick_rate = 1;
  bool smpte = false, drop_ntsc = false, drop_pal = false;

  /// kInputDamaged for rates that are none.
  static Result<TtmlClock> from(const pugi::xml_node& tt);
  /// Seconds of "00:00:01.500", "00:00:01:12", "12.5s", "300f", "90000t" (section 12.3.1); nothing: not understood.
  std::optional<Rational> parse(std::string_view expression) const;

 private:
  std::optional<Rational> parse_clock_time(std::string_view text) const;
  std::optional<Rational> parse_offset(std::string_view text) const;
};

/// The computed style of an element, as far as it matters here.
struct TtmlLook {
  Style style;                  // inherited (background: not)
  Align align = Align::kStart;  // inherited
  bool align_said = false;
  bool visible = true;                                                // inherited: tts:visibility
  bool forced = false;                                                // inherited: itts:forcedDisplay
  std::string ruby;                                                   // tts:ruby of the element itself
  bool display = true;                                                // of the element itself
  std::string origin, extent, display_align, writing_mode, position;  // of regions, or of the element itself
};

/// What a child begins with.
TtmlLook inherited(const TtmlLook& parent);

/// More attributes than any style or region has: looked up again and again they would cost hours.
bool is_crowded(const pugi::xml_node& element);

/// Elements of <styling> by their xml:id, none crowded.
using TtmlStyles = std::map<std::string, pugi::xml_node, std::less<>>;

/// Applies what the element refers to by `style`, in order and with what that refers to, then its <style> children
/// (regions) and its own attributes.
void apply_styles(const pugi::xml_node& element, const TtmlStyles& styles, TtmlLook& look);

/// What lengths are relative to.
struct TtmlRoot {
  double width = 0, height = 0;  // tts:extent of tt in px; 0: not said
  int columns = 32, rows = 15;   // ttp:cellResolution
};
/// Two lengths (origin, extent) in 1/100 % of the picture; nothing when they are not in %, px, c, vw or vh.
std::optional<std::pair<int32_t, int32_t>> parse_lengths(std::string_view text, const TtmlRoot& root);

Area area_of(const TtmlLook& look, const TtmlRoot& root);
WritingMode writing_of(const TtmlLook& look);

}  // namespace pier::subtitles::impl
