#include <algorithm>
#include <map>
#include <utility>

#include <unistd.h>

#include <pier/analysis/feed.hpp>
#include <pier/media/decode.hpp>
#include <pier/media/demux.hpp>

#include "feed_periods.hpp"
#include "package_findings.hpp"
#include "selection.hpp"

namespace pier::analysis {

namespace {

using media::FeedReader;
using media::FeedTrouble;

constexpr size_t kMostFirstBytes = 64U << 20U;
constexpr int kReceiveLimit = 4096;   // frames out of one packet; more is a decoder gone astray
constexpr size_t kMostEarly = 1'000;  // packets of a kind before the first key frame; then decoding begins anyway
constexpr int64_t kLeastProbe = 1 << 20;

/// Whether all that headers can say has been said.
bool complete(const media::Facts& facts) {
  const auto known = [](const media::AudioFacts& audio) { return audio.sample_rate > 0 && audio.channels > 0; };
  return facts.main_video >= 0 && facts.video[static_cast<size_t>(facts.main_video)].width > 0 &&
         std::ranges::all_of(facts.audio, known);
}

bool usable(const media::Facts& facts) {
  const auto decodable = [](const auto& stream) { return stream.decodable; };
  return std::ranges::any_of(facts.video, decodable) || std::ranges::any_of(facts.audio, decodable);
}

int programme_of(const media::Facts& facts) {
  if (facts.main_video >= 0) return facts.video[static_cast<size_t>(facts.main_video)].programme;
  return facts.audio.empty() ? 0 : facts.audio.front().programme;
}

/// Each programme of a multiplex has a clock of its own: one is analysed, that of the main pictures.
std::vector<int> sound_of_programme(const media::Facts& facts) {
  std::vector<int> streams;
  for (const media::AudioFacts& audio : facts.audio) {
    if (audio.decodable && audio.programme == programme_of(facts)) streams.push_back(audio.stream_index);
  }
  return streams;
}

std::string reason_of(FeedReader::End end) {
  if (end == FeedReader::End::kStopped) return "stopped";
  return end == FeedReader::End::kSession ? "tables" : "end";
}

/// What is read of the feed is counted and digested, by period.
struct Taken {
  int64_t bytes = 0;
  Sha256Stream digest;

  void add(ByteView read) {
    bytes += static_cast<int64_t>(read.size());
    digest.update(read);
  }
};

/// Facts of the session as those of one period.
media::Facts facts_of(media::Facts facts, const impl::PeriodEnd& period, int64_t bytes) {
  facts.bytes = static_cast<uint64_t>(bytes);
  facts.duration = period.time.end - period.time.start;
  const auto& frames = period.result.frames.frames;
  for (media::VideoFacts& video : facts.video) {
    if (video.stream_index != period.result.video_stream || frames.empty()) continue;
    video.frames = static_cast<int64_t>(frames.size());
    video.start_pts = frames.front().pts;
    video.duration = facts.duration;
  }
  for (media::AudioFacts& audio : facts.audio) audio.duration = facts.duration;
  return facts;
}

/// From one table of the programme to the next: demuxer, decoders and periods.
class Session {
 public:
  struct Shared {
    FeedReader& reader;
    const FeedOptions& options;
    media::FeedClock& clock;
    impl::FindingTracker& tracker;
    Taken& taken;
    bool first = true;
  };
  Session(Shared shared, media::Facts facts, size_t probed, bool whole, int64_t first_period)
      : x_shared(shared),
        x_facts(std::move(facts)),
        x_whole(whole),
        x_probed(static_cast<int64_t>(probed)),
        x_next_number(first_period) {
    x_name.path = shared.options.name;
    x_read = [this](std::span<std::byte> out) {
      const size_t count = x_shared.reader.read(out);
      x_shared.taken.add(out.first(count));
      return count;
    };
  }

