#include <algorithm>
#include <map>

#include <pier/analysis/parts.hpp>
#include <pier/core/clock.hpp>
#include <pier/media/decode.hpp>
#include <pier/media/demux.hpp>

#include "lost_pictures.hpp"
#include "package_findings.hpp"
#include "pass.hpp"
#include "selection.hpp"
#include "sequence.hpp"

namespace pier::analysis {

namespace {

using impl::Selection;

constexpr int64_t kProgressUs = 200'000;
constexpr int kReceiveLimit = 4096;  // frames out of one packet; more is a decoder gone astray

PassOptions pass_options(const Selection& selection, const AnalysisOptions& options) {
  PassOptions pass = selection.pass;
  pass.in_pts = options.in_pts;
  pass.out_pts = options.out_pts;
  pass.threads = std::max(1, options.threads);
  pass.fingerprints = options.fingerprints;
  pass.costs = options.on_costs != nullptr;
  return pass;
}

Result<void> check_range(const AnalysisOptions& options) {
  if (options.in_pts && options.out_pts && *options.in_pts >= *options.out_pts) {
    return fail(ErrorCode::kInvalidArgument, "the programme range is empty: its out point is not after its in point");
  }
  return {};
}

/// One linear read of the source.
class Reader {
 public:
  Reader(const media::Source& source, const media::Facts& facts, const AnalysisOptions& options,
         PassRole role = PassRole::kAll)
      : x_source(source), x_facts(facts), x_options(options), x_role(role) {}

  Result<AnalysisPart> run_rest() {
    PIER_CHECK(open());
    PIER_CHECK(read_all());
    PIER_CHECK(drain());
    PIER_TRY(AnalysisPart part, x_pass->save());
    if (x_options.packets) part.packets = x_packets.finish();
    json::array warnings;
    for (const std::string& warning : x_warnings) warnings.push_back(json::value(warning));
    part.state["warnings"] = std::move(warnings);
    part.state["package"] = x_source.package;  // its lists are checked where it is analysed in one piece
    return part;
  }

  Result<AnalysisResult> run() {
    PIER_CHECK(open());
    PIER_CHECK(read_all());
    PIER_CHECK(drain());
    if (x_video && x_pass->frames() == 0) {
      return fail(ErrorCode::kInputDamaged, "not one picture of stream " + std::to_string(*x_selection.video) +
                                                " could be decoded; the file is damaged or cut off");
    }
    x_pass->set_lost(x_lost.pictures());
    PIER_TRY(AnalysisResult result, x_pass->finish());
    if (x_options.on_costs) x_options.on_costs(x_pass->costs());
    if (x_options.packets) result.packets = x_packets.finish();
    result.damaged_packets = x_refused + (x_video ? x_video->damaged_packets() : 0);
    if (result.damaged_packets > 0) {
      x_warnings.push_back(std::to_string(result.damaged_packets) + " access units could not be decoded cleanly");
    }
    result.warnings = std::move(x_warnings);
    return result;
  }

 private:
  Result<void> open() {
    PIER_CHECK(check_range(x_options));
    PIER_TRY(auto demuxer, media::Demuxer::open(x_source));
    x_demuxer.emplace(std::move(demuxer));
    PIER_TRY(x_selection, impl::select_streams(*x_demuxer, x_facts, x_options));
    std::vector<int> streams = x_selection.audio;
    if (x_selection.video) {
      streams.push_back(*x_selection.video);
    }
    if (x_selection.video && x_role == PassRole::kAll) {
      PIER_TRY(auto decoder, media::VideoDecoder::open(*x_demuxer, *x_selection.video, std::max(1, x_options.threads)));
      x_video.emplace(std::move(decoder));
    }
    x_lost = impl::LostPictures(x_selection.hevc());
    for (const int index : x_selection.audio) {
      PIER_TRY(auto decoder, media::AudioDecoder::open(*x_demuxer, index));
      x_audio.emplace(index, std::move(decoder));
    }
    if (streams.empty())
      return fail(ErrorCode::kInputUnsupported, "there is neither picture nor sound here that can be decoded");
    x_demuxer->select(streams);
    for (const media::StreamInfo& stream : x_demuxer->streams()) {
      if (x_options.packets && std::ranges::find(streams, stream.index) != streams.end()) x_packets.begin(stream);
    }
    PassOptions pass = pass_options(x_selection, x_options);
    pass.role = x_role;
    x_pass.emplace(std::move(pass));
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
      if (x_options.packets) x_packets.add(**packet);
      decode(**packet);
      PIER_CHECK(progress(**packet));
    }
  }

  void decode(const media::Packet& packet) {
    if (x_selection.video == packet.stream_index) {
      if (!x_video) return;
      x_lost.sent(packet.pts, packet.duration, packet.key);
      if (!x_video->send(packet)) ++x_refused;
      note_complaints();
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
      if (!frame) ++x_refused;
      note_complaints();
      if (!frame || !*frame) return;
      if (x_lost.came_out((*frame)->pts, (*frame)->duration)) x_pass->suspect();
      x_pass->add_frame(std::move(**frame));
    }
  }

