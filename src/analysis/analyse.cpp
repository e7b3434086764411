#include <algorithm>
#include <map>

#include <pier/analysis/analyse.hpp>
#include <pier/core/clock.hpp>
#include <pier/media/decode.hpp>
#include <pier/media/demux.hpp>

#include "pass.hpp"

namespace pier::analysis {

namespace {

constexpr int64_t kProgressUs = 200'000;
constexpr int kReceiveLimit = 4096;  // frames out of one packet; more is a decoder gone astray

const media::StreamInfo* stream_of(const media::Demuxer& demuxer, int index, media::StreamKind kind) {
  for (const media::StreamInfo& stream : demuxer.streams()) {
    if (stream.index == index && stream.kind == kind) return &stream;
  }
  return nullptr;
}

/// Streams that are read, with what headers and facts say about them.
struct Selection {
  std::optional<int> video;
  std::vector<int> audio;
  PassOptions pass;
};

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
    AudioContext audio{index, stream->sample_rate, stream->channels, stream->channel_mask};
    for (const media::AudioFacts& known : facts.audio) {
      if (known.stream_index != index) continue;
      if (known.sample_rate > 0) audio.sample_rate = known.sample_rate;
      if (known.channels > 0) audio.channels = known.channels;
      if (known.channel_mask != 0) audio.channel_mask = known.channel_mask;
    }
    selection.audio.push_back(index);
    selection.pass.context.audio.push_back(audio);
  }
  return {};
}

/// One linear read of the source.
class Reader {
 public:
  Reader(const media::Source& source, const media::Facts& facts, const AnalysisOptions& options)
      : x_source(source), x_facts(facts), x_options(options) {}

  Result<AnalysisResult> run() {
    PIER_CHECK(open());
    PIER_CHECK(read_all());
    PIER_CHECK(drain());
    if (x_selection.video && x_pass->frames() == 0) {
      return fail(ErrorCode::kInputDamaged, "not one picture of stream " + std::to_string(*x_selection.video) +
                                                " could be decoded; the file is damaged or cut off");
    }
    PIER_TRY(AnalysisResult result, x_pass->finish());
    if (x_options.on_costs) x_options.on_costs(x_pass->costs());
    result.damaged_packets = x_refused + (x_video ? x_video->damaged_packets() : 0);
    if (result.damaged_packets > 0) {
      x_warnings.push_back(std::to_string(result.damaged_packets) + " access units could not be decoded cleanly");
    }
    result.warnings = std::move(x_warnings);
    return result;
  }

 private:
  Result<void> open() {
    if (x_options.in_pts && x_options.out_pts && *x_options.in_pts >= *x_options.out_pts) {
      return fail(ErrorCode::kInvalidArgument, "the programme range is empty: its out point is not after its in point");
    }
    PIER_TRY(auto demuxer, media::Demuxer::open(x_source));
    x_demuxer.emplace(std::move(demuxer));
    PIER_CHECK(select_video(*x_demuxer, x_facts, x_options, x_selection));
    PIER_CHECK(select_audio(*x_demuxer, x_facts, x_options, x_selection));
    std::vector<int> streams = x_selection.audio;
    if (x_selection.video) {
      streams.push_back(*x_selection.video);
      PIER_TRY(auto decoder, media::VideoDecoder::open(*x_demuxer, *x_selection.video, std::max(1, x_options.threads)));
      x_video.emplace(std::move(decoder));
    }
    for (const int index : x_selection.audio) {
      PIER_TRY(auto decoder, media::AudioDecoder::open(*x_demuxer, index));
      x_audio.emplace(index, std::move(decoder));
    }
    if (streams.empty())
      return fail(ErrorCode::kInputUnsupported, "there is neither picture nor sound here that can be decoded");
    x_demuxer->select(streams);
    x_selection.pass.in_pts = x_options.in_pts;
    x_selection.pass.out_pts = x_options.out_pts;
    x_selection.pass.threads = std::max(1, x_options.threads);
    x_selection.pass.costs = x_options.on_costs != nullptr;
    x_pass.emplace(x_selection.pass);
    return {};
  }

