// Tracks as the events of a list.

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <tuple>

#include <pier/core/bytes.hpp>
#include <pier/timeline/edl.hpp>
#include <pier/timeline/settings.hpp>

#include "edl_line.hpp"

namespace pier::timeline {
namespace {

using impl::Event;

struct Written {
  Event event;
  std::optional<Event> from;  // the line without length before a dissolve
};

auto key_of(const Written& one) {
  const Event& event = one.event;
  const std::string speed = event.speed ? event.speed->to_string() : "";
  return std::tuple(event.record_in, event.record_out, event.source_in, event.source_out, event.reel, event.dissolve,
                    event.length, speed, event.from_name, event.to_name, event.file, one.from ? one.from->reel : "");
}

std::string reel_of(const Item& item) {
  const json::value* said = item.metadata.if_contains("cmx_3600");
  if (said != nullptr && said->is_object()) return string_or(said->get_object(), "reel", "AX");
  return "AX";
}

std::vector<std::string> comments_of(const Item& item) {
  std::vector<std::string> comments;
  const json::value* said = item.metadata.if_contains("cmx_3600");
  const json::value* list = said != nullptr && said->is_object() ? said->get_object().if_contains("comments") : nullptr;
  if (list == nullptr || !list->is_array()) return comments;
  for (const json::value& comment : list->get_array()) {
    if (comment.is_string()) comments.emplace_back(comment.get_string());
  }
  return comments;
}

class ListWriter {
 public:
  ListWriter(const Timeline& timeline, Rational rate) : x_timeline(timeline), x_rate(rate) {}

  Result<WrittenEdl> write() {
    const json::value* said = x_timeline.metadata.if_contains("cmx_3600");
    x_drop = said != nullptr && said->is_object() && bool_or(said->get_object(), "drop_frame", false);
    PIER_TRY(x_start, x_timeline.global_start ? pictures(x_timeline.global_start->seconds(), "global_start_time")
                                              : Result<int64_t>(0));
    PIER_CHECK(collect());
    if (!x_timeline.markers.empty()) lost("markers");
    std::stable_sort(x_events.begin(), x_events.end(), [](const Written& a, const Written& b) {
      return std::pair(a.event.record_in, !a.event.channels.video) <
             std::pair(b.event.record_in, !b.event.channels.video);
    });
    x_text = "TITLE: " + x_timeline.name + "\nFCM: " + (x_drop ? "DROP FRAME" : "NON-DROP FRAME") + "\n\n";
    int number = 0;
    for (const Written& one : x_events) put(one, ++number);
    return WrittenEdl{std::move(x_text), std::move(x_lost)};
  }

 private:
  void lost(const std::string& what) {
    if (std::ranges::find(x_lost, what) == x_lost.end()) x_lost.push_back(what);
  }

  Result<int64_t> pictures(Rational seconds, const std::string& what) const {
    const Rational count = seconds * x_rate;
    if (count.den == 1) return count.num;
    return fail(ErrorCode::kInputUnsupported,
                what + " is no whole number of pictures at " + x_rate.to_string() + ", so a list cannot say it");
  }

  Result<void> collect() {
    size_t videos = 0, sounds = 0;
    for (const Track& track : x_timeline.tracks) {
      impl::Channels channels;
      if (track.kind == TrackKind::kVideo) {
        channels.video = true;
        if (++videos > 1)
          return fail(ErrorCode::kInputUnsupported, "a CMX 3600 list has one video track, and there are more");
      } else {
        PIER_TRY(const auto channel, channel_of(track));
        const size_t first = channel ? static_cast<size_t>(*channel) - 1 : sounds;
        sounds = first + (channel ? 1 : 2);
        if (sounds > impl::kSoundChannels)
          return fail(ErrorCode::kInputUnsupported, "a CMX 3600 list has four sound tracks, and there are more");
        for (size_t i = first; i < sounds; ++i) channels.sound[i] = true;
      }
      PIER_CHECK(add_track(track, channels));
    }
    return {};
  }

  Result<void> add_track(const Track& track, const impl::Channels& channels) {
    Rational cursor;
    if (!track.markers.empty()) lost("markers");
    for (size_t i = 0; i < track.items.size(); ++i) {
      const Item& item = track.items[i];
      const std::string place = "clip " + std::to_string(i + 1) + " of track " + display_text(track.name);
      if (!item.markers.empty()) lost("markers");
      if (item.metadata.contains("pier")) lost("levels and places of clips");
      const Rational begin = cursor;
      cursor = cursor + item.length();
      if (item.kind == ItemKind::kTransition) continue;
      const bool joined = i > 0 && track.items[i - 1].kind == ItemKind::kTransition;
      const bool silent = item.kind == ItemKind::kGap && reel_of(item) != "BL";
      if ((silent && !joined) || item.length() == Rational(0)) continue;
      Written one;
      PIER_TRY(one.event, event_of(item, begin, channels, place));
      if (joined) PIER_CHECK(join(track.items[i - 2], track.items[i - 1], one, place));
      const Item* after = i + 1 < track.items.size() ? &track.items[i + 1] : nullptr;
      if (after != nullptr && after->kind == ItemKind::kTransition)
        one.event.record_out -= rescale(1, after->in_offset.seconds(), x_rate.inverse());
      merge(std::move(one));
    }
    return {};
  }

