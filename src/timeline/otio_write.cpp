#include <pier/timeline/otio.hpp>

namespace pier::timeline {
namespace {

json::value json_of(const Time& time) {
  return json::object{{"OTIO_SCHEMA", "RationalTime.1"}, {"rate", time.rate.value()}, {"value", time.value.value()}};
}

json::value json_of(const TimeRange& range) {
  return json::object{
      {"OTIO_SCHEMA", "TimeRange.1"}, {"duration", json_of(range.duration)}, {"start_time", json_of(range.start)}};
}

json::value json_of(const std::optional<TimeRange>& range) {
  return range ? json_of(*range) : json::value();
}

json::value json_of(const std::vector<Marker>& markers) {
  json::array all;
  for (const Marker& marker : markers) {
    all.push_back(json::object{{"OTIO_SCHEMA", "Marker.2"},
                               {"metadata", marker.metadata},
                               {"name", marker.name},
                               {"color", marker.colour},
                               {"marked_range", json_of(marker.range)},
                               {"comment", marker.comment}});
  }
  return all;
}

json::value json_of(const Media& media) {
  json::object object{{"OTIO_SCHEMA", "MissingReference.1"},
                      {"metadata", media.metadata},
                      {"name", media.name},
                      {"available_range", json_of(media.available)},
                      {"available_image_bounds", nullptr}};
  if (media.kind == MediaKind::kFile) {
    object["OTIO_SCHEMA"] = "ExternalReference.1";
    object["target_url"] = media.target;
  } else if (media.kind == MediaKind::kGenerator) {
    object["OTIO_SCHEMA"] = "GeneratorReference.1";
    object["generator_kind"] = media.target;
    object["parameters"] = media.parameters;
  }
  return object;
}

json::array effects_of(const Item& item) {
  if (!item.speed) return {};
  const bool still = *item.speed == Rational(0);
  return {json::object{{"OTIO_SCHEMA", still ? "FreezeFrame.1" : "LinearTimeWarp.1"},
                       {"metadata", item.speed_metadata},
                       {"name", item.speed_name},
                       {"effect_name", still ? "FreezeFrame" : "LinearTimeWarp"},
                       {"time_scalar", item.speed->value()}}};
}

json::value json_of(const Item& item) {
  if (item.kind == ItemKind::kTransition) {
    return json::object{{"OTIO_SCHEMA", "Transition.1"},
                        {"metadata", item.metadata},
                        {"name", item.name},
                        {"in_offset", json_of(item.in_offset)},
                        {"out_offset", json_of(item.out_offset)},
                        {"transition_type", item.transition_type}};
  }
  json::object object{{"OTIO_SCHEMA", item.kind == ItemKind::kGap ? "Gap.1" : "Clip.2"},
                      {"metadata", item.metadata},
                      {"name", item.name},
                      {"source_range", json_of(item.source_range)},
                      {"effects", effects_of(item)},
                      {"markers", json_of(item.markers)},
                      {"enabled", item.enabled}};
  if (item.kind == ItemKind::kClip) {
    object["media_references"] = json::object{{"DEFAULT_MEDIA", json_of(item.media)}};
    object["active_media_reference_key"] = "DEFAULT_MEDIA";
  }
  return object;
}

json::value json_of(const Track& track) {
  json::array children;
  for (const Item& item : track.items) children.push_back(json_of(item));
  return json::object{{"OTIO_SCHEMA", "Track.1"},
                      {"metadata", track.metadata},
                      {"name", track.name},
                      {"source_range", nullptr},
                      {"effects", json::array()},
                      {"markers", json_of(track.markers)},
                      {"enabled", track.enabled},
                      {"children", std::move(children)},
                      {"kind", track.kind == TrackKind::kAudio ? "Audio" : "Video"}};
}

}  // namespace

std::string write_otio(const Timeline& timeline) {
  json::array tracks;
  for (const Track& track : timeline.tracks) tracks.push_back(json_of(track));
  const json::object stack{{"OTIO_SCHEMA", "Stack.1"}, {"metadata", timeline.stack_metadata},
                           {"name", "tracks"},         {"source_range", nullptr},
                           {"effects", json::array()}, {"markers", json_of(timeline.markers)},
                           {"enabled", true},          {"children", std::move(tracks)}};
  const json::object root{
      {"OTIO_SCHEMA", "Timeline.1"},
      {"metadata", timeline.metadata},
      {"name", timeline.name},
      {"global_start_time", timeline.global_start ? json_of(*timeline.global_start) : json::value()},
      {"tracks", stack}};
  return pretty_json(root) + "\n";
}

}  // namespace pier::timeline