  Result<void> read_all() {
    for (;;) {
      auto packet = x_demuxer->read();
      if (!packet) {
        if (packet.error().code == ErrorCode::kCancelled) return Failure(std::move(packet).error());
        x_warnings.push_back("reading stopped early: " + packet.error().message);
        return {};
      }
      if (!*packet) return {};
      x_pass->add_packet(**packet);
      decode(**packet);
      PIER_CHECK(progress(**packet));
    }
  }

  void decode(const media::Packet& packet) {
    if (x_selection.video == packet.stream_index) {
      if (!x_video->send(packet)) ++x_refused;
      receive_pictures();
      return;
    }
    const auto found = x_audio.find(packet.stream_index);
    if (found == x_audio.end()) return;
    if (!found->second.send(packet)) ++x_refused_sound;
    receive_sound(found->first, found->second);
  }

  void receive_pictures() {
    for (int i = 0; i < kReceiveLimit; ++i) {
      auto frame = x_video->receive();
      if (!frame) {
        ++x_refused;
        return;
      }
      if (!*frame) return;
      x_pass->add_frame(std::move(**frame));
    }
  }

  void receive_sound(int stream, media::AudioDecoder& decoder) {
    for (int i = 0; i < kReceiveLimit; ++i) {
      auto block = decoder.receive();
      if (!block) {
        ++x_refused_sound;
        return;
      }
      if (!*block) return;
      x_pass->add_audio(stream, std::move(**block));
    }
  }

  Result<void> drain() {
    if (x_video) {
      if (!x_video->send_end()) ++x_refused;
      // A decoder may hold back more frames than one packet may give.
      int64_t before = -1;
      while (before != x_pass->frames()) {
        before = x_pass->frames();
        receive_pictures();
      }
    }
    for (auto& [stream, decoder] : x_audio) {
      if (!decoder.send_end()) ++x_refused_sound;
      receive_sound(stream, decoder);
    }
    if (x_refused_sound > 0)
      x_warnings.push_back(std::to_string(x_refused_sound) + " sound frames could not be decoded");
    if (x_options.on_progress && !x_options.on_progress(1.0, x_pass->frames())) return cancelled();
    return {};
  }

  static Failure cancelled() { return fail(ErrorCode::kCancelled, "the analysis was cancelled"); }

  Result<void> progress(const media::Packet& packet) {
    if (!x_options.on_progress) return {};
    const int64_t now = Clock::system().steady_us();
    if (now - x_last_progress < kProgressUs) return {};
    x_last_progress = now;
    const uint64_t total = x_source.files[x_source.primary].state.size;
    double share = 0;
    if (x_facts.duration.num > 0 && packet.pts != INT64_MIN && x_selection.video == packet.stream_index) {
      const Rational time = Rational(packet.pts) * x_selection.pass.context.video->time_base;
      share = time.value() / x_facts.duration.value();
    } else if (!x_source.package && packet.position >= 0 && total > 0) {
      share = static_cast<double>(packet.position) / static_cast<double>(total);
    }
    x_share = std::clamp(std::max(x_share, share), 0.0, 0.999);
    if (!x_options.on_progress(x_share, x_pass->frames())) return cancelled();
    return {};
  }

  const media::Source& x_source;
  const media::Facts& x_facts;
  const AnalysisOptions& x_options;
  Selection x_selection;
  std::optional<media::Demuxer> x_demuxer;
  std::optional<media::VideoDecoder> x_video;
  std::map<int, media::AudioDecoder> x_audio;
  std::optional<Pass> x_pass;
  std::vector<std::string> x_warnings;
  int64_t x_refused = 0, x_refused_sound = 0;
  int64_t x_last_progress = 0;
  double x_share = 0;
};

}  // namespace

Result<AnalysisResult> analyse(const media::Source& source, const media::Facts& facts, const AnalysisOptions& options) {
  return Reader(source, facts, options).run();
}

}  // namespace pier::analysis
