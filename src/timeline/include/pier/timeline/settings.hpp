#pragma once
// What Pier reads of `metadata.pier`: levels of sound, tags of sources, places of pictures drawn over others.

#include <optional>
#include <string>
#include <vector>

#include <pier/timeline/timeline.hpp>

namespace pier::timeline {

/// How loud a clip is along its length.
struct Levels {
  double gain_db = 0;
  struct Key {
    Rational at;  // seconds from the clip's beginning
    double db = 0;
  };
  std::vector<Key> keys;       // in order; straight in dB between them
  Rational fade_in, fade_out;  // seconds, from and to silence, straight in amplitude

  /// Factor at `at` seconds of a clip of `length` seconds.
  double factor(double at, double length) const;
};

/// Where a graphic or text is drawn, in parts of the output's width and height.
struct Place {
  std::optional<double> x, y;           // of its left upper corner; none: as `across` and `down` say
  double across = 0.5, down = 0.5;      // between the margins of the graphics safe area: 0 left and top
  std::optional<double> width, height;  // none: as it is, else by its shape
  double opacity = 1;
  Rational fade_in, fade_out;  // seconds

  /// Whether anything was said but fades, which are sound's as well.
  bool stated() const;
};
/// "top-left", "top", "top-right", "left", "middle", "right", "bottom-left", "bottom" and "bottom-right".
/// kInvalidArgument tells them.
Result<void> stand(Place& place, const std::string& word);

struct Text {
  std::string text;    // lines end with \n
  std::string font;    // as the program that wrote it calls it; it is not looked for
  std::string colour;  // "#rrggbb", "#rrggbbaa"; empty: white
  double size = 0.06;  // of the em square, in parts of the output's height
};

struct ClipSettings {
  Levels levels;
  Place place;
  std::string tags;       // deliver::repair_colour, for the media
  std::string audio_map;  // transcode::parse_audio_map, for the media
};

/// kInvalidArgument names the member that is off.
Result<ClipSettings> settings_of(const Item& clip);
/// Of a generator of kind "text"; kInputUnsupported for other kinds.
Result<Text> text_of(const Media& media);
/// metadata.pier.gain_db of a track; 0 when it says none.
Result<double> gain_of(const Track& track);
/// metadata.pier.channel, 1 to 4: the one channel of the media this track is; nullopt: all its sound.
Result<std::optional<int>> channel_of(const Track& track);

}  // namespace pier::timeline
