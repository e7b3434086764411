#include "hls/renditions.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "presentation.hpp"

namespace pier::packaging::impl {
namespace {

using media::Codec;

Group make_group(std::vector<const PackageTrack*> tracks, std::string_view id) {
  Group group{id, std::move(tracks), {}, {}};
  std::set<std::string_view> codecs;
  for (const PackageTrack* track : group.tracks) {
    const Rate rate = rate_of(*track);
    group.rate.peak = std::max(group.rate.peak, rate.peak);
    group.rate.average = std::max(group.rate.average, rate.average);
    if (codecs.insert(track->index.codec_string()).second)
      group.codecs += ',' + std::string(track->index.codec_string());
  }
  return group;
}

/// Names of the members of a group; no two have the same.
class Names {
 public:
  std::string of(const PackageTrack& track) {
    const std::string label = label_of(track);
    std::string name = label;
    for (int number = 2; !x_given.insert(name).second; ++number) name = label + ' ' + std::to_string(number);
    return name;
  }

 private:
  std::set<std::string> x_given;
};

std::string media_tag(std::string_view type, const Group& group, const PackageTrack& track, const std::string& name) {
  std::string out = "#EXT-X-MEDIA:TYPE=" + std::string(type) + ",GROUP-ID=" + in_quotes(group.id);
  const std::string& language = track.description.language;
  if (!language.empty() && language != "und") out += ",LANGUAGE=" + in_quotes(language);
  return out + ",NAME=" + in_quotes(name);
}

std::string yes(bool is) {
  return is ? "YES" : "NO";
}

}  // namespace

std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const bool control = static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
    out.push_back(control ? ' ' : c == '"' ? '\'' : c);
  }
  return out + '"';
}

std::string playlist_uri(const PackageTrack& track, NameKind kind) {
  return make_name({.kind = kind, .track = track.name, .number = 0});
}

Rate rate_of(const PackageTrack& track) {
  return {peak_bitrate(track.index, target_duration(track.index)), average_bitrate(track.index)};
}

std::vector<Group> audio_groups(const Package& package) {
  std::vector<Group> groups;
  for (const auto& [codec, id] : {std::pair(Codec::kAac, "aac"), {Codec::kEac3, "ec3"}, {Codec::kAc3, "ac3"}}) {
    Group group = make_group(audio_of(package, codec), id);
    if (!group.tracks.empty()) groups.push_back(std::move(group));
  }
  return groups;
}

std::vector<Group> text_groups(const Package& package) {
  std::vector<Group> groups;
  for (const auto& [codec, id] : {std::pair(Codec::kWebVtt, "webvtt"), {Codec::kTtml, "imsc"}}) {
    Group group = make_group(texts_of(package, codec), id);
    if (codec == Codec::kWebVtt) group.codecs.clear();
    if (!group.tracks.empty()) groups.push_back(std::move(group));
  }
  return groups;
}

std::string audio_tags(const Group& group) {
  std::string out;
  Names names;
  for (const PackageTrack* track : group.tracks) {
    out += media_tag("AUDIO", group, *track, names.of(*track));
    out += ",DEFAULT=" + yes(track == group.tracks.front()) + ",AUTOSELECT=YES";
    // RFC 8216bis section 4.4.6.1: with coded objects their number, and how they are coded.
    const std::optional<int> objects = object_complexity(track->description);
    out += ",CHANNELS=" +
           in_quotes(objects ? std::to_string(*objects) + "/JOC" : std::to_string(channel_count(track->description)));
    out += ",URI=" + in_quotes(playlist_uri(*track, NameKind::kMediaPlaylist)) + '\n';
  }
  return out;
}

std::string text_tags(const Group& group) {
  std::string out;
  Names names;
  // Of those of one language and kind a player may choose only one by itself (RFC 8216bis section 4.4.6.1.1).
  std::set<std::pair<std::string, bool>> automatic;
  for (const PackageTrack* track : group.tracks) {
    const TrackDescription& description = track->description;
    const bool first = automatic.emplace(description.language, description.text.forced).second;
    out += media_tag("SUBTITLES", group, *track, names.of(*track));
    out += ",DEFAULT=" + yes(track->is_default && track == group.tracks.front()) + ",AUTOSELECT=" + yes(first);
    out += ",FORCED=" + yes(description.text.forced);
    out += ",URI=" + in_quotes(playlist_uri(*track, NameKind::kMediaPlaylist)) + '\n';
  }
  return out;
}

Rate Renditions::rate() const {
  Rate sum;
  for (const Group* group : {sound, text}) {
    if (group != nullptr) sum = {sum.peak + group->rate.peak, sum.average + group->rate.average};
  }
  return sum;
}

std::string Renditions::codecs() const {
  return (sound != nullptr ? sound->codecs : "") + (text != nullptr ? text->codecs : "");
}

std::string Renditions::attributes() const {
  std::string out;
  if (sound != nullptr) out += ",AUDIO=" + in_quotes(sound->id);
  if (text != nullptr) out += ",SUBTITLES=" + in_quotes(text->id);
  return out;
}

std::vector<Renditions> combinations(const std::vector<Group>& sounds, const std::vector<Group>& texts) {
  std::vector<Renditions> all;
  for (size_t text = 0; text < std::max<size_t>(1, texts.size()); ++text) {
    for (size_t sound = 0; sound < std::max<size_t>(1, sounds.size()); ++sound)
      all.push_back({sounds.empty() ? nullptr : &sounds[sound], texts.empty() ? nullptr : &texts[text]});
  }
  return all;
}

}  // namespace pier::packaging::impl
