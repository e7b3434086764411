#include "caption_cues.hpp"

#include <algorithm>

#include "characters.hpp"

namespace pier::subtitles::impl {
namespace {

constexpr size_t kMostNotes = 500;

bool blank(const Cell& cell) {
  return cell.character == 0 || cell.character == U' ' || cell.character == 0xA0;
}

}  // namespace

std::pair<size_t, size_t> columns_of(const CellRow& row) {
  const auto first = std::ranges::find_if_not(row, blank);
  if (first == row.end()) return {0, 0};
  size_t last = row.size();
  while (blank(row[last - 1])) --last;
  return {static_cast<size_t>(first - row.begin()), last};
}

Line line_of(const CellRow& row) {
  const auto [begin, end] = columns_of(row);
  Line line;
  for (size_t i = begin; i < end; ++i) {
    const bool gap = blank(row[i]);
    if (line.empty() || (!gap && line.back().style != row[i].style)) line.push_back({"", row[i].style});
    append(line.back().text, gap ? U' ' : row[i].character);
  }
  return line;
}

Align align_of_rows(const std::vector<CellRow>& rows) {
  for (const CellRow& row : rows) {
    const auto [begin, end] = columns_of(row);
    if (begin == end) continue;
    const auto left = static_cast<int64_t>(begin), right = static_cast<int64_t>(row.size() - end);
    if (std::abs(left - right) > 2) return Align::kLeft;
  }
  return Align::kCentre;
}

void CueList::add(Cue cue) {
  if (cue.lines.empty() || cue.end <= cue.start) return;
  if (!x_document.cues.empty()) {
    Cue& before = x_document.cues.back();
    Cue same = before;
    same.start = cue.start;
    same.end = cue.end;
    if (same == cue && before.end == cue.start) {
      before.end = cue.end;
      return;
    }
  }
  if (x_document.cues.size() < kMaxCues) return x_document.cues.push_back(std::move(cue));
  if (!x_full) note("more than 100,000 captions: the rest left out");
  x_full = true;
}

void CueList::note(std::string what) {
  if (x_notes.size() < kMostNotes) x_notes.push_back({0, 0, std::move(what)});
}

}  // namespace pier::subtitles::impl
