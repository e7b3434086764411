// feed: the analysis of a transport stream without end. What happens goes out line by line as JSON.

#include <pier/analysis/feed.hpp>

#include "task_kind.hpp"

namespace pier::workflows::impl {
namespace {

Result<void> send_line(int fd, const json::object& event) {
  return write_all(fd, as_bytes(json::serialize(event) + "\n"));
}

json::object describe(const analysis::FeedPeriod& period) {
  return {{"event", "period"},
          {"number", period.number},
          {"began", period.began},
          {"ended", period.ended},
          {"start", json::array{period.time.start.num, period.time.start.den}},
          {"end", json::array{period.time.end.num, period.time.end.den}},
          {"reason", period.reason},
          {"bytes", period.bytes},
          {"sha256", to_hex(period.sha256)},
          {"facts", media::to_json(period.facts)},
          {"analysis", analysis::to_json(period.result)}};
}

Result<json::object> run(const json::object& params, ChildFiles& files, const Progress&) {
  if (!files.feed) return fail(ErrorCode::kInternal, "there is no feed");
  const int line = files.feed->line;
  media::FeedLimits limits;
  limits.quiet = std::chrono::milliseconds(int_or(params, "quiet_ms", limits.quiet.count()));
  limits.patience = std::chrono::milliseconds(int_or(params, "patience_ms", 0));
  limits.buffer_bytes = files.feed->kind == media::FeedKind::kDatagram ? 64U << 20U : 4U << 20U;
  media::FeedReader reader(files.feed->fd, files.feed->kind, limits, line);
  analysis::FeedOptions options;
  options.name = string_or(params, "name", "feed");
  options.threads = static_cast<int>(std::max<int64_t>(1, int_or(params, "threads", 1)));
  options.period = Rational(int_or(params, "period_ms", 3'600'000), 1000);
  options.peek = Rational(int_or(params, "peek_ms", 2000), 1000);
  options.scratch = files.scratch;
  bool heard = true;
  options.on_event = [&](const json::object& event) { heard = heard && send_line(line, event); };
  options.on_period = [&](const analysis::FeedPeriod& period) { return send_line(line, describe(period)); };
  PIER_CHECK(analysis::analyse_feed(reader, options));
  if (!heard) return fail(ErrorCode::kIo, "nobody takes the events of the feed");
  return json::object();
}

}  // namespace

const TaskKind kFeedTask{"feed", 1, false, nullptr, run, nullptr};

}  // namespace pier::workflows::impl
