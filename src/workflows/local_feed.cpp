// `pier check --feed`: the feed is read and analysed in a sandboxed child, its periods are judged here.

#include <algorithm>
#include <cmath>
#include <optional>
#include <thread>

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <pier/analysis/analyse.hpp>
#include <pier/analysis/profile.hpp>
#include <pier/analysis/report.hpp>
#include <pier/core/id.hpp>
#include <pier/media/facts.hpp>
#include <pier/media/feed.hpp>
#include <pier/sandbox/channel.hpp>
#include <pier/workflows/local.hpp>

#include "child.hpp"

namespace pier::workflows {
namespace {

using namespace impl;

constexpr size_t kLongestLine = 256U << 20U;
constexpr double kFilePatience = 10;
constexpr double kLongestPeriod = 86'400, kShortestPeriod = 1;

/// Lines from a child that is not trusted: bounded, each an object.
class EventLines {
 public:
  explicit EventLines(int fd) : x_fd(fd) {}

  /// nullopt at the end.
  Result<std::optional<json::object>> next() {
    for (;;) {
      const size_t end = x_buffer.find('\n', x_looked);
      if (end != std::string::npos) {
        PIER_TRY(const json::value value, parse_json(std::string_view(x_buffer).substr(0, end)));
        x_buffer.erase(0, end + 1);
        x_looked = 0;
        if (!value.is_object()) return fail(ErrorCode::kInputDamaged, "the analysis sent an event that is none");
        return std::optional(value.get_object());
      }
      x_looked = x_buffer.size();
      if (x_looked > kLongestLine) return fail(ErrorCode::kTooLarge, "the analysis sent an event without end");
      char block[65'536];
      const ssize_t count = ::read(x_fd, block, sizeof block);
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) return std::optional<json::object>();
      x_buffer.append(block, static_cast<size_t>(count));
    }
  }

 private:
  int x_fd;
  std::string x_buffer;
  size_t x_looked = 0;
};

Result<Rational> time_of(const json::object& object, std::string_view key) {
  PIER_TRY(const json::array pair, get_array(object, key));
  if (pair.size() != 2 || !pair[0].is_int64() || !pair[1].is_int64() || pair[1].get_int64() <= 0)
    return fail(ErrorCode::kInputDamaged, "the analysis sent a time that is none");
  return Rational(pair[0].get_int64(), pair[1].get_int64());
}

int worse(analysis::Verdict verdict) {
  switch (verdict) {
    case analysis::Verdict::kPass:
      return 0;
    case analysis::Verdict::kWarn:
      return 1;
    case analysis::Verdict::kNotJudged:
      return 2;
    case analysis::Verdict::kFail:
      return 3;
  }
  return 3;
}

class FeedCheck {
 public:
  explicit FeedCheck(const FeedRequest& request) : x_request(request) {}

  Result<void> prepare() {
    if (!x_request.waivers.empty()) {
      PIER_TRY(x_judging.waivers, analysis::load_waivers(x_request.waivers));
    }
    if (!x_request.profile.empty()) PIER_CHECK(load(x_request.profile));
    return {};
  }

  Result<void> take(json::object event) {
    const std::string name = string_or(event, "event", "");
    if (name == "period") return judge(event);
    if (name == "feed.started" && !x_profile) {
      PIER_TRY(const json::object facts, get_object(event, "facts"));
      PIER_TRY(const media::Facts known, media::facts_from_json(facts));
      PIER_CHECK(load(analysis::choose_profile(known).id));
    }
    if (name == "feed.started") event["profile"] = x_profile->id;
    tell(std::move(event));
    return {};
  }

  std::optional<analysis::Verdict> worst() const { return x_worst; }

 private:
  Result<void> load(const std::string& name) {
    PIER_TRY(x_profile, analysis::load_profile(name, analysis::profile_directories(), x_request.overlays));
    return {};
  }

  void tell(json::object event) {
    event["seq"] = ++x_count;
    if (x_request.on_event) x_request.on_event(event);
  }

  Result<reports::Document> document_of(const json::object& event) {
    reports::Document document;
    PIER_TRY(const json::object facts, get_object(event, "facts"));
    PIER_TRY(document.facts, media::facts_from_json(facts));
    const json::value* analysed = event.if_contains("analysis");
    if (analysed == nullptr) return fail(ErrorCode::kInputDamaged, "the analysis sent a period without its result");
    PIER_TRY(document.analysis, analysis::analysis_result_from_json(*analysed));
    x_judging.today = analysis::day_of(Clock::system().now());
    PIER_TRY(document.report, analysis::judge(document.facts, &*document.analysis, *x_profile, x_judging));
    document.master.path = x_request.input;
    PIER_TRY(document.master.sha256, get_string(event, "sha256"));
    document.programme = reports::declared_range(document.facts);
    document.rules_sha256 = reports::rules_digest(*x_profile);
    document.overlay_sha256 = x_profile->overlay_digest;
    document.id = new_id("rpt");
    document.made = reports::local_time(Clock::system().now());
    document.program = x_request.program;
    document.stills_left_out.emplace_back("no stills: the pictures of a feed are not kept");
    PIER_TRY(const Rational start, time_of(event, "start"));
    PIER_TRY(const Rational end, time_of(event, "end"));
    document.feed = reports::FeedPart{int_or(event, "number", 0),
                                      reports::local_time(int_or(event, "began", 0)),
                                      reports::local_time(int_or(event, "ended", 0)),
                                      start.value(),
                                      end.value(),
                                      string_or(event, "reason", "")};
    return document;
  }

