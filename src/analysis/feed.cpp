#include <algorithm>
#include <utility>

#include <unistd.h>

#include <pier/analysis/feed.hpp>

#include "feed_session.hpp"

namespace pier::analysis {

namespace {

using media::FeedReader;
using media::FeedTrouble;

constexpr size_t kMostFirstBytes = 64U << 20U;

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
                        {"reason", impl::reason_of(x_reader.end())},
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
    x_reader.watch_programme(impl::programme_of(learnt.facts));
    impl::FeedSession session({x_reader, x_options, x_clock, x_tracker, x_taken, first}, std::move(learnt.facts),
                              learnt.bytes, learnt.whole, x_next_number);
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
  impl::Taken x_taken;
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
