// The lines of a decision list of CMX 3600.

#include <algorithm>
#include <charconv>
#include <cmath>

#include <pier/core/bytes.hpp>
#include <pier/timeline/timeline.hpp>

#include "edl_line.hpp"

namespace pier::timeline::impl {
namespace {

constexpr size_t kMostBytes = 8U << 20U, kMostEvents = 100'000;

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  for (text = trimmed(text); !text.empty(); text = trimmed(text)) {
    const size_t end = std::min(text.find_first_of(" \t"), text.size());
    words.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return words;
}

bool is_number(std::string_view word) {
  return !word.empty() && std::ranges::all_of(word, [](char c) { return c >= '0' && c <= '9'; });
}

class Lines {
 public:
  explicit Lines(Rational rate) : x_rate(rate) {}

  Result<List> read(std::string_view text) {
    while (!text.empty()) {
      const size_t end = std::min(text.find('\n'), text.size());
      x_line++;
      PIER_CHECK(line(trimmed(text.substr(0, end))));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    if (x_list.events.empty())
      return fail(ErrorCode::kInputDamaged, "there is not one event in it; is it a CMX 3600 list?");
    return std::move(x_list);
  }

 private:
  Failure off(ErrorCode code, const std::string& why) const {
    return fail(code, "line " + std::to_string(x_line) + ": " + why);
  }
  Failure damaged(const std::string& why) const { return off(ErrorCode::kInputDamaged, why); }

  Result<void> line(std::string_view text) {
    if (text.empty()) return {};
    if (text.starts_with("TITLE:")) {
      x_list.title = display_text(trimmed(text.substr(6)));
      return {};
    }
    if (text.starts_with("FCM:")) return frame_code_mode(trimmed(text.substr(4)));
    if (text.starts_with("M2")) return motion(words_of(text));
    if (text.starts_with("AUD")) return more_sound(words_of(text));
    if (text.starts_with("*") || text.starts_with(">")) return comment(trimmed(text.substr(1)));
    const std::vector<std::string_view> words = words_of(text);
    if (is_number(words.front())) return event(words);
    if (text.starts_with("SPLIT:")) return {};  // each event says its own times
    return comment(text);
  }

  Result<void> frame_code_mode(std::string_view mode) {
    const bool drop = mode.starts_with("DROP");
    if (!drop && !mode.starts_with("NON")) return damaged("FCM: says neither DROP FRAME nor NON-DROP FRAME");
    const bool may = x_rate == Rational(30000, 1001) || x_rate == Rational(60000, 1001);
    if (drop && !may)
      return damaged("FCM: DROP FRAME at " + x_rate.to_string() + " pictures a second; give --rate 29.97");
    x_drop = drop;
    if (x_list.events.empty()) x_list.drop = drop;
    return {};
  }

  Result<void> event(const std::vector<std::string_view>& words) {
    if (x_list.events.size() >= kMostEvents) return off(ErrorCode::kTooLarge, "more than 100,000 events");
    Event event;
    event.line = x_line;
    if (words.size() < 8) return damaged("an event has a number, reel, channels, an edit and four time codes");
    event.number = words[0];
    event.reel = display_text(words[1]);
    PIER_TRY(event.channels, channels(words[2]));
    size_t at = 4;
    const std::string_view edit = words[3];
    if (edit == "D") {
      event.dissolve = true;
      if (!is_number(words[4]) || words.size() < 9) return damaged("a dissolve says its length in pictures");
      std::from_chars(words[4].data(), words[4].data() + words[4].size(), event.length);
      at = 5;
    } else if (edit.starts_with("W")) {
      return off(ErrorCode::kInputUnsupported,
                 "wipe " + display_text(edit) + " is not made here; make it a dissolve (D) or a cut (C)");
    } else if (edit.starts_with("K")) {
      return off(ErrorCode::kInputUnsupported, "keys (" + display_text(edit) +
                                                   ") are not made here; put titles on a track above in "
                                                   "OpenTimelineIO");
    } else if (edit != "C") {
      return damaged("the edit " + display_text(edit) + " is none of C, D, W, K");
    }
    for (int64_t* place : {&event.source_in, &event.source_out, &event.record_in, &event.record_out}) {
      PIER_TRY(*place, timecode(words[at++]));
    }
    if (event.source_out < event.source_in || event.record_out < event.record_in)
      return damaged("a time code of an end lies before its beginning");
    if (event.length > event.record_out - event.record_in) return damaged("the dissolve is longer than its event");
    x_list.events.push_back(std::move(event));
    return {};
  }

  Result<int64_t> timecode(std::string_view word) {
    std::string text(word);
    if (x_drop && text.size() == 11 && text[8] == ':') text[8] = ';';
    const auto found = parse_timecode(text, x_rate);
    if (!found) return damaged(found.error().message);
    return found->frame;
  }

  Result<Channels> channels(std::string_view word) const {
    Channels found;
    for (size_t start = 0; start <= word.size();) {
      const size_t end = std::min(word.find('/', start), word.size());
      const std::string_view one = word.substr(start, end - start);
      if (one == "V") {
        found.video = true;
      } else if (one == "B") {
        found.video = found.sound[0] = true;
      } else if (one == "AA") {
        found.sound[0] = found.sound[1] = true;
      } else if (one == "A") {
        found.sound[0] = true;
      } else if (one.size() == 2 && one[0] == 'A' && one[1] >= '1' && one[1] <= '4') {
        found.sound[static_cast<size_t>(one[1] - '1')] = true;
      } else if (one != "NONE") {
        return damaged("channels " + display_text(word) + " are none of V, A, A2, A3, A4, AA, B, V/A, AA/V, NONE");
      }
      start = end + 1;
    }
    return found;
  }

  Result<void> more_sound(const std::vector<std::string_view>& words) {
    if (x_list.events.empty()) return damaged("AUD stands before the first event");
    for (size_t i = 1; i < words.size(); ++i) {
      if (words[i] != "3" && words[i] != "4") return damaged("AUD names the sound tracks 3 and 4");
      x_list.events.back().channels.sound[static_cast<size_t>(words[i][0] - '1')] = true;
    }
    return {};
  }

  /// "M2 REEL 050.0 01:00:00:00": the reel runs at so many pictures a second.
  Result<void> motion(const std::vector<std::string_view>& words) {
    if (x_list.events.empty()) return damaged("M2 stands before the first event");
    if (words.size() < 3) return damaged("M2 says a reel and its pictures a second");
    const std::string number(words[2]);
    char* end = nullptr;
    const double pictures = std::strtod(number.c_str(), &end);
    if (end == number.c_str() || *end != '\0' || !std::isfinite(pictures) || std::abs(pictures) > 10'000)
      return damaged("M2 " + display_text(number) + " is no number of pictures a second");
    const auto last = std::find_if(x_list.events.rbegin(), x_list.events.rend(),
                                   [&](const Event& event) { return event.reel == words[1]; });
    const bool near = last != x_list.events.rend() && last - x_list.events.rbegin() < 2;
    if (!near) return damaged("M2 is of reel " + display_text(words[1]) + ", which the events before are not of");
    last->speed = rate_of_motion(pictures);
    return {};
  }

  /// One decimal is all that is written, so 29.9 and 30.0 of 30000/1001 are meant as they are.
  Rational rate_of_motion(double pictures) const {
    const double sign = pictures < 0 ? -1 : 1;
    const Rational nominal(static_cast<int64_t>(std::lround(x_rate.value())));
    return rational_of(sign * std::abs(pictures)) / nominal;
  }

  Result<void> comment(std::string_view text) {
    if (x_list.events.empty()) return {};
    Event& event = x_list.events.back();
    const auto after = [&](std::string_view key) { return display_text(trimmed(text.substr(key.size()))); };
    constexpr std::string_view kFrom = "FROM CLIP NAME:", kTo = "TO CLIP NAME:", kFile = "SOURCE FILE:";
    if (text.starts_with(kFrom)) {
      event.from_name = after(kFrom);
    } else if (text.starts_with(kTo)) {
      event.to_name = after(kTo);
    } else if (text.starts_with(kFile)) {
      event.file = after(kFile);
    } else {
      event.comments.push_back(display_text(text));
    }
    return {};
  }

  Rational x_rate;
  List x_list;
  int x_line = 0;
  bool x_drop = false;
};

}  // namespace

Result<List> read_list(std::string_view text, Rational rate) {
  if (text.size() > kMostBytes) return fail(ErrorCode::kTooLarge, "the list is larger than 8 MiB");
  return Lines(rate).read(text);
}

std::string channel_words(const Channels& channels) {
  const bool first = channels.sound[0], second = channels.sound[1];
  if (channels.video && first && !second) return "B";
  std::string words = first && second ? "AA" : first ? "A" : second ? "A2" : "";
  if (channels.video) words += words.empty() ? "V" : "/V";
  return words.empty() ? "NONE" : words;
}

}  // namespace pier::timeline::impl
