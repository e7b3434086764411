#include "selection.hpp"

namespace pier::analysis::impl {

namespace {

const media::StreamInfo* stream_of(const media::Demuxer& demuxer, int index, media::StreamKind kind) {
  for (const media::StreamInfo& stream : demuxer.streams()) {
    if (stream.index == index && stream.kind == kind) return &stream;
  }
  return nullptr;
}

Result<void> select_video(const media::Demuxer& demuxer, const media::Facts& facts, const AnalysisOptions& options,
                          Selection& selection) {
  std::optional<int> index = options.video_stream;
  const bool has_main = facts.main_video >= 0 && facts.main_video < static_cast<int>(facts.video.size());
  if (!index && has_main) index = facts.video[static_cast<size_t>(facts.main_video)].stream_index;
  if (!index) return {};
  const media::StreamInfo* stream = stream_of(demuxer, *index, media::StreamKind::kVideo);
  if (stream == nullptr)
    return fail(ErrorCode::kInvalidArgument, "stream " + std::to_string(*index) + " is no video stream of this source");
  VideoContext video{.stream_index = *index, .time_base = stream->time_base, .frame_rate = stream->frame_rate};
  video.codec = stream->codec;
  video.configuration = stream->configuration;
  if (video.time_base.num <= 0)
    return fail(ErrorCode::kInputDamaged, "video stream " + std::to_string(*index) + " has no time base");
  for (const media::VideoFacts& known : facts.video) {
    if (known.stream_index != *index) continue;
    if (!known.decodable) {
      return fail(ErrorCode::kInputUnsupported, "nothing here decodes the " + known.codec_name +
                                                    " pictures of stream " + std::to_string(*index) +
                                                    "; the verdict can rest on its headers only");
    }
    if (known.frame_rate.num > 0) video.frame_rate = known.frame_rate;
    selection.pass.colour = known.colour;
    video.mastering_display = known.mastering_display;
    video.content_light = known.content_light;
    video.timecode = known.timecode.empty() ? facts.timecode : known.timecode;
    video.edits = known.edits;
  }
  selection.video = index;
  selection.pass.context.video = video;
  return {};
}

Result<void> select_audio(const media::Demuxer& demuxer, const media::Facts& facts, const AnalysisOptions& options,
                          Selection& selection) {
  std::vector<int> wanted;
  if (options.audio_streams) {
    wanted = *options.audio_streams;
  } else {
    for (const media::AudioFacts& audio : facts.audio) {
      if (audio.decodable) wanted.push_back(audio.stream_index);
    }
  }
  for (const int index : wanted) {
    const media::StreamInfo* stream = stream_of(demuxer, index, media::StreamKind::kAudio);
    if (stream == nullptr)
      return fail(ErrorCode::kInvalidArgument,
                  "stream " + std::to_string(index) + " is no sound stream of this source");
    AudioContext audio{index, stream->sample_rate, stream->channels, stream->channel_mask, stream->time_base};
    for (const media::AudioFacts& known : facts.audio) {
      if (known.stream_index != index) continue;
      if (known.sample_rate > 0) audio.sample_rate = known.sample_rate;
      if (known.channels > 0) audio.channels = known.channels;
      if (known.channel_mask != 0) audio.channel_mask = known.channel_mask;
      audio.edits = known.edits;
    }
    selection.audio.push_back(index);
    selection.pass.context.audio.push_back(audio);
  }
  return {};
}

}  // namespace

Result<Selection> select_streams(const media::Demuxer& demuxer, const media::Facts& facts,
                                 const AnalysisOptions& options) {
  Selection selection;
  PIER_CHECK(select_video(demuxer, facts, options, selection));
  PIER_CHECK(select_audio(demuxer, facts, options, selection));
  return selection;
}

}  // namespace pier::analysis::impl
