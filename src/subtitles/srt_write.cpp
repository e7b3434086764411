#include "colours.hpp"
#include "written.hpp"

namespace pier::subtitles::impl {
namespace {

std::string span_text(const Span& span) {
  std::string before, after;
  const auto wrap = [&](const std::string& open, const std::string& close) {
    before += open;
    after.insert(0, close);
  };
  if (span.style.colour) wrap("<font color=\"" + colour_text(*span.style.colour) + "\">", "</font>");
  if (span.style.bold) wrap("<b>", "</b>");
  if (span.style.italic) wrap("<i>", "</i>");
  if (span.style.underline) wrap("<u>", "</u>");
  return before + span.text + (span.ruby.empty() ? "" : "(" + span.ruby + ")") + after;
}

/// SubStation's number of one of nine places; 0: the usual one.
int pad_of(const Cue& cue, bool& exact) {
  const int column = cue.align == Align::kLeft || cue.align == Align::kStart ? 1 : cue.align == Align::kCentre ? 2 : 3;
  int row = 0;
  if (cue.area) {
    row = cue.area->block == BlockAlign::kBefore ? 2 : cue.area->block == BlockAlign::kCentre ? 1 : 0;
    exact = exact && (*cue.area == kTopArea || *cue.area == kMiddleArea);
    // An area that ends in the upper or begins in the lower half says more than how its lines stand.
    if (cue.area->y + cue.area->height <= 5000) row = 2;
  }
  return row == 0 && column == 2 ? 0 : row * 3 + column;
}

}  // namespace

Written write_srt(const Document& document) {
  Written written;
  int64_t number = 0;
  for (const Cue& cue : document.cues) {
    ++number;
    const auto note = [&](const char* what) { written.notes.push_back({number, 0, what}); };
    written.text +=
        std::to_string(number) + "\n" + clock_text(cue.start, ',') + " --> " + clock_text(cue.end, ',') + "\n";
    bool exact = true, ruby = false, background = false;
    const int pad = pad_of(cue, exact);
    if (pad != 0) written.text += "{\\an" + std::to_string(pad) + "}";
    for (const Line& line : cue.lines) {
      for (const Span& span : line) {
        written.text += span_text(span);
        ruby = ruby || !span.ruby.empty();
        background = background || span.style.background.has_value();
      }
      written.text += '\n';
    }
    written.text += '\n';
    if (!exact) note("SRT has nine places only: the nearest was taken");
    if (cue.writing != WritingMode::kHorizontal) note("SRT has no vertical writing: written horizontally");
    if (ruby) note("SRT has no ruby: written behind its text in brackets");
    if (background) note("SRT has no background colour: left out");
    if (cue.forced) note("SRT cannot say that a cue is forced: left out");
  }
  return written;
}

}  // namespace pier::subtitles::impl