  Result<void> open() {
    PIER_TRY(auto demuxer, media::Demuxer::open_feed(x_name, x_read, std::max(x_probed, kLeastProbe), x_shared.clock));
    x_demuxer.emplace(std::move(demuxer));
    AnalysisOptions analysis;
    analysis.threads = std::max(1, x_shared.options.threads);
    analysis.audio_streams = sound_of_programme(x_facts);
    PIER_TRY(x_selection, impl::select_streams(*x_demuxer, x_facts, analysis));
    std::vector<int> streams = x_selection.audio;
    if (x_selection.video) {
      streams.push_back(*x_selection.video);
      PIER_TRY(auto decoder, media::VideoDecoder::open(*x_demuxer, *x_selection.video, analysis.threads));
      x_video.emplace(std::move(decoder));
    }
    for (const int index : x_selection.audio) {
      PIER_TRY(auto decoder, media::AudioDecoder::open(*x_demuxer, index));
      x_audio.emplace(index, std::move(decoder));
    }
    if (streams.empty())
      return fail(ErrorCode::kInputUnsupported,
                  "there is neither picture nor sound in " + display_text(x_name.path) + " that can be decoded");
    x_demuxer->select(streams);
    PassOptions pass = x_selection.pass;
    pass.threads = analysis.threads;
    pass.fingerprints = false;
    const impl::PeriodRules rules{x_shared.options.period, x_shared.options.peek, x_selection.hevc()};
    x_periods.emplace(std::move(pass), rules, x_shared.tracker, x_next_number, *x_shared.options.clock,
                      [this](impl::PeriodEnd period) { return close(std::move(period)); });
    return {};
  }

  Result<void> run() {
    for (;;) {
      auto packet = x_demuxer->read();
      if (!packet) x_warnings.push_back("reading stopped early: " + packet.error().message);
      if (!packet || !*packet) break;
      tell_jump();
      PIER_CHECK(take(std::move(**packet)));
    }
    PIER_CHECK(drain());
    const std::string reason = reason_of(x_shared.reader.end());
    if (x_video && x_periods->frames() == 0 && x_shared.first) {
      return fail(ErrorCode::kInputDamaged, "not one picture of " + display_text(x_name.path) +
                                                " could be decoded; the feed is damaged, or ended too early");
    }
    PIER_CHECK(x_periods->finish(reason, reason == "tables"));
    x_next_number = x_periods->next_number();
    return {};
  }

  const media::Facts& facts() const { return x_facts; }
  int64_t next_number() const { return x_next_number; }
  const impl::FeedPeriods& periods() const { return *x_periods; }

