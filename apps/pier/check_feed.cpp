#include "check_feed.hpp"

#include <atomic>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <thread>

#include <fcntl.h>
#include <unistd.h>

#include <pier/analysis/attest.hpp>
#include <pier/core/clock.hpp>
#include <pier/core/file.hpp>
#include <pier/reports/feed_line.hpp>

#include "report_files.hpp"
#include "service.hpp"
#include "version.hpp"
#include "views.hpp"

namespace pier::app {
namespace {

using namespace std::chrono_literals;

/// "90", "90s", "15m", "1h"
Result<double> seconds_of(const std::string& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const std::string_view unit(end, static_cast<size_t>(text.data() + text.size() - end));
  const double factor = unit.empty() || unit == "s" ? 1 : unit == "m" ? 60 : unit == "h" ? 3600 : 0;
  if (error != std::errc() || factor == 0 || value <= 0) {
    return fail(ErrorCode::kInvalidArgument,
                "--period " + display_text(text) + " is no length of time; give it as 90s, 15m or 1h");
  }
  return value * factor;
}

/// Where events go.
class Events {
 public:
  Events(std::string language, bool json) : x_language(std::move(language)), x_json(json) {}

  Result<void> open(const std::string& path) {
    if (path.empty() || path == "-") {
      x_json = x_json || path == "-" || ::isatty(STDOUT_FILENO) != 1;
      return {};
    }
    x_file = UniqueFd(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666));
    if (!x_file) return Failure(errno_error(errno, "cannot write " + display_text(path)));
    return {};
  }

  /// Into a file JSON goes, and what people read to standard output all the same.
  Result<void> tell(const json::object& event) {
    const std::string line = json::serialize(event) + "\n";
    if (x_file) PIER_CHECK(write_all(x_file.get(), as_bytes(line)));
    if (!x_file && x_json) return write_all(STDOUT_FILENO, as_bytes(line));
    const std::string text = reports::feed_line(event, x_language);
    if (!x_json && !text.empty()) return write_all(STDOUT_FILENO, as_bytes(text + "\n"));
    return {};
  }

 private:
  std::string x_language;
  bool x_json;
  UniqueFd x_file;
};

/// "period-000003-20261123T031500Z": sorts by time, and a second run overwrites nothing.
std::string stem_of(const reports::FeedPart& part) {
  const time_t now = Clock::system().now() / 1'000'000;
  tm utc{};
  gmtime_r(&now, &utc);
  char text[64];
  std::snprintf(text, sizeof text, "period-%06ld-%04d%02d%02dT%02d%02d%02dZ", static_cast<long>(part.period),
                utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec);
  return text;
}

Result<std::string> write_report(const reports::Document& document, const FeedOptions& options,
                                 const Globals& globals) {
  if (options.reports.empty()) return std::string();
  PIER_CHECK(make_directories(options.reports));
  const std::string stem = options.reports + "/" + stem_of(*document.feed);
  reports::RenderOptions rendering;
  rendering.language = options.language;
  const std::string path = stem + ".json";
  PIER_TRY(rendering.signer, write_signed(document, path, globals.data));
  PIER_TRY(const reports::Document read_back, reports::read_document(path));
  PIER_CHECK(write_renderings(read_back, rendering, {stem + ".html", {}}));
  return path;
}

/// Asks for the end at SIGINT and SIGTERM.
class Interruption {
 public:
  Interruption() {
    catch_interrupts();
    x_thread = std::jthread([this](const std::stop_token& done) {
      while (!done.stop_requested() && !interrupted()) sleep_interruptibly(200ms);
      if (interrupted()) x_stop.request_stop();
    });
  }
  std::stop_token token() const { return x_stop.get_token(); }

 private:
  std::stop_source x_stop;
  std::jthread x_thread;
};

}  // namespace

void add_feed_options(CLI::App& command, bool& feed, FeedOptions& options) {
  command.add_flag("--feed", feed,
                   "FILE is a transport stream that does not end: - (standard input), a FIFO, a file that grows, or "
                   "udp://[@]ADDRESS:PORT[?localaddr=ADDRESS]; what is found is told while it happens");
  command.add_option("--period", options.period, "A feed is judged in periods of this length (90s, 15m, 1h)")
      ->type_name("TIME")
      ->capture_default_str();
  command
      .add_option("--events", options.events, "Write the events of a feed as JSON, one a line; - is standard output")
      ->type_name("OUT");
  command.add_option("--reports", options.reports, "Write the report of each period of a feed there, JSON and HTML")
      ->type_name("DIR");
  command.add_option("--quiet", options.request.quiet_seconds, "A feed is lost after so many seconds without bytes")
      ->type_name("SECONDS")
      ->capture_default_str();
  command
      .add_option("--patience", options.request.patience_seconds,
                  "A feed has ended after so many seconds without bytes; 0: never, of a file 10")
      ->type_name("SECONDS")
      ->capture_default_str();
}

int check_feed(FeedOptions options, const Globals& globals) {
  const Result<double> period = seconds_of(options.period);
  if (!period) return report(period.error(), globals);
  options.request.period_seconds = *period;
  options.request.program = kVersion;
  options.request.overlays = analysis::overlay_directory(globals.data);
  Events events(options.language, globals.json);
  if (const Result<void> opened = events.open(options.events); !opened) return report(opened.error(), globals);
  Interruption interruption;
  std::stop_source silenced;
  Result<void> told;
  workflows::FeedRequest request = options.request;
  request.on_event = [&](const json::object& event) {
    if (told) told = events.tell(event);
    if (!told) silenced.request_stop();  // nobody listens any more
  };
  request.on_report = [&](const reports::Document& document) { return write_report(document, options, globals); };
  const std::stop_callback on_silence(silenced.get_token(), [] { ::raise(SIGTERM); });
  const Result<analysis::Verdict> verdict = workflows::check_feed(request, interruption.token());
  if (!told) return report(told.error(), globals);
  if (!verdict) return report(verdict.error(), globals);
  return exit_of(*verdict);
}

}  // namespace pier::app
