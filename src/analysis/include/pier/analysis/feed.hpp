#pragma once
// Analysis without end: a transport stream that is read once, cut into periods that each are a result of their own,
// and told of while it happens. Memory does not grow with the length of the feed.

#include <functional>
#include <optional>
#include <string>

#include <pier/analysis/analyse.hpp>
#include <pier/core/clock.hpp>
#include <pier/media/feed.hpp>

namespace pier::analysis {

/// A period of the feed, from key frame to key frame.
struct FeedPeriod {
  int64_t number = 1;
  WallTime began = 0, ended = 0;  // when its first and last pictures came
  TimeRange time;                 // on the clock of the feed
  std::string reason;             // why it ends: "period", "tables", "end", "stopped"
  media::Facts facts;             // of the session, with length, pictures and bit rate of the period
  AnalysisResult result;
  int64_t bytes = 0;  // transport packets handed to the demuxer in it
  Sha256 sha256{};    // of those bytes: of a feed that is one period, of the file it would be
};

struct FeedOptions {
  std::string name = {};           // for facts and messages
  int threads = 2;                 // decoding and measuring each use this many
  Rational period = 3600;          // seconds
  Rational peek = 2;               // seconds of feed between looks at what is found so far; 0: only at the end
  int scratch = -1;                // an empty file that may be written: what is probed stands in it
  size_t first_bytes = 4U << 20U;  // are probed once they are there, or after first_wait; more when they do not do
  std::chrono::milliseconds first_wait{3000};
  const Clock* clock = &Clock::system();

  /// An event as its JSON object (api/feed-events.schema.json), without "seq"; "period.closed" comes with on_period.
  std::function<void(json::object event)> on_event = {};
  std::function<Result<void>(FeedPeriod period)> on_period = {};
};

/// Until the feed ends or is stopped; the period that is open then is closed as any other. Errors: kInputUnsupported
/// or kInputDamaged when there is nothing to analyse in the feed from its start; what on_period gives.
Result<void> analyse_feed(media::FeedReader& reader, const FeedOptions& options);

}  // namespace pier::analysis