 private:
  void tell_jump() {
    const auto jump = x_shared.clock.take_jump();
    if (!jump) return;
    const Rational tick(1, 90'000);
    x_shared.options.on_event({{"event", "feed.lost"},
                               {"reason", "timestamps"},
                               {"from_seconds", (Rational(jump->from) * tick).value()},
                               {"to_seconds", (Rational(jump->to) * tick).value()}});
    x_shared.options.on_event({{"event", "feed.resumed"}, {"reason", "timestamps"}});
  }

  bool is_picture(const media::Packet& packet) const { return x_selection.video == packet.stream_index; }

  /// Pictures before the first that decoding can start with are of no use, nor are those that lead it.
  Result<void> take(media::Packet packet) {
    if (!x_selection.video || x_started) {
      const bool leads = is_picture(packet) && x_first_key && packet.pts < *x_first_key && packet.pts != INT64_MIN;
      return leads ? Result<void>() : decode(packet);
    }
    if (is_picture(packet) && !packet.key && x_skipped < kMostEarly) {
      ++x_skipped;
      return {};
    }
    if (!is_picture(packet)) {
      x_early.push_back(std::move(packet));
      return x_early.size() > kMostEarly ? begin() : Result<void>();
    }
    if (packet.pts != INT64_MIN) x_first_key = packet.pts;
    PIER_CHECK(begin());
    return decode(packet);
  }

  /// Sound that came before the first picture; where pictures were passed over, only what is not before it in time.
  Result<void> begin() {
    x_started = true;
    for (const media::Packet& packet : std::exchange(x_early, {})) {
      const Rational base = x_demuxer->streams()[static_cast<size_t>(packet.stream_index)].time_base;
      const bool timed = x_first_key && packet.pts != INT64_MIN;
      const Rational first = timed ? Rational(*x_first_key) * x_selection.pass.context.video->time_base : Rational(0);
      if (x_skipped > 0 && timed && Rational(packet.pts + packet.duration) * base <= first) continue;
      PIER_CHECK(decode(packet));
    }
    return {};
  }

  Result<void> decode(const media::Packet& packet) {
    PIER_CHECK(x_periods->add_packet(packet));
    if (is_picture(packet)) {
      if (!x_video->send(packet)) ++x_refused;
      note_complaints();
      return receive_pictures();
    }
    const auto found = x_audio.find(packet.stream_index);
    if (found == x_audio.end()) return {};
    if (!found->second.send(packet)) x_periods->sound_refused();
    return receive_sound(found->first, found->second);
  }

  Result<void> receive_pictures() {
    for (int i = 0; i < kReceiveLimit; ++i) {
      auto frame = x_video->receive();
      if (!frame) ++x_refused;
      note_complaints();
      if (!frame || !*frame) return {};
      PIER_CHECK(x_periods->add_frame(std::move(**frame)));
    }
    return {};
  }

  void note_complaints() {
    const int64_t complaints = x_refused + x_video->damaged_packets();
    if (complaints == x_complaints) return;
    x_periods->complaint(complaints - x_complaints);
    x_complaints = complaints;
  }

  Result<void> receive_sound(int stream, media::AudioDecoder& decoder) {
    for (int i = 0; i < kReceiveLimit; ++i) {
      auto block = decoder.receive();
      if (!block) {
        x_periods->sound_refused();
        return {};
      }
      if (!*block) return {};
      if (x_skipped > 0 && x_first_key && x_selection.video) {
        // Sound begins with the first picture too.
        const int64_t at =
            rescale(*x_first_key, x_selection.pass.context.video->time_base, Rational(1, (*block)->sample_rate));
        if ((*block)->pts < at) **block = impl::split_sound(**block, at);
      }
      PIER_CHECK(x_periods->add_audio(stream, std::move(**block)));
    }
    return {};
  }

  Result<void> drain() {
    if (!x_started) PIER_CHECK(begin());
    if (x_video) {
      if (!x_video->send_end()) ++x_refused;
      note_complaints();
      int64_t before = -1;
      while (before != x_periods->frames()) {
        before = x_periods->frames();
        PIER_CHECK(receive_pictures());
      }
    }
    for (auto& [stream, decoder] : x_audio) {
      if (!decoder.send_end()) x_periods->sound_refused();
      PIER_CHECK(receive_sound(stream, decoder));
    }
    return {};
  }

  Result<void> close(impl::PeriodEnd period) {
    FeedPeriod out;
    Taken taken = std::exchange(x_shared.taken, {});
    const bool all = x_whole && period.number == 1 && period.reason == "end";
    out.facts = all ? x_facts : facts_of(x_facts, period, taken.bytes);
    out.number = period.number;
    out.began = period.began;
    out.ended = period.ended;
    out.time = period.time;
    out.reason = period.reason;
    out.bytes = taken.bytes;
    out.sha256 = taken.digest.finish();
    out.result = std::move(period.result);
    // Where the feed was left, sound and pictures were not at the same point.
    if (period.reason == "stopped" || period.reason == "tables") forget(out.result, "av_length");
    impl::add_no_package(out.result);
    std::move(x_warnings.begin(), x_warnings.end(), std::back_inserter(out.result.warnings));
    x_warnings.clear();
    return x_shared.options.on_period(std::move(out));
  }

  static void forget(AnalysisResult& result, std::string_view kind) {
    std::erase(result.looked_for, kind);
    std::erase_if(result.findings, [&](const Finding& finding) { return finding.kind == kind; });
    if (auto* counts = result.measures["findings"].if_object()) counts->erase(kind);
  }

  Shared x_shared;
  media::Facts x_facts;
  bool x_whole;
  int64_t x_probed;
  int64_t x_next_number;
  media::Source x_name;
  media::Demuxer::ReadBytes x_read;
  std::optional<media::Demuxer> x_demuxer;
  impl::Selection x_selection;
  std::optional<media::VideoDecoder> x_video;
  std::map<int, media::AudioDecoder> x_audio;
  std::optional<impl::FeedPeriods> x_periods;
  std::vector<std::string> x_warnings;
  int64_t x_refused = 0, x_complaints = 0;
  size_t x_skipped = 0;                // pictures before the first key frame
  std::vector<media::Packet> x_early;  // sound before it
  bool x_started = false;
  std::optional<int64_t> x_first_key;
};

class FeedRun {
 public:
  FeedRun(FeedReader& reader, const FeedOptions& options)
      : x_reader(reader), x_options(options), x_tracker([this](const auto& told) { tell(told); }) {
    x_options.on_event = [this, out = options.on_event](json::object event) {
      event["at"] = to_rfc3339(x_options.clock->now());
      if (out) out(std::move(event));
    };
    x_reader.on_trouble([this](const FeedTrouble& trouble) { tell(trouble); });
  }
  ~FeedRun() { x_reader.on_trouble({}); }
  FeedRun(const FeedRun&) = delete;
  FeedRun& operator=(const FeedRun&) = delete;

