#include "console.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include <sys/ioctl.h>
#include <unistd.h>

namespace pier::app {
namespace {

constexpr int kBarWidth = 28;

std::string scaled(double value, const char* unit) {
  static constexpr const char* kPrefixes[] = {"", "k", "M", "G", "T", "P"};
  size_t prefix = 0;
  while (value >= 1000 && prefix + 1 < std::size(kPrefixes)) value /= 1000, prefix++;
  char text[48];
  std::snprintf(text, sizeof text, prefix == 0 ? "%.0f %s%s" : "%.1f %s%s", value, kPrefixes[prefix], unit);
  return text;
}

}  // namespace

int report(const Error& error, const Globals& globals) {
  if (globals.json) {
    print_json(json::object{{"error", {{"code", to_string(error.code)}, {"message", error.message}}}});
  } else {
    std::fprintf(stderr, "pier: %s\n", error.message.c_str());
  }
  return exit_code(error.code);
}

void print_json(const json::value& value) {
  const std::string text = json::serialize(value);
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fputc('\n', stdout);
  std::fflush(stdout);
}

ProgressBar::ProgressBar(std::string title, bool silent)
    : x_title(std::move(title)), x_silent(silent), x_terminal(::isatty(STDERR_FILENO) == 1) {}

ProgressBar::~ProgressBar() {
  finish();
}

void ProgressBar::update(double fraction, const std::string& note, const TimeLeft& left) {
  if (x_silent) return;
  fraction = std::clamp(fraction, 0.0, 1.0);
  const double elapsed = std::chrono::duration<double>(std::chrono::steady_clock::now() - x_started).count();
  std::string eta = left.likely >= 0 ? ", about " + duration_text(left.likely) + " left" : "";
  if (left.least >= 0 && left.most > left.least)
    eta += " (" + duration_text(left.least) + " to " + duration_text(left.most) + ")";
  if (x_terminal) {
    const int full = static_cast<int>(fraction * kBarWidth);
    const std::string bar =
        std::string(static_cast<size_t>(full), '#') + std::string(static_cast<size_t>(kBarWidth - full), '.');
    std::fprintf(stderr, "\r\033[K%s [%s] %3.0f %%  %s%s  %s", x_title.c_str(), bar.c_str(), fraction * 100,
                 duration_text(elapsed).c_str(), eta.c_str(), note.c_str());
    x_drawn = true;
    return;
  }
  const int tenth = static_cast<int>(fraction * 10);
  if (tenth == x_tenth) return;
  x_tenth = tenth;
  std::fprintf(stderr, "%s %.0f %% after %s%s\n", x_title.c_str(), fraction * 100, duration_text(elapsed).c_str(),
               eta.c_str());
}

void ProgressBar::finish() {
  if (x_drawn) std::fprintf(stderr, "\r\033[K");
  x_drawn = false;
}

std::string duration_text(double seconds) {
  const auto whole = static_cast<int64_t>(std::lround(seconds));
  char text[32];
  if (whole >= 3600)
    std::snprintf(text, sizeof text, "%ld:%02ld:%02ld", whole / 3600, whole / 60 % 60, whole % 60);
  else
    std::snprintf(text, sizeof text, "%ld:%02ld", whole / 60, whole % 60);
  return text;
}

std::string bytes_text(int64_t bytes) {
  return scaled(static_cast<double>(bytes), "B");
}
std::string bitrate_text(int64_t bits_per_second) {
  return scaled(static_cast<double>(bits_per_second), "bit/s");
}

}  // namespace pier::app
