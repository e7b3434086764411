#pragma once
// What the command line shows: a progress bar on a terminal, plain lines elsewhere, errors in words or as JSON.

#include <chrono>
#include <string>

#include <pier/core/json.hpp>
#include <pier/core/result.hpp>

namespace pier::app {

/// Options every subcommand has.
struct Globals {
  std::string data;    // --data or PIER_DATA
  std::string server;  // --server http://HOST:PORT
  std::string config;  // --config or PIER_CONFIG; empty: DATA/pier.toml when it is there
  bool json = false;
};

/// Prints the error (JSON to standard output with --json, else one line to standard error) and gives the exit code.
int report(const Error& error, const Globals& globals);

/// One JSON value, the last thing a command prints with --json.
void print_json(const json::value& value);

/// Seconds; below 0: not known yet.
struct TimeLeft {
  double least = -1, likely = -1, most = -1;
};

/// A bar that redraws itself on a terminal; elsewhere a line at each tenth. Silent with --json.
class ProgressBar {
 public:
  ProgressBar(std::string title, bool silent);
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;
  void update(double fraction, const std::string& note, const TimeLeft& left = {});
  void finish();

 private:
  std::string x_title;
  bool x_silent, x_terminal, x_drawn = false;
  int x_tenth = -1;
  std::chrono::steady_clock::time_point x_started = std::chrono::steady_clock::now();
};

/// "1:05:09", "4:07".
std::string duration_text(double seconds);
/// "1.4 GB", "36.0 Mbit/s", "0:07.680".
std::string bytes_text(int64_t bytes);
std::string bitrate_text(int64_t bits_per_second);

}  // namespace pier::app