  Result<void> run() {
    for (bool first = true;; first = false) {
      const Result<void> done = session(first);
      if (!done && (first || done.error().code == ErrorCode::kInternal || x_failed)) return done;
      if (!done) {
        x_options.on_event({{"event", "feed.lost"}, {"reason", "unusable"}, {"message", done.error().message}});
        skip();
      }
      const FeedReader::End end = x_reader.end();
      if (end == FeedReader::End::kStopped || end == FeedReader::End::kFeed) break;
      if (end == FeedReader::End::kSession && !x_reader.next_session()) break;
      x_clock.begin_session();
    }
    x_options.on_event({{"event", "feed.ended"},
                        {"reason", reason_of(x_reader.end())},
                        {"periods", x_next_number - 1},
                        {"pictures", x_pictures},
                        {"looks", x_looks},
                        {"look_cpu_seconds", static_cast<double>(x_look_cpu_ns) * 1e-9}});
    return {};
  }

 private:
  struct Learnt {
    media::Facts facts;
    size_t bytes = 0;
    bool whole = false;
  };

  /// Probes what comes first, more of it as long as something is not known.
  Result<Learnt> learn() {
    size_t most = std::min(x_options.first_bytes, kMostFirstBytes);
    auto wait = x_options.first_wait;
    for (;;) {
      const Bytes head = x_reader.peek(most, wait);
      const bool last = x_reader.all_is_here() || most >= kMostFirstBytes;
      if (head.empty() && !last) continue;
      if (head.empty()) return fail(ErrorCode::kTruncated, display_text(x_options.name) + " gave no transport stream");
      auto facts = probe(head);
      if ((facts && complete(*facts)) || last) {
        if (!facts) return Failure(std::move(facts).error());
        if (!usable(*facts))
          return fail(ErrorCode::kInputUnsupported,
                      "there is neither picture nor sound in " + display_text(x_options.name) + " that can be decoded");
        return Learnt{std::move(*facts), head.size(), x_reader.all_is_here() && head.size() < most};
      }
      most = std::min(2 * most, kMostFirstBytes);
      wait *= 2;
      if (wait > std::chrono::seconds(30)) most = std::min(most, head.size());
    }
  }

