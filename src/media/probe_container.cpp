// The container's own statements about each stream.

#include <algorithm>

#include "av_handles.hpp"
#include "container/adm.hpp"
#include "container/imf_xml.hpp"
#include "container/matroska.hpp"
#include "container/mxf.hpp"
#include "container/ts_psi.hpp"
#include "demux_impl.hpp"
#include "probe_state.hpp"

namespace pier::media::impl {
namespace {

constexpr int kTsAudioVivid = 0xD5;  // stream_type of AVS3 sound, as public analysers have it

std::string number(double value) {
  std::string text = std::to_string(value);
  while (text.back() == '0') text.pop_back();
  if (text.back() == '.') text.pop_back();
  return text;
}

VideoState* video_of_stream(ProbeState& state, int stream) {
  const int slot =
      stream >= 0 && stream < static_cast<int>(state.slots.size()) ? state.slots[static_cast<size_t>(stream)] : 0;
  return slot > 0 ? &state.video[static_cast<size_t>(slot) - 1] : nullptr;
}

AudioState* audio_of_stream(ProbeState& state, int stream) {
  const int slot =
      stream >= 0 && stream < static_cast<int>(state.slots.size()) ? state.slots[static_cast<size_t>(stream)] : 0;
  return slot < 0 ? &state.audio[static_cast<size_t>(-slot) - 1] : nullptr;
}

// The display size of the container in terms of the pixels of the raster.
std::optional<Rational> aspect_from_display(Rational display, int width, int height) {
  if (display.num <= 0 || width <= 0 || height <= 0) return std::nullopt;
  return display / Rational(width, height);
}

void say_statics(VideoState& video, std::string_view display, std::string_view light) {
  const ContainerVideo& said = video.container;
  if (said.mastering_display) video.log.say(display, "mastering_display", print(*said.mastering_display));
  if (said.content_light) video.log.say(light, "content_light", print(*said.content_light));
}

void warn_edits(const IsoTrack& track, uint32_t movie_timescale, ProbeState& state) {
  if (track.edits.empty()) return;
  const auto& first = track.edits.front();
  const std::string name = "track " + std::to_string(track.id) + ": ";
  if (track.edits.size() > 2 || (track.edits.size() == 2 && first.media_time >= 0)) {
    state.facts.warnings.push_back(name + "the edit list has " + std::to_string(track.edits.size()) +
                                   " edits; only what it presents is read");
    return;
  }
  const auto& last = track.edits.back();
  if (first.media_time < 0 && first.duration > 0 && movie_timescale > 0) {
    state.facts.warnings.push_back(name + "the edit list delays it by " +
                                   number(static_cast<double>(first.duration) / movie_timescale) + " s");
  }
  if (last.dwell) state.facts.warnings.push_back(name + "the edit list holds one picture (dwell)");
}

// ISO/IEC 14496-12, 8.6.6: durations in the movie's time scale, media times in the track's.
std::optional<EditList> edit_list(const IsoTrack& track, uint32_t movie_timescale) {
  if (track.edits.empty() || movie_timescale == 0 || track.timescale == 0) return std::nullopt;
  const auto seconds = [](uint64_t ticks, uint32_t scale) {
    return Rational(static_cast<int64_t>(std::min(ticks, uint64_t{1} << 52U)), scale);
  };
  EditList list;
  list.edits = static_cast<int>(track.edits.size());
  // Presentation begins where the first sample's composition time says, not at 0.
  const Rational first(track.composition_offset, track.timescale);
  const Rational length = seconds(track.duration, track.timescale);
  int stretches = 0;
  Rational end;
  for (const IsoTrack::Edit& edit : track.edits) {
    list.dwell |= edit.dwell;
    if (edit.media_time < 0) {
      if (stretches == 0) list.delay = list.delay + seconds(edit.duration, movie_timescale);
      list.rearranged |= stretches > 0;  // a hole between stretches
      continue;
    }
    const Rational start = seconds(static_cast<uint64_t>(edit.media_time), track.timescale) - first;
    if (stretches++ == 0) list.cut_start = start;
    // Of length 0: to the end of the media (fragmented files).
    end = edit.duration == 0 ? length : start + seconds(edit.duration, movie_timescale);
  }
  list.rearranged |= stretches > 1;
  if (list.cut_start < Rational(0)) list.cut_start = 0;
  // Less than a tick of the movie's clock is rounding.
  if (stretches > 0 && length - end > Rational(1, movie_timescale)) list.cut_end = length - end;
  return list;
}

void read_iso_track(const IsoTrack& track, VideoState& video) {
  ContainerVideo& said = video.container;
  said.width = track.width;
  said.height = track.height;
  if (track.width > 0) video.log.say("container.stsd", "raster", print_raster(track.width, track.height));
  if (track.colr) {
    said.colour = *track.colr;
    video.log.say_colour("container.colr", *track.colr);
  }
  said.mastering_display = track.mdcv;
  said.content_light = track.clli;
  say_statics(video, "container.mdcv", "container.clli");
  said.sample_aspect = track.pasp;
  if (track.pasp) video.log.say("container.pasp", "sample_aspect", track.pasp->to_string());
  said.dolby_vision = track.dolby_vision;
  if (track.dolby_vision)
    video.log.say("container." + track.dolby_vision_box, "dolby_vision", print(*track.dolby_vision));
  said.hdr_vivid = track.cuvv;
  if (track.cuvv) video.log.say("container.cuvv", "hdr_vivid", "present");
  video.facts.rotation = track.rotation;
  if (track.rotation != 0) video.log.say("container.tkhd", "rotation", std::to_string(track.rotation));
  if (track.fields) {
    said.interlaced = track.fields->first == 2;
    video.log.say("container.fiel", "interlaced", track.fields->first == 2 ? "yes" : "no");
  }
  if (!track.language.empty()) video.facts.language = track.language;
  if (!track.configuration_box.empty())
    video.scan.read_configuration(track.configuration, "container." + track.configuration_box);
}

void read_iso(const ByteSource& bytes, Demuxer& demuxer, ProbeState& state) {
  const IsoFile file = read_isobmff(bytes);
  state.facts.container = file.brand == "qt  " || !file.has_ftyp ? "mov" : "mp4";
  if (file.damaged_tree)
    state.facts.warnings.push_back("a box runs out of its parent; what lies behind it was not read");
  for (const IsoTrack& track : file.tracks) {
    warn_edits(track, file.movie_timescale, state);
    for (const StreamInfo& stream : demuxer.streams()) {
      if (AudioState* audio = audio_of_stream(state, stream.index); audio != nullptr && stream.id == track.id) {
        audio->facts.edits = edit_list(track, file.movie_timescale);
        if (audio->facts.codec_name == "av3a") audio->facts.profile = "Audio Vivid";
      }
      VideoState* video = video_of_stream(state, stream.index);
      if (video == nullptr || stream.id != track.id) continue;
      read_iso_track(track, *video);
      video->facts.edits = edit_list(track, file.movie_timescale);
      if (video->facts.codec == Codec::kUnknown || video->facts.codec == Codec::kOther)
        video->facts.codec_name = track.sample_entry;
      if (track.odd_matrix) {
        state.facts.warnings.push_back("track " + std::to_string(track.id) +
                                       ": its matrix is no quarter turn; it is shown unturned here");
      }
    }
  }
}

void read_ts_stream(const TsStream& stream, VideoState& video) {
  video.container.open_ended = true;
  if (!stream.language.empty()) video.facts.language = stream.language;
  if (stream.hevc) {
    video.log.say("ts.hevc_descriptor", "level",
                  std::to_string(stream.hevc->level / 30) +
                      (stream.hevc->level % 30 != 0 ? "." + std::to_string(stream.hevc->level % 30 / 3) : "") +
                      (stream.hevc->high_tier ? " High" : ""));
  }
  if (stream.dolby_vision) {
    video.container.dolby_vision = stream.dolby_vision;
    video.log.say("ts.dovi_descriptor", "dolby_vision", print(*stream.dolby_vision));
  }
  if (stream.hdr_vivid) {
    video.container.hdr_vivid = true;
    video.log.say("ts.registration.cuvv", "hdr_vivid", "present");
  }
  if (stream.avs3) {
    if (stream.avs3->depth > 0) video.log.say("ts.avs3_descriptor", "depth", std::to_string(stream.avs3->depth));
    video.log.say_colour("ts.avs3_descriptor", stream.avs3->colour);
    video.container.colour = stream.avs3->colour;
  }
}

void name_programmes(const TsFile& file, const Demuxer& demuxer, ProbeState& state) {
  if (file.programmes.size() < 2) return;
  const auto main = demuxer.main_video();
  std::string which;
  for (const TsProgramme& programme : file.programmes) {
    for (const TsStream& stream : programme.streams) {
      if (!main || stream.pid != demuxer.streams()[static_cast<size_t>(*main)].id || !which.empty()) continue;
      which = "; the main picture stream is that of programme " + std::to_string(programme.number);
      if (!programme.service.empty()) which += " (" + programme.service + ")";
    }
  }
  state.facts.warnings.push_back("the transport stream carries " + std::to_string(file.programmes.size()) +
                                 " programmes" + which);
}

void read_transport(const ByteSource& bytes, const Demuxer& demuxer, ProbeState& state) {
  state.facts.container = "mpegts";
  const auto file = read_ts(bytes);
  if (!file) return;
  if (!file->whole_packets)
    state.facts.warnings.push_back("the transport stream ends inside a packet: its tail may be missing");
  name_programmes(*file, demuxer, state);
  for (const TsProgramme& programme : file->programmes) {
    for (const TsStream& stream : programme.streams) {
      if (stream.stream_type == kTsAudioVivid)
        state.facts.warnings.push_back("stream " + std::to_string(stream.pid) +
                                       " is sound of AVS3 (Audio Vivid): nothing here reads or keeps it");
      for (const StreamInfo& info : demuxer.streams()) {
        VideoState* video = video_of_stream(state, info.index);
        if (video != nullptr && info.id == stream.pid) read_ts_stream(stream, *video);
      }
    }
  }
}

void read_picture_descriptor(const PictureDescriptor& picture, VideoState& video, const std::string& carrier) {
  ContainerVideo& said = video.container;
  const bool shown = picture.display_width > 0 && picture.display_height > 0;
  said.width = shown ? picture.display_width : picture.width;
  said.height = shown ? picture.display_height : picture.height;
  if (said.width > 0) video.log.say(carrier, "raster", print_raster(said.width, said.height));
  if (picture.depth >= 8 && picture.depth <= 16) {
    video.log.say(carrier, "depth", std::to_string(picture.depth));
    said.format = PixelFormat{static_cast<uint8_t>(picture.depth), picture.chroma.value_or(Chroma::k422), picture.rgb};
    if (picture.chroma) video.log.say(carrier, "chroma", print_chroma(*said.format));
  }
  if (picture.rate.num > 0) {
    said.rates.push_back(picture.rate);
    video.log.say(carrier, "frame_rate", picture.rate.to_string());
  }
  if (picture.aspect) {
    said.sample_aspect = aspect_from_display(*picture.aspect, said.width, said.height);
  }
  said.interlaced = picture.interlaced;
  video.log.say(carrier, "interlaced", picture.interlaced ? "yes" : "no");
  said.colour = picture.colour;
  video.log.say_colour(carrier, picture.colour);
  if (!picture.mastering_display) return;
  said.mastering_display = picture.mastering_display;
  video.log.say(carrier, "mastering_display", print(*picture.mastering_display));
}

void read_sound_descriptor(const SoundDescriptor& sound, AudioFacts& facts) {
  if (sound.bits > 0) facts.bit_depth = sound.bits;
  if (!sound.language.empty()) facts.language = sound.language;
  if (std::any_of(sound.symbols.begin(), sound.symbols.end(),
                  [](const std::string& symbol) { return !symbol.empty(); })) {
    facts.mca_labels = sound.symbols;
    facts.mca_labels.resize(static_cast<size_t>(std::max(facts.channels, 0)));
  }
}

// Descriptors come in the order of the tracks.
template <typename Descriptors>
void match_in_order(const Descriptors& pictures, const std::vector<SoundDescriptor>& sounds, const std::string& carrier,
                    ProbeState& state) {
  for (size_t at = 0; at < std::min(pictures.size(), state.video.size()); ++at)
    read_picture_descriptor(pictures[at], state.video[at], carrier);
  for (size_t at = 0; at < std::min(sounds.size(), state.audio.size()); ++at)
    read_sound_descriptor(sounds[at], state.audio[at].facts);
}

void read_material(const ByteSource& bytes, ProbeState& state) {
  state.facts.container = "mxf";
  const auto file = read_mxf(bytes);
  if (!file) return;
  if (!file->operational_pattern.empty()) state.facts.container = "mxf (" + file->operational_pattern + ")";
  if (file->open)
    state.facts.warnings.push_back("the MXF header partition was never closed: lengths in it may be wrong");
  match_in_order(file->pictures, file->sounds, "mxf.descriptor", state);
  if (file->programme) state.declared = DeclaredProgramme{file->programme->in, file->programme->out};
}

Result<void> read_package(const Source& source, ProbeState& state) {
  state.facts.container = "imf";
  const SourceFile& playlist = source.files[source.primary];
  std::string text(static_cast<size_t>(playlist.state.size), '\0');
  PIER_TRY(const size_t got, read_at(playlist.fd.get(), 0, std::as_writable_bytes(std::span(text))));
  text.resize(got);
  PIER_TRY(const ImfComposition composition, parse_composition(text));
  if (!composition.timecode.empty()) state.facts.timecode = composition.timecode;
  match_in_order(composition.pictures, composition.sounds, "imf.cpl", state);
  if (composition.content_light && !state.video.empty()) {
    VideoState& video = state.video.front();
    video.container.content_light = composition.content_light;
    video.log.say("imf.cpl", "content_light", print(*composition.content_light));
  }
  // The essence files say the same things once more, or not.
  size_t next_picture = 0;
  for (const SourceFile& file : source.files) {
    const auto essence = read_mxf(ByteSource(file.fd.get(), file.state.size));
    if (!essence) continue;
    if (essence->cut)
      return fail(ErrorCode::kTruncated, display_text(file.name) + " is truncated; copy the package again");
    for (const PictureDescriptor& picture : essence->pictures) {
      if (next_picture < state.video.size())
        read_picture_descriptor(picture, state.video[next_picture++], "mxf.descriptor");
    }
  }
  return {};
}

void read_matroska_track(const MatroskaTrack& track, VideoState& video) {
  ContainerVideo& said = video.container;
  said.width = track.width;
  said.height = track.height;
  video.log.say("container.video", "raster", print_raster(track.width, track.height));
  said.colour = track.colour;
  video.log.say_colour("container.colour", track.colour);
  if (track.depth >= 8) video.log.say("container.colour", "depth", std::to_string(track.depth));
  said.mastering_display = track.mastering_display;
  said.content_light = track.content_light;
  say_statics(video, "container.colour", "container.colour");
  said.dolby_vision = track.dolby_vision;
  if (track.dolby_vision) video.log.say("container.block_addition", "dolby_vision", print(*track.dolby_vision));
}

void read_matroska_tracks(const ByteSource& bytes, ProbeState& state) {
  state.facts.container = "matroska";
  const auto file = read_matroska(bytes);
  if (!file) return;
  // FFmpeg gives no track numbers; it keeps the order.
  size_t next = 0;
  for (const MatroskaTrack& track : file->tracks) {
    if (track.video && next < state.video.size()) read_matroska_track(track, state.video[next++]);
  }
}

// Decoder configuration of containers whose records are not read here, as FFmpeg hands it on. Of the others FFmpeg
// makes it up out of the first access units, which is no carrier.
void read_private_configuration(Demuxer& demuxer, ProbeState& state) {
  for (VideoState& video : state.video) {
    const AVCodecParameters& parameters = *demuxer.impl().stream(video.facts.stream_index)->codecpar;
    if (parameters.extradata_size <= 0) continue;
    const auto* bytes = reinterpret_cast<const std::byte*>(parameters.extradata);
    video.scan.read_configuration({bytes, static_cast<size_t>(parameters.extradata_size)}, "container.codec_private");
  }
}

/// Objects are a matter of the whole file: its one sound stream has their channels.
void read_wave(const ByteSource& bytes, ProbeState& state) {
  state.facts.container = "wav";
  const auto adm = read_adm(bytes);
  if (!adm || state.audio.empty()) return;
  state.audio.front().facts.profile = print(*adm);
  state.facts.warnings.emplace_back(
      "the sound has objects (ADM, ITU-R BS.2076): conversions here take its channels as they are and drop the model");
}

}  // namespace

Result<void> read_container(const Source& source, Demuxer& demuxer, ProbeState& state) {
  if (source.package) return read_package(source, state);
  const SourceFile& primary = source.files[source.primary];
  const ByteSource bytes(primary.fd.get(), primary.state.size);
  const std::string_view name = demuxer.container();
  if (name.starts_with("mov")) {
    read_iso(bytes, demuxer, state);
  } else if (name == "mpegts") {
    read_transport(bytes, demuxer, state);
  } else if (name.starts_with("mxf")) {
    read_material(bytes, state);
  } else if (name.starts_with("matroska")) {
    read_matroska_tracks(bytes, state);
    read_private_configuration(demuxer, state);
  } else if (name == "wav") {
    read_wave(bytes, state);
  } else {
    state.facts.container = std::string(name);
    if (name == "flv" || name == "avi" || name == "nut") read_private_configuration(demuxer, state);
  }
  return {};
}

}  // namespace pier::media::impl
