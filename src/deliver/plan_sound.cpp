#include "plan_sound.hpp"

#include <algorithm>
#include <cstdio>

#include <pier/deliver/mix.hpp>

namespace pier::deliver {
namespace {

using media::AudioFacts;
using media::Codec;
using media::Container;

struct Layout {
  std::string_view name;
  uint64_t mask;
  int64_t aac, dolby, opus;  // bit/s
};
constexpr Layout kLayouts[] = {{"mono", 0x4, 96'000, 96'000, 96'000},
                               {"stereo", 0x3, 192'000, 224'000, 160'000},
                               {"5.1", 0x3f, 448'000, 448'000, 320'000},
                               {"7.1", 0x63f, 576'000, 0, 450'000}};

const Layout* layout_of(std::string_view name) {
  const auto* found = std::ranges::find(kLayouts, name, &Layout::name);
  return found == std::end(kLayouts) ? nullptr : found;
}

Codec codec_of(const Wish& wish, const std::string& word) {
  if (!word.empty()) return media::codec_from(word);
  const bool pcm = wish.container == Container::kMov || wish.container == Container::kMxf;
  return pcm ? Codec::kPcm : Codec::kAac;
}

int64_t bitrate_of(Codec codec, const Layout& layout) {
  if (codec == Codec::kAac) return layout.aac;
  if (codec == Codec::kOpus) return layout.opus;
  return codec == Codec::kEac3 || codec == Codec::kAc3 ? layout.dolby : 0;
}

/// What the source has, in the words of publications; and 7.1 where the container says so, which those do not know.
Result<std::vector<transcode::SoundGroup>> groups_of(const media::Facts& facts, const Wish& wish, Plan& plan) {
  std::vector<transcode::SoundGroup> groups;
  if (!wish.audio_map.empty()) {
    PIER_TRY(transcode::AudioMap map, transcode::parse_audio_map(wish.audio_map, facts));
    return std::move(map.groups);
  }
  for (const AudioFacts& audio : facts.audio) {
    if (audio.channels != 8 || audio.layout != "7.1" || !audio.decodable) continue;
    transcode::SoundGroup& group = groups.emplace_back(transcode::SoundGroup{"7.1", audio.language, {}});
    for (int i = 0; i < 8; ++i) group.channels.push_back({audio.stream_index, i});
  }
  const transcode::AudioMap map = transcode::understand_sound(facts);
  if (!groups.empty() && map.proposed) return groups;
  if (map.proposed) plan.notes.push_back("sound: " + map.reason + "; say it by --audio-map");
  groups.insert(groups.end(), map.groups.begin(), map.groups.end());
  return groups;
}

std::string language_of(const std::string& said) {
  return said.size() == 3 && said != "und" ? said : std::string();
}

const AudioFacts* stream_of(const media::Facts& facts, int index) {
  for (const AudioFacts& audio : facts.audio) {
    if (audio.stream_index == index) return &audio;
  }
  return nullptr;
}

Result<int> rate_of(const media::Facts& facts, const std::vector<SoundTrack>& tracks) {
  int rate = 0;
  for (const SoundTrack& track : tracks) {
    for (const transcode::SourceChannel& channel : track.channels) {
      const AudioFacts* audio = stream_of(facts, channel.stream_index);
      if (audio == nullptr) return fail(ErrorCode::kInternal, "a channel of no sound track");
      if (rate != 0 && audio->sample_rate != rate)
        return fail(ErrorCode::kInputUnsupported,
                    "its sound tracks have different sample rates; choose by --audio-map");
      rate = audio->sample_rate;
    }
  }
  return rate;
}

class SoundPlanner {
 public:
  SoundPlanner(const media::Facts& facts, const Wish& wish, Plan& plan) : x_facts(facts), x_wish(wish), x_plan(plan) {}

  Result<void> plan() {
    PIER_TRY(x_groups, groups_of(x_facts, x_wish, x_plan));
    if (x_wish.tracks.empty()) {
      for (const transcode::SoundGroup& group : x_groups) {
        TrackWish track;
        track.layout = x_wish.layout.empty() ? group.layout : x_wish.layout;
        track.optional = true;
        PIER_CHECK(add(group, track));
      }
    }
    for (const TrackWish& track : x_wish.tracks) PIER_CHECK(choose(track));
    if (x_wish.tracks.empty() && x_wish.layout.empty()) PIER_CHECK(take_apart());
    PIER_TRY(const int rate, rate_of(x_facts, x_plan.sounds));
    for (media::WrittenSound& sound : x_plan.file.sounds) {
      sound.sample_rate = rate;
      PIER_CHECK(media::check_sound(x_wish.container, sound));
    }
    x_plan.loudness = x_wish.loudness;
    return {};
  }

 private:
  /// The sound that is so; else the one with more channels that can be mixed down, else mono for stereo.
  Result<void> choose(const TrackWish& track) {
    if (!track.channels.empty()) {
      PIER_TRY(const transcode::AudioMap map, transcode::parse_audio_map(track.channels + " " + track.layout, x_facts));
      return add(map.groups.front(), track);
    }
    for (const char* from : {track.layout.c_str(), "5.1", "7.1", "stereo", "mono"}) {
      for (const transcode::SoundGroup& group : x_groups) {
        const bool speaks = track.language.empty() || language_of(group.language) == track.language;
        if (speaks && group.layout == from && mix_of(from, track.layout, x_wish.downmix)) return add(group, track);
      }
    }
    return left_out(track, "the source has no sound for a " + track.layout + " track" +
                               (track.language.empty() ? "" : " in " + track.language));
  }

  /// Channels become mono tracks, as many as the coding's recipients expect.
  Result<void> take_apart() {
    const int wanted =
        media::picture_coding(x_plan.file.pictures->coding).value_or(media::DeliveryCoding{}).mono_tracks;
    if (wanted == 0 || x_plan.sounds.empty()) return {};
    if (x_wish.loudness) {
      return fail(ErrorCode::kInvalidArgument,
                  "the loudness of mono tracks that are channels of one sound cannot be set one by one; name the sound "
                  "tracks in a recipe, or leave the loudness as it is");
    }
    std::vector<SoundTrack> tracks;
    std::vector<media::WrittenSound> sounds;
    for (size_t i = 0; i < x_plan.sounds.size(); ++i) {
      for (const transcode::SourceChannel& channel : x_plan.sounds[i].channels) {
        tracks.push_back({"mono", {channel}, {{1.0}}});
        sounds.push_back(x_plan.file.sounds[i]);
      }
    }
    const auto count = static_cast<size_t>(wanted);
    if (tracks.size() > count) {
      x_plan.notes.push_back("sound left out: " + std::to_string(tracks.size() - count) + " channels, there are " +
                             std::to_string(wanted) + " mono tracks");
    } else if (tracks.size() < count) {
      x_plan.notes.push_back("sound: " + std::to_string(count - tracks.size()) + " of " + std::to_string(wanted) +
                             " mono tracks are silent");
    }
    tracks.resize(count, {"mono", {}, {{}}});
    sounds.resize(count, sounds.front());
    for (media::WrittenSound& sound : sounds) sound.channel_mask = layout_of("mono")->mask;
    x_plan.sounds = std::move(tracks);
    x_plan.file.sounds = std::move(sounds);
    return {};
  }

  Result<void> left_out(const TrackWish& track, const std::string& why) {
    if (!track.optional) return fail(ErrorCode::kInputUnsupported, why);
    x_plan.notes.push_back("sound left out: " + why);
    return {};
  }

  Result<void> add(const transcode::SoundGroup& group, const TrackWish& track) {
    const auto mix = mix_of(group.layout, track.layout, x_wish.downmix);
    if (!mix) return left_out(track, group.layout + " cannot become " + track.layout + "; nothing is made up");
    if (group.layout != track.layout) x_plan.notes.push_back(mix_text(group.layout, track.layout));
    const Layout* layout = layout_of(track.layout);
    if (layout == nullptr) return fail(ErrorCode::kInternal, "a sound of the layout " + track.layout);
    x_plan.sounds.push_back({track.layout, group.channels, *mix});
    media::WrittenSound sound;
    sound.codec = codec_of(x_wish, track.codec.empty() ? x_wish.audio : track.codec);
    sound.bit_depth = track.bits != 0 ? track.bits : x_wish.audio_bits;
    sound.channel_mask = layout->mask;
    sound.bitrate = track.bitrate != 0 ? track.bitrate : bitrate_of(sound.codec, *layout);
    sound.language = language_of(group.language);
    x_plan.file.sounds.push_back(sound);
    return {};
  }

  std::string mix_text(const std::string& from, const std::string& to) const {
    char text[160];
    std::snprintf(text, sizeof text, "sound: %s mixed down to %s, centre %.4f, surround %.4f, LFE %.4f", from.c_str(),
                  to.c_str(), x_wish.downmix.centre, x_wish.downmix.surround, x_wish.downmix.lfe);
    if (from == "mono") return "sound: mono goes to left and right, each at 0.7071";
    return from == "stereo" ? "sound: stereo mixed down to mono, each at 0.5" : text;
  }

  const media::Facts& x_facts;
  const Wish& x_wish;
  Plan& x_plan;
  std::vector<transcode::SoundGroup> x_groups;
};

}  // namespace

Result<void> plan_sounds(const media::Facts& facts, const Wish& wish, Plan& plan) {
  if (wish.audio == "none") return {};
  if (facts.audio.empty() && wish.tracks.empty()) return {};
  return SoundPlanner(facts, wish, plan).plan();
}

}  // namespace pier::deliver
