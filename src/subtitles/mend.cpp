#include <algorithm>
#include <cstdio>

#include "characters.hpp"
#include "parsed.hpp"

namespace pier::subtitles::impl {
namespace {

constexpr int64_t kRoom = 60;                    // seconds, so that a cue that begins in time also ends
constexpr int64_t kLatest = 100 * 3600 - kRoom;  // seconds: no programme is as long
constexpr int64_t kLongest = 3600;               // a reversed pair further apart is no slip
constexpr size_t kNeighbours = 16;               // among which a cue is looked for that is there twice
const Rational kTouching(1, 5);                  // overlaps up to here are slips of timing, taken off

/// Seconds that a text takes to be read: 15 characters a second, 8 of wide scripts, 1 to 7 s.
Rational reading_time(const Cue& cue) {
  const std::string text = plain_text(cue);
  int64_t hundred_twentieths = 0;
  for (size_t at = 0; at < text.size();) hundred_twentieths += next_character(text, at) >= 0x2E80 ? 15 : 8;
  return {std::clamp<int64_t>(hundred_twentieths, 120, 840), 120};
}

std::string seconds_text(const Rational& seconds) {
  const int64_t milliseconds = rescale(1, seconds, Rational(1, 1000));
  char text[40];
  std::snprintf(text, sizeof text, "%lld.%03lld s", static_cast<long long>(milliseconds / 1000),
                static_cast<long long>(milliseconds % 1000));
  return text;
}

class Mender {
 public:
  Mender(std::vector<Found> found, Notes& notes) : x_found(std::move(found)), x_notes(notes) {}

  std::vector<Cue> mend() {
    std::erase_if(x_found, [&](Found& one) { return !possible(one); });
    for (Found& one : x_found) turn(one);
    put_in_order();
    give_ends();
    std::erase_if(x_found, [&](Found& one) { return !cut_at_zero(one); });
    drop_doubles();
    part_overlaps();
    std::vector<Cue> cues;
    cues.reserve(x_found.size());
    for (Found& one : x_found) cues.push_back(std::move(one.cue));
    return cues;
  }

 private:
  void note(const Found& one, std::string what) { x_notes.add(one.number, one.line, std::move(what)); }

  bool possible(const Found& one) {
    if (one.cue.lines.empty()) {
      note(one, "has no text: left out");
      return false;
    }
    if (one.cue.start > Rational(kLatest) || one.cue.start < Rational(-kLatest)) {
      note(one, "begins beyond 100 hours: left out");
      return false;
    }
    return true;
  }

  void turn(Found& one) {
    Cue& cue = one.cue;
    if (cue.end > Rational(kLatest + kRoom)) {
      cue.end = cue.start;
      note(one, "ends beyond 100 hours: its end is not counted");
    }
    if (one.open_end || cue.end >= cue.start) return;
    if (cue.start - cue.end <= Rational(kLongest)) {
      std::swap(cue.start, cue.end);
      note(one, "ends before it begins: its times are exchanged");
    } else {
      cue.end = cue.start;
      note(one, "ends long before it begins: its end is not counted");
    }
  }

  void put_in_order() {
    const auto later = [](const Found& a, const Found& b) { return a.cue.start < b.cue.start; };
    for (size_t i = 1; i < x_found.size(); ++i) {
      if (later(x_found[i], x_found[i - 1])) note(x_found[i], "begins before the cue in front of it: put in order");
    }
    std::ranges::stable_sort(x_found, later);
  }

  void give_ends() {
    for (size_t i = 0; i < x_found.size(); ++i) {
      Cue& cue = x_found[i].cue;
      if (cue.end > cue.start) continue;
      size_t next = i + 1;
      while (next < x_found.size() && x_found[next].cue.start == cue.start) ++next;
      cue.end = cue.start + reading_time(cue);
      if (next < x_found.size() && x_found[next].cue.start < cue.end) cue.end = x_found[next].cue.start;
      note(x_found[i], (x_found[i].open_end ? "says no end: shown for " : "has no length: shown for ") +
                           seconds_text(cue.end - cue.start));
    }
  }

  bool cut_at_zero(Found& one) {
    if (one.cue.start >= Rational(0)) return true;
    if (one.cue.end <= Rational(0)) {
      note(one, "lies before the beginning of the programme: left out");
      return false;
    }
    note(one, "begins before the programme: cut");
    one.cue.start = 0;
    return true;
  }

  void drop_doubles() {
    std::vector<Found> kept;
    for (Found& one : x_found) {
      bool same = false;
      for (size_t back = 1; back <= std::min(kNeighbours, kept.size()); ++back) {
        const Cue& other = kept[kept.size() - back].cue;
        same = same || (other.start == one.cue.start && other.end == one.cue.end && other.lines == one.cue.lines &&
                        other.area == one.cue.area);
      }
      if (same) {
        note(one, "is there twice: left out once");
      } else {
        kept.push_back(std::move(one));
      }
    }
    x_found = std::move(kept);
  }

  /// Cues of one place. Longer overlaps are meant: both are shown.
  void part_overlaps() {
    for (size_t i = 0; i + 1 < x_found.size(); ++i) {
      Cue& cue = x_found[i].cue;
      const Found& next = x_found[i + 1];
      if (next.cue.start >= cue.end || next.cue.start == cue.start || next.cue.area != cue.area) continue;
      const Rational common = cue.end - next.cue.start;
      if (common <= kTouching) {
        cue.end = next.cue.start;
        note(x_found[i], "reached " + seconds_text(common) + " into the next one: ends where that begins");
      } else {
        note(x_found[i], "overlaps the next one by " + seconds_text(std::min(common, next.cue.end - next.cue.start)) +
                             ": both are shown");
      }
    }
  }

  std::vector<Found> x_found;
  Notes& x_notes;
};

}  // namespace

std::vector<Cue> mend(std::vector<Found> found, Notes& notes) {
  return Mender(std::move(found), notes).mend();
}

}  // namespace pier::subtitles::impl
