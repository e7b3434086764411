#include <algorithm>

#include <pier/core/bytes.hpp>
#include <pier/timeline/otio.hpp>

namespace pier::timeline {
namespace {

constexpr size_t kMostBytes = 32U << 20U, kMostItems = 100'000;
constexpr int kDepth = 64;
constexpr double kMostUnits = 1e12;

/// An object of the file and where it stands in it.
struct Node {
  const json::object* object = nullptr;
  std::string path;
  std::string schema;  // "Clip"
  int version = 0;
};

Failure damaged(const std::string& path, const std::string& why) {
  return fail(ErrorCode::kInputDamaged, (path.empty() ? "the timeline" : path) + " " + why);
}

std::string join(const std::string& path, std::string_view key) {
  return path.empty() ? std::string(key) : path + "." + std::string(key);
}

Result<Node> node_of(const json::value& value, std::string path) {
  if (!value.is_object()) return damaged(path, "is no object of OpenTimelineIO");
  Node node{&value.get_object(), std::move(path), {}, 0};
  const std::string schema = string_or(*node.object, "OTIO_SCHEMA", "");
  const size_t dot = schema.rfind('.');
  if (dot == std::string::npos || dot + 1 >= schema.size() || dot + 4 < schema.size())
    return damaged(node.path, "has no OTIO_SCHEMA such as \"Clip.2\"");
  for (size_t i = dot + 1; i < schema.size(); ++i) {
    if (schema[i] < '0' || schema[i] > '9') return damaged(node.path, "has the OTIO_SCHEMA " + display_text(schema));
    node.version = node.version * 10 + (schema[i] - '0');
  }
  node.schema = schema.substr(0, dot);
  return node;
}

Failure unknown(const Node& node, const std::string& read) {
  return fail(ErrorCode::kInputUnsupported, (node.path.empty() ? "the timeline" : node.path) + " is a " +
                                                display_text(node.schema) + "." + std::to_string(node.version) +
                                                ", which is not read here; " + read);
}

Result<void> need(const Node& node, std::string_view schema, int newest) {
  if (node.schema == schema && node.version >= 1 && node.version <= newest) return {};
  return unknown(node, "a " + std::string(schema) + "." + std::to_string(newest) + " is expected");
}

const json::value* present(const Node& node, std::string_view key) {
  const json::value* value = node.object->if_contains(key);
  return value == nullptr || value->is_null() ? nullptr : value;
}

json::object object_at(const Node& node, std::string_view key) {
  const json::value* value = present(node, key);
  return value != nullptr && value->is_object() ? value->get_object() : json::object();
}

Result<Rational> number_at(const Node& node, std::string_view key) {
  const auto number = get_double(*node.object, key);
  if (!number) return damaged(join(node.path, key), "is no number");
  if (*number > kMostUnits || *number < -kMostUnits) return damaged(join(node.path, key), "is out of all bounds");
  return rational_of(*number);
}

Result<Time> time_at(const Node& parent, std::string_view key) {
  const json::value* value = present(parent, key);
  if (value == nullptr) return damaged(join(parent.path, key), "is missing");
  PIER_TRY(const Node node, node_of(*value, join(parent.path, key)));
  PIER_CHECK(need(node, "RationalTime", 1));
  Time time;
  PIER_TRY(time.value, number_at(node, "value"));
  PIER_TRY(const Rational rate, number_at(node, "rate"));
  time.rate = rate_of(rate.value());
  if (time.rate <= Rational(0) || time.rate > Rational(1'000'000)) return damaged(node.path, "has no rate above 0");
  return time;
}

Result<std::optional<TimeRange>> range_at(const Node& parent, std::string_view key) {
  const json::value* value = present(parent, key);
  if (value == nullptr) return std::nullopt;
  PIER_TRY(const Node node, node_of(*value, join(parent.path, key)));
  PIER_CHECK(need(node, "TimeRange", 1));
  TimeRange range;
  PIER_TRY(range.start, time_at(node, "start_time"));
  PIER_TRY(range.duration, time_at(node, "duration"));
  if (range.duration.value < Rational(0)) return damaged(node.path, "has a duration below 0");
  return range;
}

/// The objects of an array, which may be missing.
Result<std::vector<Node>> nodes_at(const Node& parent, std::string_view key) {
  std::vector<Node> nodes;
  const json::value* value = present(parent, key);
  if (value == nullptr) return nodes;
  if (!value->is_array()) return damaged(join(parent.path, key), "is no array");
  for (size_t i = 0; i < value->get_array().size(); ++i) {
    PIER_TRY(Node node, node_of(value->get_array()[i], join(parent.path, key) + "[" + std::to_string(i) + "]"));
    nodes.push_back(std::move(node));
  }
  return nodes;
}

Result<std::vector<Marker>> markers_of(const Node& parent) {
  std::vector<Marker> markers;
  PIER_TRY(const std::vector<Node> nodes, nodes_at(parent, "markers"));
  for (const Node& node : nodes) {
    PIER_CHECK(need(node, "Marker", 2));
    Marker marker;
    marker.name = string_or(*node.object, "name", "");
    marker.colour = string_or(*node.object, "color", "");
    marker.comment = string_or(*node.object, "comment", "");
    PIER_TRY(const auto range, range_at(node, "marked_range"));
    if (range) marker.range = *range;
    marker.metadata = object_at(node, "metadata");
    markers.push_back(std::move(marker));
  }
  return markers;
}

Result<Media> media_of(const Node& node) {
  Media media;
  if (node.schema == "ExternalReference") {
    media.kind = MediaKind::kFile;
    media.target = string_or(*node.object, "target_url", "");
    if (media.target.empty()) return damaged(join(node.path, "target_url"), "is missing");
  } else if (node.schema == "GeneratorReference") {
    media.kind = MediaKind::kGenerator;
    media.target = string_or(*node.object, "generator_kind", "");
    media.parameters = object_at(node, "parameters");
  } else if (node.schema != "MissingReference") {
    return unknown(node, "media is an ExternalReference, a GeneratorReference or a MissingReference");
  }
  if (node.version != 1) return unknown(node, "version 1 is expected");
  media.name = string_or(*node.object, "name", "");
  PIER_TRY(media.available, range_at(node, "available_range"));
  media.metadata = object_at(node, "metadata");
  return media;
}

/// Clip.1 has one reference, Clip.2 several under names, one of them active.
Result<Media> media_of_clip(const Node& clip) {
  if (const json::value* value = present(clip, "media_reference")) {
    PIER_TRY(const Node node, node_of(*value, join(clip.path, "media_reference")));
    return media_of(node);
  }
  const json::object references = object_at(clip, "media_references");
  if (references.empty()) return Media();
  const std::string key = string_or(*clip.object, "active_media_reference_key", "DEFAULT_MEDIA");
  const json::value* value = references.if_contains(key);
  const std::string path = join(clip.path, "media_references." + display_text(key));
  if (value == nullptr) return damaged(path, "is the active reference and is missing");
  PIER_TRY(const Node node, node_of(*value, path));
  return media_of(node);
}

Result<void> read_speed(const Node& clip, Item& item) {
  PIER_TRY(const std::vector<Node> effects, nodes_at(clip, "effects"));
  if (effects.size() > 1) return unknown(effects[1], "a clip has one speed; render the others before");
  for (const Node& effect : effects) {
    if (effect.schema == "FreezeFrame") {
      item.speed = 0;
    } else if (effect.schema == "LinearTimeWarp") {
      PIER_TRY(item.speed, number_at(effect, "time_scalar"));
    } else {
      return unknown(effect, "effects are LinearTimeWarp and FreezeFrame; render others before");
    }
    item.speed_name = string_or(*effect.object, "name", "");
    item.speed_metadata = object_at(effect, "metadata");
  }
  return {};
}

Result<void> no_effects(const Node& node) {
  PIER_TRY(const std::vector<Node> effects, nodes_at(node, "effects"));
  if (effects.empty()) return {};
  return unknown(effects.front(), "only clips have effects here");
}

Result<Item> item_of(const Node& node) {
  Item item;
  item.name = string_or(*node.object, "name", "");
  item.enabled = bool_or(*node.object, "enabled", true);
  item.metadata = object_at(node, "metadata");
  if (node.schema == "Transition" && node.version == 1) {
    item.kind = ItemKind::kTransition;
    item.transition_type = string_or(*node.object, "transition_type", "");
    PIER_TRY(item.in_offset, time_at(node, "in_offset"));
    PIER_TRY(item.out_offset, time_at(node, "out_offset"));
    if (item.in_offset.value < Rational(0) || item.out_offset.value < Rational(0))
      return damaged(node.path, "is a transition with an offset below 0");
    return item;
  }
  PIER_TRY(item.source_range, range_at(node, "source_range"));
  PIER_TRY(item.markers, markers_of(node));
  if (node.schema == "Gap" && node.version == 1) {
    item.kind = ItemKind::kGap;
    if (!item.source_range) return damaged(node.path, "is a gap without source_range");
    PIER_CHECK(no_effects(node));
    return item;
  }
  if (node.schema == "Stack" || node.schema == "Track")
    return unknown(node, "nested sequences are not: flatten it in the program that wrote it");
  if (node.schema != "Clip" || node.version < 1 || node.version > 2)
    return unknown(node, "a track holds Clip, Gap and Transition");
  PIER_TRY(item.media, media_of_clip(node));
  PIER_CHECK(read_speed(node, item));
  if (!item.source_range && !item.media.available)
    return damaged(node.path, "says neither source_range nor the available_range of its media; say one");
  return item;
}

/// A transition joins two items that are there.
Result<void> check_transitions(const Track& track, const std::string& path) {
  for (size_t i = 0; i < track.items.size(); ++i) {
    if (track.items[i].kind != ItemKind::kTransition) continue;
    const std::string place = path + ".children[" + std::to_string(i) + "]";
    const bool alone = i == 0 || i + 1 == track.items.size();
    if (alone || track.items[i + 1].kind == ItemKind::kTransition)
      return damaged(place, "is a transition that is not between two clips; put a Gap where it fades");
  }
  return {};
}

Result<Track> track_of(const Node& node, size_t& items) {
  PIER_CHECK(need(node, "Track", 1));
  Track track;
  track.name = string_or(*node.object, "name", "");
  track.enabled = bool_or(*node.object, "enabled", true);
  const std::string kind = string_or(*node.object, "kind", "Video");
  if (kind != "Video" && kind != "Audio")
    return fail(ErrorCode::kInputUnsupported,
                node.path + " is a track of kind " + display_text(kind) + "; Video and Audio are read");
  track.kind = kind == "Audio" ? TrackKind::kAudio : TrackKind::kVideo;
  if (present(node, "source_range") != nullptr)
    return fail(ErrorCode::kInputUnsupported,
                join(node.path, "source_range") + " trims a whole track, which is not done here; trim its clips");
  PIER_CHECK(no_effects(node));
  PIER_TRY(track.markers, markers_of(node));
  track.metadata = object_at(node, "metadata");
  PIER_TRY(const std::vector<Node> children, nodes_at(node, "children"));
  items += children.size();
  if (items > kMostItems) return fail(ErrorCode::kTooLarge, node.path + " is beyond 100,000 clips; cut the timeline");
  for (const Node& child : children) {
    PIER_TRY(Item item, item_of(child));
    track.items.push_back(std::move(item));
  }
  PIER_CHECK(check_transitions(track, node.path));
  return track;
}

Result<void> read_stack(const Node& root, Timeline& timeline) {
  const json::value* value = present(root, "tracks");
  if (value == nullptr) return damaged("tracks", "is missing");
  PIER_TRY(const Node stack, node_of(*value, "tracks"));
  PIER_CHECK(need(stack, "Stack", 1));
  if (present(stack, "source_range") != nullptr)
    return fail(ErrorCode::kInputUnsupported, "tracks.source_range trims the timeline, which is not done here");
  PIER_CHECK(no_effects(stack));
  PIER_TRY(timeline.markers, markers_of(stack));
  timeline.stack_metadata = object_at(stack, "metadata");
  PIER_TRY(const std::vector<Node> children, nodes_at(stack, "children"));
  size_t items = 0;
  for (const Node& child : children) {
    PIER_TRY(Track track, track_of(child, items));
    timeline.tracks.push_back(std::move(track));
  }
  return {};
}

}  // namespace

Result<Timeline> read_otio(std::string_view text) {
  if (text.size() > kMostBytes) return fail(ErrorCode::kTooLarge, "the timeline is larger than 32 MiB");
  PIER_TRY(const json::value value, parse_json(text, kDepth));
  PIER_TRY(const Node root, node_of(value, ""));
  PIER_CHECK(need(root, "Timeline", 1));
  Timeline timeline;
  timeline.name = string_or(*root.object, "name", "");
  timeline.metadata = object_at(root, "metadata");
  if (present(root, "global_start_time") != nullptr) {
    PIER_TRY(timeline.global_start, time_at(root, "global_start_time"));
  }
  PIER_CHECK(read_stack(root, timeline));
  return timeline;
}

}  // namespace pier::timeline