  Result<Event> event_of(const Item& item, Rational begin, const impl::Channels& channels, const std::string& place) {
    Event event;
    event.channels = channels;
    event.reel = item.kind == ItemKind::kGap ? "BL" : reel_of(item);
    event.speed = item.speed;
    PIER_TRY(const int64_t length, pictures(item.length(), "the length of " + place));
    PIER_TRY(event.record_in, pictures(begin, "the beginning of " + place));
    event.record_in += x_start;
    event.record_out = event.record_in + length;
    event.source_out = length;
    if (item.kind == ItemKind::kGap) return event;
    const TimeRange range = item.source_range ? *item.source_range : item.media.available.value_or(TimeRange{});
    PIER_TRY(event.source_in, pictures(range.start.seconds(), "the first picture of " + place));
    const Rational speed = item.speed.value_or(Rational(1));
    event.source_out = event.source_in + std::abs(rescale(length, speed, 1));
    event.from_name = item.name;
    if (item.media.kind == MediaKind::kFile) event.file = item.media.target;
    event.comments = comments_of(item);
    return event;
  }

  /// A list begins its dissolve where the two are joined: both clips are moved so that it does.
  Result<void> join(const Item& before, const Item& transition, Written& one, const std::string& place) {
    PIER_TRY(const int64_t early, pictures(transition.in_offset.seconds(), "the transition before " + place));
    PIER_TRY(const int64_t late, pictures(transition.out_offset.seconds(), "the transition before " + place));
    Event& event = one.event;
    event.dissolve = true;
    event.length = early + late;
    event.record_in -= early;
    event.source_in -= event.reel == "BL" ? 0 : early;
    if (event.source_in < 0) return fail(ErrorCode::kInputUnsupported, place + " has no pictures before its dissolve");
    event.to_name = event.from_name;
    event.from_name.clear();
    Event from;
    from.channels = event.channels;
    from.reel = before.kind == ItemKind::kGap ? "BL" : reel_of(before);
    from.record_in = from.record_out = event.record_in;
    if (before.kind == ItemKind::kClip) {
      event.from_name = before.name;
      const TimeRange range = before.source_range ? *before.source_range : TimeRange{};
      const Rational end = range.start.seconds() + range.duration.seconds() * before.speed.value_or(Rational(1));
      PIER_TRY(const int64_t source, pictures(end, "the end of the clip before " + place));
      from.source_in = from.source_out = source - early;
    }
    one.from = from;
    return {};
  }

  void merge(Written one) {
    for (Written& other : x_events) {
      if (key_of(other) != key_of(one)) continue;
      for (size_t i = 0; i < impl::kSoundChannels; ++i)
        if (one.event.channels.sound[i]) other.event.channels.sound[i] = true;
      if (other.from) other.from->channels = other.event.channels;
      return;
    }
    x_events.push_back(std::move(one));
  }

  std::string code(int64_t place) const {
    Timecode timecode;
    timecode.frame = place;
    timecode.fps = static_cast<int>(std::lround(x_rate.value()));
    timecode.drop = x_drop;
    return timecode.to_string();
  }

  void put_line(const Event& event, int number) {
    char head[64], edit[16] = "C       ";
    if (event.dissolve) std::snprintf(edit, sizeof edit, "D    %03d", static_cast<int>(event.length));
    std::snprintf(head, sizeof head, "%03d  %-8s %-5s %s ", number, display_text(event.reel).substr(0, 32).c_str(),
                  impl::channel_words(event.channels).c_str(), edit);
    x_text += head + code(event.source_in) + " " + code(event.source_out) + " " + code(event.record_in) + " " +
              code(event.record_out) + "\n";
    std::string more;
    for (size_t i = 2; i < impl::kSoundChannels; ++i)
      if (event.channels.sound[i]) more += "    " + std::to_string(i + 1);
    if (!more.empty()) x_text += "AUD" + more + "\n";
  }

  void put(const Written& one, int number) {
    const Event& event = one.event;
    if (one.from) put_line(*one.from, number);
    put_line(event, number);
    if (event.speed) {
      char line[64];
      const double pictures = event.speed->value() * std::lround(x_rate.value());
      std::snprintf(line, sizeof line, "M2   %-8s %05.1f                ", event.reel.substr(0, 32).c_str(), pictures);
      x_text += line + code(event.source_in) + "\n";
    }
    if (!event.from_name.empty()) x_text += "* FROM CLIP NAME: " + event.from_name + "\n";
    if (!event.to_name.empty()) x_text += "* TO CLIP NAME: " + event.to_name + "\n";
    if (!event.file.empty()) x_text += "* SOURCE FILE: " + event.file + "\n";
    for (const std::string& comment : event.comments) x_text += "* " + comment + "\n";
  }

  const Timeline& x_timeline;
  Rational x_rate;
  int64_t x_start = 0;
  bool x_drop = false;
  std::vector<Written> x_events;
  std::string x_text;
  std::vector<std::string> x_lost;
};

}  // namespace

Result<WrittenEdl> write_edl(const Timeline& timeline, Rational rate) {
  return ListWriter(timeline, rate).write();
}

}  // namespace pier::timeline