  /// Errors come in the order of the pictures, so that between which frames one falls does not depend on threads.
  void note_complaints() {
    const int64_t complaints = x_refused + x_video->damaged_packets();
    if (complaints == x_complaints) return;
    x_complaints = complaints;
    x_lost.complaint();
    x_pass->suspect();
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
      note_complaints();
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
    const uint64_t total = x_source.files.empty() ? 0 : x_source.files[x_source.primary].state.size;
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
  PassRole x_role;
  Selection x_selection;
  std::optional<media::Demuxer> x_demuxer;
  std::optional<media::VideoDecoder> x_video;
  std::map<int, media::AudioDecoder> x_audio;
  std::optional<Pass> x_pass;
  std::vector<std::string> x_warnings;
  impl::LostPictures x_lost;
  PacketTableBuilder x_packets;
  int64_t x_refused = 0, x_refused_sound = 0, x_complaints = 0;
  int64_t x_last_progress = 0;
  double x_share = 0;
};

/// What a pass over pictures of the source is told of it, opened and closed again.
Result<Selection> selection_of(const media::Source& source, const media::Facts& facts, const AnalysisOptions& options) {
  PIER_CHECK(check_range(options));
  PIER_TRY(const auto demuxer, media::Demuxer::open(source));
  PIER_TRY(Selection selection, impl::select_streams(demuxer, facts, options));
  if (!selection.video) return fail(ErrorCode::kInvalidArgument, "there are no pictures here to analyse in parts");
  return selection;
}

/// Headers first, then the pictures. A sequence whose pictures nothing decodes still has its gaps.
Result<AnalysisResult> analyse_sequence(const media::Source& source, const media::Facts& facts,
                                        const AnalysisOptions& options) {
  const auto on_header = [&](double) { return !options.on_progress || options.on_progress(0, 0); };
  PIER_TRY(const media::SequenceReport report, media::scan_sequence(source, on_header));
  const bool decodable = !facts.video.empty() && facts.video.front().decodable;
  if (!decodable) return sequence_result(report, facts);  // why: the facts say it
  Result<AnalysisResult> decoded = Reader(source, facts, options).run();
  if (decoded) {
    add_sequence(report, facts, *decoded);
    return decoded;
  }
  const ErrorCode code = decoded.error().code;
  if (code != ErrorCode::kInputDamaged && code != ErrorCode::kInputUnsupported) return decoded;
  AnalysisResult result = sequence_result(report, facts);
  result.warnings.push_back(decoded.error().message);
  return result;
}

}  // namespace

Result<AnalysisResult> analyse(const media::Source& source, const media::Facts& facts, const AnalysisOptions& options) {
  if (source.sequence) return analyse_sequence(source, facts, options);
  if (!source.package) {
    PIER_TRY(AnalysisResult result, Reader(source, facts, options).run());
    impl::add_no_package(result);
    return result;
  }
  // Hashing comes first: it takes this share of the whole.
  constexpr double kHashShare = 0.2;
  const double begin = options.package_hashes ? kHashShare : 0;
  media::PackageOptions package{.hashes = options.package_hashes};
  AnalysisOptions rest = options;
  if (options.on_progress) {
    package.on_progress = [&](double share) { return options.on_progress(kHashShare * share, 0); };
    rest.on_progress = [&](double share, int64_t frames) {
      return options.on_progress(begin + (1 - begin) * share, frames);
    };
  }
  PIER_TRY(const media::PackageReport report, media::check_package(source, package));
  PIER_TRY(AnalysisResult result, Reader(source, facts, rest).run());
  impl::add_package(report, result);
  return result;
}

Result<AnalysisPart> analyse_rest(const media::Source& source, const media::Facts& facts,
                                  const AnalysisOptions& options) {
  return Reader(source, facts, options, PassRole::kRest).run_rest();
}

Result<AnalysisPart> analyse_part(const media::Source& source, const media::Facts& facts,
                                  const AnalysisOptions& options, const PartRange& range) {
  PIER_TRY(const Selection selection, selection_of(source, facts, options));
  const int64_t first = range.first_pts.value_or(INT64_MIN);
  PassOptions pass_of_part = pass_options(selection, options);
  pass_of_part.role = PassRole::kPictures;
  pass_of_part.first_frame = range.first_frame;
  Pass pass(std::move(pass_of_part));
  PIER_TRY(auto frames, media::FrameRange::open(source, *selection.video, range.previous_pts.value_or(first),
                                                range.end_pts.value_or(INT64_MAX), {}, std::max(1, options.threads)));
  int64_t last_progress = Clock::system().steady_us();
  for (;;) {
    PIER_TRY(auto frame, frames.next());
    if (!frame) break;
    if (frame->pts < first) {
      pass.add_frame_before(std::move(*frame));
      continue;
    }
    pass.add_frame(std::move(*frame));
    if (!options.on_progress || Clock::system().steady_us() - last_progress < kProgressUs) continue;
    last_progress = Clock::system().steady_us();
    const double share = range.frames ? static_cast<double>(pass.frames()) / static_cast<double>(*range.frames) : 0;
    if (!options.on_progress(std::min(share, 1.0), pass.frames()))
      return fail(ErrorCode::kCancelled, "the analysis was cancelled");
  }
  if (pass.frames() == 0) {
    return fail(ErrorCode::kInputDamaged,
                "not one picture of the part from frame " + std::to_string(range.first_frame) + " on could be decoded");
  }
  if (range.frames && pass.frames() != *range.frames) {
    return fail(ErrorCode::kInputDamaged, "the part from frame " + std::to_string(range.first_frame) + " on has " +
                                              std::to_string(pass.frames()) + " pictures, its packets say " +
                                              std::to_string(*range.frames) + "; analyse the source in one piece");
  }
  return pass.save();
}

}  // namespace pier::analysis
