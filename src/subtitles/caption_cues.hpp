#pragma once
// What the decoders of broadcast captions share: cells of a screen, and cues made of what stands there.

#include <string>
#include <vector>

#include <pier/subtitles/reading.hpp>

namespace pier::subtitles::impl {

struct Cell {
  char32_t character = 0;  // 0: nothing there
  Style style = {};
};
using CellRow = std::vector<Cell>;

/// Text from the first to the last cell that is not blank; runs of one style.
Line line_of(const CellRow& row);

/// First and one behind last column that is not blank; equal when there is none.
std::pair<size_t, size_t> columns_of(const CellRow& row);

/// Rows that are all in the middle (to two columns) are centred, others left.
Align align_of_rows(const std::vector<CellRow>& rows);

/// Takes cues in order and keeps limits; neighbours that are alike become one.
class CueList {
 public:
  CueList(Document& document, std::vector<Note>& notes) : x_document(document), x_notes(notes) {}
  void add(Cue cue);
  void note(std::string what);

 private:
  Document& x_document;
  std::vector<Note>& x_notes;
  bool x_full = false;
};

}  // namespace pier::subtitles::impl
