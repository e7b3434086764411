#include <algorithm>
#include <cmath>
#include <span>

#include <pier/transcode/plan.hpp>

#include "cuts.hpp"
#include "dynamic_hdr.hpp"
#include "scene_peaks.hpp"

namespace pier::transcode {
namespace {

using analysis::AnalysisResult;
using analysis::FrameRecord;
using media::VideoFacts;

constexpr int64_t kMostSoundAfterPicture = 10;  // seconds
constexpr int kChannelSampleRate = 48000;
constexpr size_t kKeysBefore = 8;  // random access points handed to a chunk, to start decoding at

/// Frames of the programme and their times on the track's timeline.
struct Timeline {
  uint32_t timescale = 0;
  bool variable = false;
  std::vector<FrameRecord> frames;
  size_t first = 0;            // of the programme, in the frame table
  std::vector<int64_t> times;  // one a frame
  int64_t end = 0;
};

Result<std::pair<size_t, size_t>> programme_range(const AnalysisResult& analysis, const PlanRequest& request) {
  const auto& frames = analysis.frames.frames;
  if (frames.empty()) return fail(ErrorCode::kInputDamaged, "not one picture could be decoded");
  const Rational base = analysis.frames.time_base;
  const auto seconds = [&](size_t i) { return Rational(frames[i].pts - frames[0].pts) * base; };
  size_t first = 0, last = frames.size();
  while (request.in && first < frames.size() && seconds(first) < *request.in) first++;
  while (request.out && last > first && seconds(last - 1) >= *request.out) last--;
  if (first >= last) {
    return fail(ErrorCode::kInvalidArgument, "the range from --in to --out holds no picture; the master lasts " +
                                                 std::to_string(seconds(frames.size() - 1).value()) + " s");
  }
  return std::pair{first, last};
}

/// Are the times those of a constant rate but for rounding? Half a frame is the most a container's clock may be off.
bool is_regular(const std::vector<FrameRecord>& frames, Rational base, Rational rate) {
  if (rate.num <= 0) return false;
  const double ticks = (rate.inverse() / base).value();
  for (size_t i = 0; i < frames.size(); i++) {
    const double ideal = static_cast<double>(i) * ticks;
    if (std::abs(static_cast<double>(frames[i].pts - frames[0].pts) - ideal) >= ticks / 2) return false;
  }
  return true;
}

void regular_times(Timeline& line, Rational rate) {
  int64_t scale = rate.num, step = rate.den;
  while (scale < 10000) scale *= 10, step *= 10;
  if (scale > UINT32_MAX) scale = rescale(1, 1, Rational(1, scale), Rounding::kDown);
  line.timescale = static_cast<uint32_t>(scale);
  for (size_t i = 0; i < line.frames.size(); i++) line.times.push_back(static_cast<int64_t>(i) * step);
  line.end = static_cast<int64_t>(line.frames.size()) * step;
}

/// The distance that the last picture is shown when nobody says: that of the picture before.
int64_t last_duration(const Timeline& line) {
  const size_t count = line.times.size();
  if (count >= 2) return line.times[count - 1] - line.times[count - 2];
  return std::max<int64_t>(1, line.timescale / 25);
}

void variable_times(Timeline& line, Rational base) {
  const bool keeps = base.num == 1 && base.den >= 1000 && base.den <= 1'000'000;
  line.variable = true;
  line.timescale = keeps ? static_cast<uint32_t>(base.den) : 90000;
  const Rational tick(1, line.timescale);
  for (const FrameRecord& frame : line.frames) {
    const int64_t time = rescale(frame.pts - line.frames.front().pts, base, tick);
    line.times.push_back(line.times.empty() ? 0 : std::max(time, line.times.back() + 1));
  }
  const int64_t said = rescale(line.frames.back().duration, base, tick);
  line.end = line.times.back() + (said > 0 ? said : last_duration(line));
}

Result<Timeline> make_timeline(const VideoFacts& video, const AnalysisResult& analysis, const PlanRequest& request) {
  PIER_TRY(const auto range, programme_range(analysis, request));
  Timeline line;
  const auto& all = analysis.frames.frames;
  line.first = range.first;
  line.frames.assign(all.begin() + static_cast<ptrdiff_t>(range.first),
                     all.begin() + static_cast<ptrdiff_t>(range.second));
  const Rational base = analysis.frames.time_base;
  if (!video.variable_rate && is_regular(line.frames, base, video.frame_rate))
    regular_times(line, video.frame_rate);
  else
    variable_times(line, base);
  return line;
}

std::optional<ContentLight> measured_light(const AnalysisResult& analysis) {
  const auto luminance = get_object(analysis.measures, "luminance");
  if (!luminance) return std::nullopt;
  const auto whole = [&](std::string_view key) {
    return static_cast<uint16_t>(std::clamp(std::ceil(double_or(*luminance, key, 0) - 1e-9), 0.0, 65535.0));
  };
  ContentLight light{whole("max_cll"), whole("max_fall")};
  if (light.max_cll == 0) return std::nullopt;
  return light;
}

std::vector<int64_t> keys_before(const AnalysisResult& analysis, int64_t pts) {
  std::vector<int64_t> keys;
  for (const FrameRecord& frame : analysis.frames.frames) {
    if (frame.pts > pts) break;
    if (frame.key) keys.push_back(frame.pts);
  }
  if (keys.size() > kKeysBefore) keys.erase(keys.begin(), keys.end() - static_cast<ptrdiff_t>(kKeysBefore));
  return keys;
}

std::vector<int64_t> thumbnail_times(const packaging::SegmentGrid& grid, uint32_t timescale, int64_t duration) {
  const int64_t segment = rescale(1, grid.nominal_duration, Rational(1, timescale));
  const Rational length(duration, timescale);
  const int64_t distance = length < Rational(60) ? segment / 4 : length < Rational(3600) ? segment : segment * 3;
  std::vector<int64_t> times;
  for (int64_t time = 0; time < duration; time += std::max<int64_t>(1, distance)) times.push_back(time);
  return times;
}

/// Shots of the programme but the first, their times in ticks of the track.
std::vector<impl::Shot> programme_shots(const Timeline& line, const AnalysisResult& analysis) {
  std::vector<impl::Shot> shots;
  const auto time_of = [&](int64_t pts) {
    const auto frame = std::ranges::lower_bound(line.frames, pts, {}, &FrameRecord::pts);
    return frame == line.frames.end() ? line.end : line.times[static_cast<size_t>(frame - line.frames.begin())];
  };
  for (const impl::Shot& shot : impl::shots_of(analysis)) {
    if (shot.first || shot.pts <= line.frames.front().pts || shot.pts > line.frames.back().pts) continue;
    shots.push_back({.pts = time_of(shot.pts), .end_pts = time_of(shot.end_pts), .cut = shot.cut});
  }
  return shots;
}

struct ChunkShape {
  const VideoFacts& video;
  const AnalysisResult& analysis;
  const Timeline& line;
  int decoder_threads;
  std::vector<size_t> cut_keys;
  std::vector<PeakFrom> peaks;
  std::span<const Bytes> hdr10_plus;  // of the programme, or none
};

void mark_keys(ChunkSpec& chunk, const ChunkShape& shape, const PublishPlan& plan, size_t first, size_t end) {
  const auto mark = [&](size_t frame) {
    if (frame >= first && frame < end) chunk.frames[frame - first].key = true;
  };
  for (const auto& fragment : plan.grid.fragments) mark(static_cast<size_t>(fragment.first_frame));
  for (const size_t frame : shape.cut_keys) mark(frame);
}

ChunkSpec make_chunk(const ChunkShape& shape, const PublishPlan& plan, size_t first_segment, size_t segment_count) {
  const std::span segments = std::span(plan.grid.segments).subspan(first_segment, segment_count);
  const auto first = static_cast<size_t>(segments.front().first_frame);
  const auto end = static_cast<size_t>(segments.back().first_frame + segments.back().frame_count);
  const Timeline& line = shape.line;
  ChunkSpec chunk;
  chunk.index = static_cast<int>(plan.chunks.size());
  chunk.first_segment = static_cast<int>(first_segment);
  chunk.segment_count = static_cast<int>(segment_count);
  chunk.stream_index = plan.stream_index;
  chunk.timescale = plan.timescale;
  chunk.frame_rate = shape.video.frame_rate.num > 0 ? shape.video.frame_rate : Rational(25);
  chunk.rotation = shape.video.rotation;
  const bool swaps = chunk.rotation == 90 || chunk.rotation == 270;
  if (!plan.channel) chunk.sample_aspect = swaps ? shape.video.sample_aspect.inverse() : shape.video.sample_aspect;
  chunk.threads = shape.decoder_threads;
  chunk.source = {shape.video.format, shape.video.width, shape.video.height, shape.video.colour};
  chunk.key_pts = keys_before(shape.analysis, line.frames[first].pts);
  for (const auto& fragment : plan.grid.fragments) {
    chunk.gop_frames = std::max(chunk.gop_frames, static_cast<int>(fragment.frame_count));
  }
  for (size_t i = first; i < end; i++) {
    const FrameRecord& frame = line.frames[i];
    chunk.frames.push_back({frame.pts, frame.damaged ? 0 : frame.fingerprint, line.times[i], false});
  }
  if (!shape.hdr10_plus.empty()) {
    const auto given = shape.hdr10_plus.subspan(first, end - first);
    chunk.hdr10_plus.assign(given.begin(), given.end());
  }
  mark_keys(chunk, shape, plan, first, end);
  const bool last = end == line.frames.size();
  chunk.last = last && !plan.channel;  // else something comes behind it
  chunk.end_time = last ? line.end : line.times[end];
  chunk.end_pts = last ? line.frames.back().pts + 1 : line.frames[end].pts;
  for (const int64_t time : plan.thumbnail_times) {
    if (time >= chunk.frames.front().time && time < chunk.end_time) chunk.thumbnail_times.push_back(time);
  }
  for (const PlannedRung& rung : plan.ladder.rungs) {
    if (rung.rung.kind == RungKind::kAudio) continue;
    chunk.rungs.push_back(rung);
    if (!rung.picture.colour.is_hdr())
      chunk.rungs.back().peaks = impl::peaks_within(shape.peaks, chunk.frames.front().source_pts, chunk.end_pts);
  }
  return chunk;
}

Result<void> cut_chunks(PublishPlan& plan, const VideoFacts& video, const AnalysisResult& analysis,
                        const Timeline& line, const PlanRequest& request) {
  std::span<const Bytes> hdr10_plus;
  if (!request.hdr10_plus.empty()) {
    PIER_TRY(hdr10_plus, impl::payloads_of_programme(request.hdr10_plus, analysis.frames.frames.size(), line.first,
                                                     line.frames.size()));
  }
  const std::vector<impl::Shot> shots = programme_shots(line, analysis);
  const ChunkShape shape{
      video,      analysis,  line, request.decoder_threads, impl::cut_keys(plan.grid, line.times, shots),
      plan.peaks, hdr10_plus};
  std::vector<int64_t> boundaries;
  for (const impl::Shot& shot : shots) boundaries.push_back(shot.pts);
  const std::vector<size_t> starts = impl::chunk_starts(plan.grid, boundaries);
  const Rational tick(1, plan.timescale);
  const Rational before = Rational(line.frames.front().pts - analysis.frames.frames.front().pts) *
                          analysis.frames.time_base;  // of the programme, in the master
  for (size_t i = 0; i < starts.size(); i++) {
    const size_t end = i + 1 < starts.size() ? starts[i + 1] : plan.grid.segments.size();
    plan.chunks.push_back(make_chunk(shape, plan, starts[i], end - starts[i]));
    const ChunkSpec& chunk = plan.chunks.back();
    plan.complexity.push_back(impl::complexity(analysis, plan.stream_index,
                                               before + Rational(chunk.frames.front().time) * tick,
                                               before + Rational(chunk.end_time) * tick));
  }
  plan.cut_keys = static_cast<int64_t>(shape.cut_keys.size());
  return {};
}

/// What the master is when metadata are given beside it.
Result<VideoFacts> described(const media::Facts& facts, const PlanRequest& request) {
  VideoFacts video = facts.video[static_cast<size_t>(facts.main_video)];
  if (request.hdr10_plus.empty()) return video;
  if (video.colour.transfer != Transfer::kPq)
    return fail(ErrorCode::kInvalidArgument,
                "HDR10+ metadata belongs to pictures in PQ, and the master is in " + to_string(video.colour.transfer));
  video.hdr10_plus = true;
  return video;
}

bool is_surround(const SoundGroup& group) {
  return group.layout == "5.1";
}

/// Does this group become a track of this rung? Surround is mixed down only where its language has no stereo.
bool wants(const Rung& rung, const SoundGroup& group, const AudioMap& map) {
  if (rung.channels == 6) return is_surround(group);
  if (!is_surround(group)) return true;
  return std::none_of(map.groups.begin(), map.groups.end(),
                      [&](const SoundGroup& other) { return !is_surround(other) && other.language == group.language; });
}

const analysis::AudioExtent* extent_of(const AnalysisResult& analysis, int stream_index) {
  for (const auto& extent : analysis.audio) {
    if (extent.stream_index == stream_index) return &extent;
  }
  return nullptr;
}

uint64_t encoder_mask(const Rung& rung, const SoundGroup& group) {
  if (rung.channels == 6) return 0x3f;
  return group.layout == "mono" ? 0x4 : 0x3;
}

Result<std::optional<SoundSpec>> plan_sound(const PublishPlan& plan, const Rung& rung, const SoundGroup& group,
                                            const AnalysisResult& analysis, Rational start, Rational longest) {
  if (plan.channel && group.layout == "mono")
    return fail(ErrorCode::kInputUnsupported,
                "the sound is mono, a channel's is not; give two channels by --audio-map");
  SoundSpec spec;
  spec.group = group;
  spec.programme_start = start;
  int64_t end = 0;
  for (const SourceChannel& channel : group.channels) {
    const analysis::AudioExtent* extent = extent_of(analysis, channel.stream_index);
    if (extent == nullptr || extent->sample_rate <= 0) {
      return fail(ErrorCode::kInvalidArgument, "the audio map names sound track " +
                                                   std::to_string(channel.stream_index) + ", which was not decoded");
    }
    spec.source_rate = extent->sample_rate;
    end = std::max(end, extent->first_pts + extent->samples);
  }
  if (plan.channel && spec.source_rate != kChannelSampleRate)
    return fail(ErrorCode::kInputUnsupported, "the sound has " + std::to_string(spec.source_rate) +
                                                  " samples a second, a channel's has 48000; make it so by pier edit");
  const bool rate_kept = spec.source_rate == 32000 || spec.source_rate == 44100 || spec.source_rate == 48000;
  spec.encoder = {rung.codec, rate_kept ? spec.source_rate : 48000, encoder_mask(rung, group), rung.bitrate};
  const Rational source_tick(1, spec.source_rate);
  int64_t samples = end - rescale(1, start, source_tick);
  samples = std::min(samples, rescale(1, longest, source_tick));
  spec.programme_samples = rescale(samples, source_tick, Rational(1, spec.encoder.sample_rate));
  if (spec.programme_samples <= 0) return std::optional<SoundSpec>();
  return std::optional(spec);
}

/// Why the sound of a stream cannot be kept as it is; nothing where it can, as far as is known before it is read.
std::string hindrance(const media::AudioFacts& sound, const analysis::AudioExtent* extent, Rational start) {
  using media::Codec;
  if (sound.codec != Codec::kAac && sound.codec != Codec::kAc3 && sound.codec != Codec::kEac3)
    return sound.codec_name + " is not AAC-LC, AC-3 or E-AC-3";
  if (sound.codec == Codec::kAac && sound.profile != "LC") return "its AAC is not of profile LC";
  if (extent == nullptr || extent->sample_rate <= 0 || extent->samples <= 0) return "it was not decoded";
  if (extent->gap_samples > 0) return "it has gaps";
  if (extent->first_pts > rescale(1, start, Rational(1, extent->sample_rate)))
    return "it begins after the first picture";
  return {};
}

SoundSpec kept_spec(const media::AudioFacts& sound, const analysis::AudioExtent& extent, Rational start,
                    Rational longest) {
  SoundSpec spec;
  spec.kept = true;
  spec.group.layout = sound.channels == 1 ? "mono" : sound.channels == 2 ? "stereo" : sound.layout;
  spec.group.language = sound.language;
  for (int channel = 0; channel < sound.channels; ++channel)
    spec.group.channels.push_back({sound.stream_index, channel});
  spec.source_rate = extent.sample_rate;
  spec.programme_start = start;
  const uint64_t mask = sound.channel_mask != 0 ? sound.channel_mask : (uint64_t{1} << sound.channels) - 1;
  spec.encoder = {sound.codec, extent.sample_rate, mask, sound.bitrate};
  const Rational tick(1, extent.sample_rate);
  spec.programme_samples =
      std::min(extent.first_pts + extent.samples - rescale(1, start, tick), rescale(1, longest, tick));
  return spec;
}

/// Every sound of the programme that can be published as it is.
void plan_kept_sounds(PublishPlan& plan, const PlannedRung& rung, const media::Facts& facts,
                      const AnalysisResult& analysis, Rational start, Rational longest) {
  const int programme = facts.video[static_cast<size_t>(facts.main_video)].programme;
  for (const media::AudioFacts& sound : facts.audio) {
    if (programme != 0 && sound.programme != 0 && sound.programme != programme) continue;
    const analysis::AudioExtent* extent = extent_of(analysis, sound.stream_index);
    std::string why = hindrance(sound, extent, start);
    if (why.empty()) {
      PlannedSound planned{rung.rung, 0, kept_spec(sound, *extent, start, longest)};
      planned.rung.codec = sound.codec;
      if (planned.spec.programme_samples > 0) {
        plan.sounds.push_back(std::move(planned));
        continue;
      }
      why = "it ends before the programme starts";
    }
    plan.ladder.left_out.push_back(
        {rung.rung.name, "sound track " + std::to_string(sound.stream_index) + " cannot be kept as it is: " + why});
  }
}

Result<void> plan_sounds(PublishPlan& plan, const media::Facts& facts, const AnalysisResult& analysis, Rational start,
                         Rational longest) {
  for (const PlannedRung& rung : plan.ladder.rungs) {
    if (rung.rung.kind != RungKind::kAudio) continue;
    if (rung.rung.kept) {
      plan_kept_sounds(plan, rung, facts, analysis, start, longest);
      continue;
    }
    for (const SoundGroup& group : plan.audio_map.groups) {
      if (!wants(rung.rung, group, plan.audio_map)) continue;
      PIER_TRY(const std::optional<SoundSpec> spec, plan_sound(plan, rung.rung, group, analysis, start, longest));
      if (spec)
        plan.sounds.push_back({rung.rung, 0, *spec});
      else
        plan.warnings.push_back("a sound track ends before the programme starts and is left out");
    }
  }
  return {};
}

void number_tracks(PublishPlan& plan) {
  uint32_t next = 1;
  for (PlannedRung& rung : plan.ladder.rungs) {
    if (rung.rung.kind != RungKind::kAudio) rung.track_id = next++;
  }
  for (PlannedSound& sound : plan.sounds) sound.track_id = next++;
}

/// `given`: metadata beside the master.
void note_warnings(PublishPlan& plan, const VideoFacts& video, const AnalysisResult& analysis, bool given) {
  if (plan.variable_rate) plan.warnings.push_back("the frame rate varies; every picture keeps its time");
  if (video.interlaced)
    plan.warnings.push_back(
        "the source is interlaced; fields are not separated; pier convert makes a progressive master of it");
  if (analysis.damaged_frames > 0) {
    plan.warnings.push_back(std::to_string(analysis.damaged_frames) +
                            " pictures of the master are damaged and published as decoded");
  }
  if (analysis.damaged_packets > 0 && analysis.damaged_frames == 0) {
    plan.warnings.push_back(std::to_string(analysis.damaged_packets) +
                            " coded units of the master are damaged; pictures that do not decode at all are missing");
  }
  plan.warnings.insert(plan.warnings.end(), plan.ladder.warnings.begin(), plan.ladder.warnings.end());
  const auto carries = [](const PlannedRung& rung) {
    return std::ranges::find(rung.dynamic, media::DynamicHdr::kHdr10Plus) != rung.dynamic.end();
  };
  if (given && std::ranges::none_of(plan.ladder.rungs, carries))
    plan.warnings.emplace_back("no rung can carry the HDR10+ metadata that was given; it is not used");
  if (plan.audio_map.proposed)
    plan.warnings.push_back("sound: " + plan.audio_map.reason + "; give --audio-map to decide");
}

}  // namespace

Result<PublishPlan> plan_publication(const media::Facts& facts, const AnalysisResult& analysis,
                                     const PlanRequest& request) {
  if (facts.main_video < 0) return fail(ErrorCode::kInputUnsupported, "there is no picture track to publish");
  PIER_TRY(const VideoFacts video, described(facts, request));
  PublishPlan plan;
  plan.stream_index = video.stream_index;
  plan.dolby_vision = video.dolby_vision;
  plan.audio_map = request.audio_map ? *request.audio_map : understand_sound(facts);
  const auto& groups = plan.audio_map.groups;
  const bool surround = std::any_of(groups.begin(), groups.end(), is_surround);
  PIER_TRY(plan.ladder,
           fit_ladder(request.ladder, video, !groups.empty(), surround, measured_light(analysis), request.only_rungs));
  PIER_TRY(const Timeline line, make_timeline(video, analysis, request));
  plan.timescale = line.timescale;
  plan.duration = line.end;
  plan.frames = static_cast<int64_t>(line.frames.size());
  plan.channel = request.ladder.channel.has_value();
  if (plan.channel && line.variable)
    return fail(ErrorCode::kInputUnsupported, "pictures of the master are missing or its rate varies, and ladder " +
                                                  request.ladder.name + " is of a channel; mend it by pier edit");
  plan.variable_rate = line.variable;
  const packaging::GridOptions options{line.variable ? Rational(0) : video.frame_rate, line.variable};
  PIER_TRY(plan.grid, packaging::plan_grid(line.times, Rational(1, line.timescale), options));
  if (request.ladder.scene_peaks && video.colour.transfer == Transfer::kPq) {
    plan.peaks = impl::scene_peaks(impl::scenes(analysis), source_peak_nits(video, measured_light(analysis)),
                                   analysis.frames.time_base);
    if (plan.peaks.empty())
      plan.warnings.push_back("the light of the scenes is not known; SDR makes room for that of the programme");
  }
  plan.thumbnail_times = thumbnail_times(plan.grid, plan.timescale, plan.duration);
  const Rational start = Rational(line.frames.front().pts) * analysis.frames.time_base;
  // Sound may outlast the picture a little; what goes on for longer is another programme or a wrong clock.
  const Rational longest = Rational(plan.duration, plan.timescale) + Rational(request.out ? 0 : kMostSoundAfterPicture);
  PIER_CHECK(plan_sounds(plan, facts, analysis, start, longest));
  number_tracks(plan);
  PIER_CHECK(cut_chunks(plan, video, analysis, line, request));
  note_warnings(plan, video, analysis, !request.hdr10_plus.empty());
  return plan;
}

}  // namespace pier::transcode