  Result<media::Facts> probe(const Bytes& head) {
    if (::ftruncate(x_options.scratch, 0) != 0 || ::lseek(x_options.scratch, 0, SEEK_SET) != 0)
      return Failure(errno_error(errno, "cannot write what the feed begins with"));
    PIER_CHECK(write_all(x_options.scratch, head));
    media::Source source;
    source.path = x_options.name;
    UniqueFd fd(::dup(x_options.scratch));
    if (!fd) return Failure(errno_error(errno, "cannot read what the feed begins with"));
    source.files.push_back({x_options.name, std::move(fd), {.size = head.size(), .regular = true}});
    return media::probe(source);
  }

  Result<void> session(bool first) {
    PIER_TRY(Learnt learnt, learn());
    x_reader.watch_programme(programme_of(learnt.facts));
    Session session({x_reader, x_options, x_clock, x_tracker, x_taken, first}, std::move(learnt.facts), learnt.bytes,
                    learnt.whole, x_next_number);
    PIER_CHECK(session.open());
    ++x_sessions;
    if (!first) x_options.on_event({{"event", "feed.resumed"}, {"reason", "tables"}});
    x_options.on_event(
        {{"event", "feed.started"}, {"session", x_sessions}, {"facts", media::to_json(session.facts())}});
    x_periods = &session.periods();
    const Result<void> done = session.run();
    x_periods = nullptr;
    x_next_number = session.next_number();
    x_pictures += session.periods().frames();
    x_looks += session.periods().peeks();
    x_look_cpu_ns += session.periods().peek_cpu_ns();
    x_failed = !done;  // by what takes the periods, or by an analyzer: no use in going on
    return done;
  }

  /// Over what cannot be used, to where it may be tried again.
  void skip() {
    Bytes block(64U << 10U);
    for (size_t skipped = 0; skipped < x_options.first_bytes;) {
      const size_t count = x_reader.read(block);
      if (count == 0) return;
      skipped += count;
    }
  }

  void tell(const FeedTrouble& trouble) {
    const bool over = trouble.what == FeedTrouble::What::kResumed;
    json::object event{{"event", over ? "feed.resumed" : "feed.lost"},
                       {"reason", over ? "quiet" : media::to_string(trouble.what)}};
    if (trouble.bytes > 0) event["bytes"] = trouble.bytes;
    if (trouble.packets > 0) event["packets"] = trouble.packets;
    if (trouble.milliseconds > 0) event["seconds"] = static_cast<double>(trouble.milliseconds) / 1000;
    x_options.on_event(std::move(event));
  }

  void tell(const impl::FindingTracker::Told& told) {
    const Finding& finding = told.finding;
    const auto wall = [this](Rational time) {
      return to_rfc3339(x_periods == nullptr ? x_options.clock->now() : x_periods->wall_of(time));
    };
    const bool opened = told.change == impl::FindingTracker::Change::kOpened;
    json::object event;
    if (finding.kind == "signal_change") {
      if (!opened) return;
      event = {{"event", "signal.changed"}, {"finding", to_json(finding)}, {"wall_start", wall(finding.time.start)}};
    } else {
      event = {{"event", opened ? "finding.opened" : "finding.closed"},
               {"finding", to_json(finding)},
               {"wall_start", wall(finding.time.start)}};
      if (!opened) {
        event["wall_end"] = wall(finding.time.end);
        event["periods"] = told.periods;
        event["withdrawn"] = told.change == impl::FindingTracker::Change::kWithdrawn;
      }
    }
    x_options.on_event(std::move(event));
  }

  FeedReader& x_reader;
  FeedOptions x_options;
  media::FeedClock x_clock;
  impl::FindingTracker x_tracker;
  Taken x_taken;
  const impl::FeedPeriods* x_periods = nullptr;
  int64_t x_next_number = 1;
  int64_t x_sessions = 0, x_pictures = 0, x_looks = 0, x_look_cpu_ns = 0;
  bool x_failed = false;
};

}  // namespace

Result<void> analyse_feed(media::FeedReader& reader, const FeedOptions& options) {
  return FeedRun(reader, options).run();
}

}  // namespace pier::analysis