  Result<void> judge(const json::object& event) {
    if (!x_profile) return fail(ErrorCode::kInputDamaged, "the analysis sent a period before the feed began");
    PIER_TRY(const reports::Document document, document_of(event));
    const analysis::Verdict verdict = document.report.verdict;
    if (!x_worst || worse(verdict) > worse(*x_worst)) x_worst = verdict;
    std::string path;
    if (x_request.on_report) {
      PIER_TRY(path, x_request.on_report(document));
    }
    json::array broken;
    for (const analysis::RuleReport& rule : document.report.rules) {
      if (rule.outcome == analysis::RuleOutcome::kBroken && rule.deciding()) broken.emplace_back(rule.rule);
    }
    json::object closed{{"event", "period.closed"},           {"at", to_rfc3339(Clock::system().now())},
                        {"period", document.feed->period},    {"began", document.feed->began},
                        {"ended", document.feed->ended},      {"start_seconds", document.feed->start},
                        {"end_seconds", document.feed->end},  {"reason", document.feed->reason},
                        {"bytes", int_or(event, "bytes", 0)}, {"report_id", document.id},
                        {"profile", x_profile->id},           {"verdict", analysis::to_string(verdict)},
                        {"broken", std::move(broken)},        {"findings", document.analysis->measures.at("findings")}};
    if (!path.empty()) closed["report"] = display_text(path);
    tell(std::move(closed));
    return {};
  }

  const FeedRequest& x_request;
  std::optional<analysis::Profile> x_profile;
  analysis::JudgeOptions x_judging;
  std::optional<analysis::Verdict> x_worst;
  int64_t x_count = 0;
};

Result<int64_t> milliseconds(const char* what, double seconds, double least, double most) {
  if (!std::isfinite(seconds) || seconds < least || seconds > most) {
    return fail(ErrorCode::kInvalidArgument, std::string(what) + " must be between " +
                                                 std::to_string(std::lround(least)) + " and " +
                                                 std::to_string(std::lround(most)) + " seconds");
  }
  return std::llround(seconds * 1000);
}

Result<Work> work_of(const FeedRequest& request) {
  Work work;
  PIER_TRY(const int64_t period, milliseconds("--period", request.period_seconds, kShortestPeriod, kLongestPeriod));
  PIER_TRY(const int64_t quiet, milliseconds("--quiet", request.quiet_seconds, 0, kLongestPeriod));
  PIER_TRY(int64_t patience, milliseconds("--patience", request.patience_seconds, 0, kLongestPeriod));
  PIER_TRY(media::FeedInput input, media::open_feed(request.input));
  if (patience == 0 && input.kind == media::FeedKind::kFile) patience = std::llround(kFilePatience * 1000);
  const auto threads = std::clamp<int64_t>(static_cast<int64_t>(std::thread::hardware_concurrency()), 1, 8);
  work.params = {{"name", display_text(request.input)},
                 {"period_ms", period},
                 {"quiet_ms", std::max<int64_t>(1, quiet)},
                 {"patience_ms", patience},
                 {"threads", threads}};
  work.scratch = UniqueFd(::memfd_create("pier-feed", MFD_CLOEXEC));
  if (!work.scratch) return Failure(errno_error(errno, "cannot make room for what the feed begins with"));
  work.feed = Work::Feed{std::move(input), {}};
  return work;
}

}  // namespace

Result<analysis::Verdict> check_feed(const FeedRequest& request, const std::stop_token& stop) {
  FeedCheck check(request);
  PIER_CHECK(check.prepare());
  PIER_TRY(Work work, work_of(request));
  PIER_TRY(auto line, sandbox::make_channel_pair());
  work.feed->line = std::move(line.second);
  const std::stop_callback on_stop(stop, [&] { ::shutdown(line.first.get(), SHUT_WR); });
  std::stop_source give_up;
  sandbox::Spawner spawner;
  Result<json::object> answer = json::object();
  TaskRow row;
  row.organisation = "local";
  row.attempt = 1;
  row.memory_bytes = 8ULL << 30U;
  std::thread follower([&] {
    answer =
        run_child(spawner, kFeedTask, row, work, [](double, int64_t) { return Result<void>(); }, give_up.get_token());
    work.feed.reset();  // the last hold on the other end of the line
  });
  EventLines lines(line.first.get());
  Result<void> taken;
  while (taken) {
    auto event = lines.next();
    if (!event) {
      taken = Failure(std::move(event).error());
    } else if (!*event) {
      break;
    } else {
      taken = check.take(std::move(**event));
    }
  }
  if (!taken) give_up.request_stop();
  follower.join();
  PIER_CHECK(taken);
  if (!answer) return Failure(std::move(answer).error());
  if (!check.worst()) return fail(ErrorCode::kInputDamaged, "the feed ended before there was anything to judge");
  return *check.worst();
}

}  // namespace pier::workflows
