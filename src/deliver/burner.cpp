#include "burner.hpp"

#include <pier/subtitles/reading.hpp>
#include <pier/subtitles/retiming.hpp>

namespace pier::deliver {
namespace {

constexpr size_t kMostNotes = 20;

std::vector<std::string> words_of(const std::vector<subtitles::Note>& notes) {
  std::vector<std::string> words;
  for (const subtitles::Note& note : notes) {
    if (words.size() == kMostNotes) {
      words.push_back("subtitles: " + std::to_string(notes.size() - kMostNotes) + " notes more; see pier subtitles");
      break;
    }
    const std::string cue = note.cue > 0 ? "cue " + std::to_string(note.cue) + " " : std::string();
    words.push_back("subtitles: " + cue + note.what);
  }
  return words;
}

}  // namespace

Result<Burn> read_burn(const BurnWish& wish, ByteView file, std::vector<Bytes> fonts) {
  subtitles::ReadOptions options;
  options.encoding = wish.encoding;
  auto reading = subtitles::read(file, options);
  if (!reading) return fail_in("the subtitles to burn in", std::move(reading).error());
  if (!wish.offset.empty()) {
    subtitles::Retiming retiming;
    PIER_TRY(retiming.shift, subtitles::parse_shift(wish.offset));
    const auto moved = subtitles::retime(reading->document, retiming);
    reading->notes.insert(reading->notes.end(), moved.begin(), moved.end());
  }
  PIER_TRY(overlay::Fonts opened, overlay::Fonts::open(std::move(fonts)));
  overlay::SubtitleLook look;
  if (wish.size != 0) look.size = wish.size;
  if (wish.look == "box") look.legibility = overlay::Legibility::kBox;
  return Burn{std::move(reading->document), std::move(opened), look, words_of(reading->notes)};
}

Result<Burner> Burner::make(const Burn& burn, const overlay::Target& target, overlay::ImageSize raster, Rational into,
                            Rational frame_rate) {
  PIER_TRY(overlay::SubtitlePictures subtitles,
           overlay::SubtitlePictures::make(burn.document, burn.fonts, target, raster, burn.look));
  return Burner(std::move(subtitles), into, frame_rate);
}

/// A picture counts at the middle of its time: files give times in milliseconds, which lie a little beside pictures.
Result<std::vector<overlay::Placed>> Burner::layers_of(int64_t number) {
  return x_subtitles.at(x_into + Rational(2 * number + 1, 2) / x_frame_rate);
}

Result<std::pair<Picture, int64_t>> Burner::next(const Picture& picture, int64_t times) {
  PIER_TRY(const std::vector<overlay::Placed> layers, layers_of(x_next));
  int64_t alike = 1;
  for (; alike < times; ++alike) {
    PIER_TRY(const std::vector<overlay::Placed> others, layers_of(x_next + alike));
    if (others != layers) break;
  }
  x_next += alike;
  if (!layers.empty()) x_burned += alike;
  PIER_TRY(Picture drawn, overlay::composed(picture, layers));
  return std::pair(std::move(drawn), alike);
}

}  // namespace pier::deliver
