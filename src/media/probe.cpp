#include <algorithm>
#include <array>
#include <cmath>

#include <pier/media/facts.hpp>
#include <pier/media/sequence.hpp>

#include "av_handles.hpp"
#include "demux_impl.hpp"
#include "probe_state.hpp"

extern "C" {
#include <libavutil/channel_layout.h>
#include <libavutil/display.h>
}

namespace pier::media {
namespace {

using impl::AudioState;
using impl::ProbeState;
using impl::Timeline;
using impl::VideoState;

constexpr size_t kHeadBytes = 256U << 10U;
constexpr double kQuickHead = 10, kQuickTail = 2;  // seconds
constexpr size_t kMaxTimes = size_t{1} << 25U;     // presentation times kept for one stream

std::string tag(const AVDictionary* tags, const char* key) {
  const AVDictionaryEntry* entry = av_dict_get(tags, key, nullptr, 0);
  return entry == nullptr ? std::string() : display_text(entry->value);
}

std::string codec_name(const AVCodecParameters& parameters) {
  if (parameters.codec_id != AV_CODEC_ID_NONE) return avcodec_get_name(parameters.codec_id);
  std::array<char, AV_FOURCC_MAX_STRING_SIZE> text{};
  return display_text(av_fourcc_make_string(text.data(), parameters.codec_tag));
}

std::optional<PixelFormat> format_of(int av_format) {
  const AVPixFmtDescriptor* description = av_pix_fmt_desc_get(static_cast<AVPixelFormat>(av_format));
  if (description == nullptr || description->nb_components == 0 || description->comp[0].depth > 16) return std::nullopt;
  PixelFormat format;
  format.bit_depth = static_cast<uint8_t>(std::max(8, description->comp[0].depth));
  format.rgb = (description->flags & AV_PIX_FMT_FLAG_RGB) != 0;
  if (description->nb_components < 3) {
    format.chroma = Chroma::k400;
  } else if (description->log2_chroma_w == 0) {
    format.chroma = Chroma::k444;
  } else {
    format.chroma = description->log2_chroma_h == 0 ? Chroma::k422 : Chroma::k420;
  }
  return format;
}

// Rotation of a container whose boxes are not read here, clockwise.
int rotation_of(const AVStream& stream) {
  size_t size = 0;
  const uint8_t* data = av_stream_get_side_data(&stream, AV_PKT_DATA_DISPLAYMATRIX, &size);
  if (data == nullptr || size < 9 * sizeof(int32_t)) return 0;
  const double counter = av_display_rotation_get(reinterpret_cast<const int32_t*>(data));
  if (!(counter >= -360 && counter <= 360)) return 0;
  return ((static_cast<int>(std::lround(-counter / 90)) * 90) % 360 + 360) % 360;
}

void start_video(const AVStream& stream, VideoState& video) {
  const AVCodecParameters& parameters = *stream.codecpar;
  VideoFacts& facts = video.facts;
  facts.codec_name = codec_name(parameters);
  facts.decodable = avcodec_find_decoder(parameters.codec_id) != nullptr;
  facts.width = parameters.width;
  facts.height = parameters.height;
  facts.time_base = rational_from_av(stream.time_base);
  facts.colour = colour_from_av(parameters);
  if (const auto format = format_of(parameters.format)) facts.format = *format;
  if (const char* profile = avcodec_profile_name(parameters.codec_id, parameters.profile)) facts.profile = profile;
  const Rational aspect = rational_from_av(stream.sample_aspect_ratio.num > 0 ? stream.sample_aspect_ratio
                                                                              : parameters.sample_aspect_ratio);
  facts.sample_aspect = aspect.num > 0 ? aspect : Rational(1);
  facts.interlaced = parameters.field_order > AV_FIELD_PROGRESSIVE;
  facts.rotation = rotation_of(stream);
  facts.timecode = tag(stream.metadata, "timecode");
  for (const AVRational rate : {stream.avg_frame_rate, stream.r_frame_rate}) {
    if (rate.num > 0 && rate.den > 0) video.container.rates.push_back(rational_from_av(rate));
  }
}

std::string layout_of(const AVChannelLayout& layout) {
  std::array<char, 128> text{};
  return av_channel_layout_describe(&layout, text.data(), text.size()) > 0 ? text.data() : "";
}

void start_audio(const AVStream& stream, AudioState& audio) {
  const AVCodecParameters& parameters = *stream.codecpar;
  AudioFacts& facts = audio.facts;
  facts.codec_name = codec_name(parameters);
  facts.decodable = avcodec_find_decoder(parameters.codec_id) != nullptr;
  if (const char* profile = avcodec_profile_name(parameters.codec_id, parameters.profile)) facts.profile = profile;
  facts.layout = layout_of(parameters.ch_layout);
  facts.bit_depth = parameters.bits_per_raw_sample > 0 ? parameters.bits_per_raw_sample
                                                       : av_get_exact_bits_per_sample(parameters.codec_id);
  audio.time_base = rational_from_av(stream.time_base);
}

void start_streams(Demuxer& demuxer, ProbeState& state) {
  state.slots.assign(demuxer.streams().size(), 0);
  for (const StreamInfo& info : demuxer.streams()) {
    const AVStream& stream = *demuxer.impl().stream(info.index);
    int& slot = state.slots[static_cast<size_t>(info.index)];
    if (info.kind == StreamKind::kVideo && !info.attached_picture) {
      VideoState& video = state.video.emplace_back(info.index, info.codec);
      video.facts.id = info.id;
      video.facts.programme = info.programme;
      video.facts.language = info.language;
      start_video(stream, video);
      impl::note_decoder(video.facts, state.facts.warnings);
      slot = static_cast<int>(state.video.size());
    } else if (info.kind == StreamKind::kAudio) {
      AudioState& audio = state.audio.emplace_back();
      audio.facts.stream_index = info.index;
      audio.facts.id = info.id;
      audio.facts.programme = info.programme;
      audio.facts.codec = info.codec;
      audio.facts.language = info.language;
      audio.facts.sample_rate = info.sample_rate;
      audio.facts.channels = info.channels;
      audio.facts.channel_mask = info.channel_mask;
      start_audio(stream, audio);
      slot = -static_cast<int>(state.audio.size());
    } else if (info.kind == StreamKind::kText) {
      state.facts.text.push_back({info.index, codec_name(*stream.codecpar), info.language});
    }
    if (state.facts.timecode.empty()) state.facts.timecode = tag(stream.metadata, "timecode");
  }
  if (const std::string programme = tag(demuxer.impl().context->metadata, "timecode"); !programme.empty())
    state.facts.timecode = programme;
}

void note_time(Timeline& timeline, const Packet& packet) {
  timeline.bytes += static_cast<int64_t>(packet.data().size());
  timeline.damaged += packet.corrupt ? 1 : 0;
  if (packet.pts == INT64_MIN) {
    ++timeline.untimed;
    return;
  }
  timeline.first = std::min(timeline.first, packet.pts);
  // Beyond this a time is no time; sums of it must stay in 64 bits.
  constexpr int64_t kFar = int64_t{1} << 60;
  if (packet.pts > kFar || packet.pts < -kFar || packet.duration < 0 || packet.duration > kFar) return;
  timeline.end = std::max(timeline.end, packet.pts + packet.duration);
  if (packet.pts >= timeline.last_pts) {
    timeline.last_pts = packet.pts;
    timeline.last_duration = packet.duration;
  }
}

void note_video(VideoState& video, const Packet& packet) {
  Timeline& timeline = video.timeline;
  const int64_t index = timeline.units;
  if (packet.key && !video.first_access) video.first_access = index;
  if (!video.scan.read_packet(packet.data(), index)) ++timeline.damaged;
  const auto* raw = static_cast<const AVPacket*>(packet.handle.get());
  // Outside the edit list: decoded for its references, never shown.
  if ((raw->flags & AV_PKT_FLAG_DISCARD) != 0) {
    ++timeline.hidden;
    return;
  }
  ++timeline.units;
  note_time(timeline, packet);
  auto& run = timeline.runs.back();
  if (packet.pts != INT64_MIN && run.size() < kMaxTimes) run.push_back(packet.pts);
}

void note_packet(ProbeState& state, const Packet& packet) {
  const int slot = state.slots[static_cast<size_t>(packet.stream_index)];
  if (slot > 0) note_video(state.video[static_cast<size_t>(slot) - 1], packet);
  if (slot < 0) note_time(state.audio[static_cast<size_t>(-slot) - 1].timeline, packet);
}

double seconds_of(const Demuxer& demuxer, const Packet& packet) {
  const StreamInfo& info = demuxer.streams()[static_cast<size_t>(packet.stream_index)];
  const int64_t time = packet.pts != INT64_MIN ? packet.pts : packet.dts;
  if (time == INT64_MIN) return 0;
  const int64_t start = info.start_pts == INT64_MIN ? 0 : info.start_pts;
  return static_cast<double>(time - start) * info.time_base.value();
}

// Reads on until the end, or until `until` seconds.
Result<void> read_packets(Demuxer& demuxer, ProbeState& state, uint64_t total, double until,
                          const ProbeOptions& options) {
  uint64_t packets = 0;
  int64_t furthest = 0;
  while (true) {
    PIER_TRY(const std::optional<Packet> packet, demuxer.read());
    if (!packet) return {};
    if (until > 0 && seconds_of(demuxer, *packet) > until) return {};
    note_packet(state, *packet);
    furthest = std::max(furthest, packet->position);
    if (++packets % 64 != 0 || !options.on_progress) continue;
    const double done = total > 0 ? std::min(1.0, static_cast<double>(furthest) / static_cast<double>(total)) : 0;
    if (!options.on_progress(done)) return fail(ErrorCode::kCancelled, "probing was cancelled");
  }
}

std::string seconds_text(double seconds) {
  const auto whole = static_cast<int64_t>(std::llround(seconds));
  if (whole < 120) return std::to_string(whole) + " s";
  if (whole < 7200) return std::to_string(whole / 60) + " min " + std::to_string(whole % 60) + " s";
  return std::to_string(whole / 3600) + " h " + std::to_string(whole / 60 % 60) + " min";
}

// Head and tail; what lies between is told by the container alone.
Result<void> read_sample(Demuxer& demuxer, ProbeState& state, uint64_t total, double length,
                         const ProbeOptions& options) {
  PIER_CHECK(read_packets(demuxer, state, total, kQuickHead, options));
  state.facts.sampled = true;
  state.facts.sample_statement =
      "first " + seconds_text(kQuickHead) + " and last " + seconds_text(kQuickTail) + " of " + seconds_text(length);
  for (VideoState& video : state.video) video.timeline.runs.emplace_back();
  const int stream = demuxer.main_video().value_or(0);
  const StreamInfo& info = demuxer.streams()[static_cast<size_t>(stream)];
  const double start = info.start_pts == INT64_MIN ? 0 : static_cast<double>(info.start_pts) * info.time_base.value();
  const auto target = static_cast<int64_t>((start + length - kQuickTail) / info.time_base.value());
  if (const auto moved = demuxer.seek(stream, target); !moved) {
    state.facts.sample_statement =
        "first " + seconds_text(kQuickHead) + " of " + seconds_text(length) + "; the file cannot be sought";
    return {};
  }
  return read_packets(demuxer, state, total, 0, options);
}

// The container's own lengths stand where the file was not read whole.
void take_declared_lengths(Demuxer& demuxer, ProbeState& state) {
  for (VideoState& video : state.video) {
    const AVStream& stream = *demuxer.impl().stream(video.facts.stream_index);
    video.facts.frames = stream.nb_frames;
    if (stream.duration > 0) video.facts.duration = Rational(stream.duration) * video.facts.time_base;
    video.facts.bitrate = stream.codecpar->bit_rate;
  }
  for (AudioState& audio : state.audio) {
    const AVStream& stream = *demuxer.impl().stream(audio.facts.stream_index);
    if (stream.duration > 0) audio.facts.duration = Rational(stream.duration) * audio.time_base;
    audio.facts.bitrate = stream.codecpar->bit_rate;
  }
}

// The stream that the demuxer chose, unless it never showed a picture and another did.
int choose_main(const Demuxer& demuxer, const ProbeState& state) {
  const auto shows = [](const VideoState& video) { return video.timeline.units > 0 && video.facts.width > 0; };
  const auto chosen = demuxer.main_video();
  int first = -1;
  for (size_t at = 0; at < state.video.size(); ++at) {
    if (!shows(state.video[at])) continue;
    if (chosen && state.video[at].facts.stream_index == *chosen) return static_cast<int>(at);
    if (first < 0) first = static_cast<int>(at);
  }
  return first >= 0 || state.video.empty() ? first : 0;
}

Facts finish(Demuxer& demuxer, ProbeState& state, const ProbeOptions& options) {
  Facts& facts = state.facts;
  if (facts.sampled) take_declared_lengths(demuxer, state);
  for (VideoState& video : state.video) {
    if (!facts.sampled) video.facts.frames = video.timeline.units;
    impl::finish_video(video, options, facts.warnings);
  }
  facts.main_video = choose_main(demuxer, state);
  for (VideoState& video : state.video) {
    if (video.facts.timecode.empty()) video.facts.timecode = facts.timecode;
    facts.duration = std::max(facts.duration, video.facts.duration);
    facts.video.push_back(std::move(video.facts));
  }
  for (AudioState& audio : state.audio) {
    impl::finish_audio(audio);
    facts.duration = std::max(facts.duration, audio.facts.duration);
    facts.audio.push_back(std::move(audio.facts));
  }
  if (state.declared) impl::finish_programme(*state.declared, facts);
  if (facts.video.empty()) facts.warnings.push_back("the file holds no picture stream");
  if (facts.audio.empty()) facts.warnings.push_back("the file holds no sound");
  return std::move(facts);
}

Result<Bytes> read_head(const SourceFile& file) {
  Bytes head(static_cast<size_t>(std::min<uint64_t>(file.state.size, kHeadBytes)));
  PIER_TRY(const size_t got, read_at(file.fd.get(), 0, head));
  head.resize(got);
  return head;
}

}  // namespace

Result<Facts> probe(const Source& source, const ProbeOptions& options) {
  if (source.sequence) {
    PIER_TRY(const SequenceReport report, scan_sequence(source, options.on_progress));
    return sequence_facts(report, source.sequence->rate);
  }
  if (source.primary >= source.files.size())
    return fail(ErrorCode::kInvalidArgument, display_text(source.path) + " has no file to read");
  PIER_TRY(const Bytes head, read_head(source.files[source.primary]));
  PIER_CHECK(impl::check_recognisable(source, head));
  if (const auto generation = impl::detect_avs(head); generation && !source.package)
    return impl::probe_avs(source, *generation, options);
  PIER_TRY(Demuxer demuxer, Demuxer::open(source));
  ProbeState state;
  state.facts.path = source.path;
  state.facts.bytes = source.total_bytes();
  start_streams(demuxer, state);
  if (state.video.empty() && state.audio.empty() && state.facts.text.empty()) {
    return fail(ErrorCode::kInputUnsupported, display_text(source.path) + " holds no picture, sound or text stream");
  }
  PIER_CHECK(impl::read_container(source, demuxer, state));
  const int64_t declared = demuxer.impl().context->duration;
  const double length = declared > 0 ? static_cast<double>(declared) / AV_TIME_BASE : 0;
  if (options.quick && length > kQuickHead + 2 * kQuickTail) {
    PIER_CHECK(read_sample(demuxer, state, state.facts.bytes, length, options));
  } else {
    PIER_CHECK(read_packets(demuxer, state, state.facts.bytes, 0, options));
  }
  return finish(demuxer, state, options);
}

}  // namespace pier::media
