#pragma once
// A cut list: tracks of clips, gaps and transitions, as OpenTimelineIO has them. All times are exact; every one is kept
// as the count and rate it was written with.

#include <optional>
#include <string>
#include <vector>

#include <pier/core/json.hpp>
#include <pier/core/rational.hpp>

namespace pier::timeline {

/// `value` units of 1/rate seconds.
struct Time {
  Rational value;
  Rational rate = 25;
  Rational seconds() const { return value / rate; }
  friend bool operator==(const Time&, const Time&) = default;
};
struct TimeRange {
  Time start, duration;
  friend bool operator==(const TimeRange&, const TimeRange&) = default;
};

struct Marker {
  std::string name, colour, comment;
  TimeRange range;  // in the time of what it stands on
  json::object metadata;
  friend bool operator==(const Marker&, const Marker&) = default;
};

enum class MediaKind : uint8_t { kMissing, kFile, kGenerator };
struct Media {
  MediaKind kind = MediaKind::kMissing;
  std::string name;
  std::string target;       // kFile: path or URL; kGenerator: its kind
  json::object parameters;  // kGenerator
  std::optional<TimeRange> available;
  json::object metadata;
  friend bool operator==(const Media&, const Media&) = default;
};

enum class ItemKind : uint8_t { kClip, kGap, kTransition };
struct Item {
  ItemKind kind = ItemKind::kClip;
  std::string name;
  bool enabled = true;
  std::optional<TimeRange> source_range;  // in the time of the media; none: all of `media.available`
  /// How fast the media runs, 1: as it is; 0: one picture stands still (FreezeFrame). The length on the track is that
  /// of source_range, whatever the speed.
  std::optional<Rational> speed;
  std::string speed_name;
  json::object speed_metadata;
  Media media;                  // kClip
  Time in_offset, out_offset;   // kTransition: how far it reaches before and after the cut
  std::string transition_type;  // "SMPTE_Dissolve"
  std::vector<Marker> markers;
  json::object metadata;
  friend bool operator==(const Item&, const Item&) = default;

  /// On the track; 0 for transitions, and for clips that do not say.
  Rational length() const;
};

enum class TrackKind : uint8_t { kVideo, kAudio };
struct Track {
  TrackKind kind = TrackKind::kVideo;
  std::string name;
  bool enabled = true;
  std::vector<Item> items;
  std::vector<Marker> markers;
  json::object metadata;
  friend bool operator==(const Track&, const Track&) = default;

  Rational length() const;
};

struct Timeline {
  std::string name;
  std::optional<Time> global_start;  // time code of its first picture
  std::vector<Track> tracks;         // the lowest first
  std::vector<Marker> markers;
  json::object stack_metadata, metadata;
  friend bool operator==(const Timeline&, const Timeline&) = default;

  Rational length() const;  // of the longest track
};

/// The fraction a decimal of a file stands for: whole numbers, thirds and the like, else millionths.
Rational rational_of(double value);
/// The same of a frame rate: 23.976, 29.97 and 59.94 are n * 1000/1001.
Rational rate_of(double value);

}  // namespace pier::timeline
