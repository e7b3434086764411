#pragma once
// Subtitles as layers over the pictures of a programme.
//
// Characters are as large as share of the picture's height, and small enough that 18 Chinese ones go into a line. Lines
// that are too long for their area are broken. Nothing is drawn nearer to a side than a twentieth of the picture (EBU
// R 95: graphics safe area); cues that are shown at the same time and place are put beside each other.

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include <pier/overlay/font.hpp>
#include <pier/overlay/layer.hpp>
#include <pier/overlay/text.hpp>
#include <pier/subtitles/cue.hpp>

namespace pier::overlay {

enum class Legibility : uint8_t { kOutline, kBox };

struct SubtitleLook {
  double size = 5.4;  // of the em square, % of the picture's height; 2 ... 20
  Legibility legibility = Legibility::kOutline;
  friend bool operator==(const SubtitleLook&, const SubtitleLook&) = default;
};

/// Not thread-safe. Layers are made when they are first asked for and kept while their cue is shown.
class SubtitlePictures {
 public:
  /// All text is tried at once, so that a character that no font has is told before the first picture:
  /// kInputUnsupported with cue, time and code point. kInvalidArgument for a look or a raster that cannot be.
  static Result<SubtitlePictures> make(subtitles::Document document, Fonts fonts, const Target& target,
                                       ImageSize raster, const SubtitleLook& look);

  /// What is shown at `time`, seconds from the beginning of the programme, the first lowest. Times are asked for in
  /// rising order for speed; any order is right.
  Result<std::vector<Placed>> at(Rational time);

 private:
  struct Drawn {
    std::shared_ptr<const Layer> layer;
    int width = 0, height = 0, margin = 0;
  };
  SubtitlePictures() = default;
  const std::vector<size_t>& shown_at(Rational time);
  TextStyle style_of(const subtitles::Cue& cue) const;
  Result<Drawn> draw(const subtitles::Cue& cue) const;
  Placed place(const subtitles::Cue& cue, const Drawn& drawn, const std::vector<Placed>& before) const;

  subtitles::Document x_document;
  std::optional<Fonts> x_fonts;
  Target x_target;
  ImageSize x_raster;
  SubtitleLook x_look;
  double x_size = 0;                // of the em square, in samples
  std::map<size_t, Drawn> x_drawn;  // by the number of the cue
  std::vector<size_t> x_shown;
  size_t x_first = 0;              // cues before it are over
  Rational x_last = 0;             // the last time asked for
  std::vector<Rational> x_latest;  // the latest end of all cues up to each
};

}  // namespace pier::overlay
