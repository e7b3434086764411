// Which sounds are heard when, and where they go.

#include <algorithm>
#include <cmath>

#include <pier/core/bytes.hpp>

#include "planner.hpp"

namespace pier::edit::impl {
namespace {

using timeline::TrackKind;

Result<transcode::SoundGroup> sound_of(const Input& input, const std::string& audio_map, std::optional<int> channel) {
  const media::Facts& facts = *input.facts;
  if (channel) {
    int number = *channel;
    for (const media::AudioFacts& audio : facts.audio) {
      if (number <= audio.channels)
        return transcode::SoundGroup{"mono", audio.language, {{audio.stream_index, number - 1}}};
      number -= audio.channels;
    }
    return fail(ErrorCode::kInvalidArgument, display_text(input.path) + " has no sound channel " +
                                                 std::to_string(*channel) + ", which the track asks for");
  }
  transcode::AudioMap map;
  if (audio_map.empty()) {
    map = transcode::understand_sound(facts);
  } else {
    PIER_TRY(map, transcode::parse_audio_map(audio_map, facts));
  }
  if (map.groups.empty())
    return fail(ErrorCode::kInvalidArgument, "the sound of " + display_text(input.path) +
                                                 " cannot be read; say its channels by metadata.pier.audio_map");
  return map.groups.front();
}

Result<int> rate_of(const media::Facts& facts, const transcode::SoundGroup& group) {
  int rate = 0;
  for (const transcode::SourceChannel& channel : group.channels) {
    for (const media::AudioFacts& audio : facts.audio) {
      if (audio.stream_index != channel.stream_index) continue;
      if (rate != 0 && rate != audio.sample_rate)
        return fail(ErrorCode::kInputUnsupported, "its sound tracks have different sample rates; choose by audio_map");
      rate = audio.sample_rate;
    }
  }
  if (rate <= 0) return fail(ErrorCode::kInputUnsupported, "its sample rate is not known");
  return rate;
}

/// Where the pictures of a source begin on its timeline; sound alone begins at its own beginning.
Rational beginning_of(const media::Facts& facts) {
  if (facts.main_video < 0) return 0;
  const media::VideoFacts& video = facts.video[static_cast<size_t>(facts.main_video)];
  return Rational(video.start_pts) * video.time_base;
}

}  // namespace

Result<SoundPiece> Planner::sound_piece(const PlacedItem& placed, std::optional<int> channel) {
  const timeline::Item& item = *placed.item;
  SoundPiece piece;
  piece.name = placed.name;
  piece.span = placed.span;
  PIER_TRY(piece.input, input_of(item.media.target));
  const Input& input = x_inputs[piece.input];
  PIER_TRY(const timeline::ClipSettings settings, timeline::settings_of(item));
  piece.levels = settings.levels;
  PIER_TRY(const transcode::SoundGroup group, sound_of(input, settings.audio_map, channel));
  piece.channels = group.channels;
  PIER_TRY(piece.rate, rate_of(*input.facts, group));
  if (channel) {
    // One channel of a list goes to its own side as it is.
    piece.sound = static_cast<size_t>(*channel - 1) / 2;
    piece.mix = {{*channel % 2 == 1 ? 1.0 : 0.0}, {*channel % 2 == 0 ? 1.0 : 0.0}};
  } else {
    const auto mix = deliver::mix_of(group.layout, "stereo", x_wish.file.downmix);
    if (!mix)
      return fail(ErrorCode::kInputUnsupported, "its sound is " + group.layout + ", which does not become stereo");
    piece.mix = *mix;
    if (group.layout != "stereo")
      note(display_text(input.path) + ": sound is mixed from " + group.layout + " to stereo");
  }
  piece.speed = item.speed.value_or(Rational(1));
  piece.source_start = beginning_of(*input.facts) + source_start(item, *input.facts);
  if (piece.rate != 48'000 && piece.speed == Rational(1))
    note(display_text(input.path) + ": sound of " + std::to_string(piece.rate) + " Hz becomes 48000 Hz");
  return piece;
}

Result<void> Planner::add_sounds(const timeline::Track& track, double gain, std::optional<int> channel) {
  PIER_TRY(const std::vector<PlacedItem> placed, place(track));
  for (const PlacedItem& one : placed) {
    const timeline::Item& item = *one.item;
    if (item.kind != timeline::ItemKind::kClip || !item.enabled || item.media.kind != timeline::MediaKind::kFile)
      continue;
    PIER_TRY(const size_t input, input_of(item.media.target));
    if (!x_inputs[input].facts) continue;
    if (x_inputs[input].facts->audio.empty()) {
      if (track.kind == TrackKind::kVideo) continue;
      return fail(ErrorCode::kInvalidArgument,
                  one.name + ": " + display_text(x_inputs[input].path) + " has no sound; use a gap");
    }
    if (item.speed && *item.speed <= Rational(0)) {
      note(one.name + ": sound of a picture that stands or runs backwards is left out");
      continue;
    }
    auto piece = sound_piece(one, channel);
    if (!piece) return fail_in(one.name, piece.error());
    if (piece->speed != Rational(1)) note(one.name + ": sound runs with its pictures, its pitch with it");
    piece->gain = std::pow(10.0, gain / 20);
    x_plan.sounds.push_back(std::move(*piece));
  }
  return {};
}

Result<void> Planner::plan_sounds() {
  const bool own = std::ranges::any_of(x_timeline.tracks,
                                       [](const timeline::Track& track) { return track.kind == TrackKind::kAudio; });
  for (const timeline::Track& track : x_timeline.tracks) {
    if (!track.enabled || (own && track.kind != TrackKind::kAudio)) continue;
    PIER_TRY(const double gain, timeline::gain_of(track));
    PIER_TRY(const auto channel, timeline::channel_of(track));
    PIER_CHECK(add_sounds(track, gain, own ? channel : std::nullopt));
    if (own) continue;
    note("the timeline has no sound tracks: the sound is that of the lowest pictures");
    break;
  }
  for (const SoundPiece& piece : x_plan.sounds) x_sound_tracks = std::max(x_sound_tracks, piece.sound + 1);
  return {};
}

}  // namespace pier::edit::impl
