#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <mutex>

#include <unistd.h>

#include <pier/core/bytes.hpp>
#include <pier/core/clock.hpp>
#include <pier/core/file.hpp>
#include <pier/core/log.hpp>

namespace pier::log {
namespace {

Level level_from_environment() {
  const char* variable = std::getenv("PIER_LOG");
  const std::string_view name = variable == nullptr ? "" : variable;
  if (name == "debug") return Level::kDebug;
  if (name == "warn") return Level::kWarn;
  if (name == "error") return Level::kError;
  return Level::kInfo;
}

std::atomic<Level>& least_level() {
  static std::atomic<Level> level{level_from_environment()};
  return level;
}

std::string_view level_name(Level level) {
  switch (level) {
    case Level::kDebug:
      return "debug";
    case Level::kInfo:
      return "info";
    case Level::kWarn:
      return "warn";
    case Level::kError:
      return "error";
  }
  return "error";
}

// Nothing that came from outside may begin a new line or steer a terminal.
void append_value(std::string& line, std::string_view raw) {
  const std::string value = display_text(raw);
  const bool plain = !value.empty() && std::none_of(value.begin(), value.end(), [](unsigned char c) {
    return c <= ' ' || c == '"' || c == '=' || c == '\\' || c == 0x7F;
  });
  if (plain) {
    line += value;
    return;
  }
  line += '"';
  for (const char c : value) {
    const auto code = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      line += '\\';
      line += c;
    } else if (c == '\n') {
      line += "\\n";
    } else if (code < ' ' || code == 0x7F) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\x%02x", code);
      line += escape;
    } else {
      line += c;
    }
  }
  line += '"';
}

}  // namespace

void set_level(Level level) {
  least_level() = level;
}

void write(Level level, std::string_view event, std::initializer_list<Field> fields) {
  if (level < least_level()) return;
  std::string line = to_rfc3339(Clock::system().now());
  line += ' ';
  line += level_name(level);
  line += ' ';
  append_value(line, event);
  for (const auto& [key, value] : fields) {
    line += ' ';
    line += key;
    line += '=';
    append_value(line, value);
  }
  line += '\n';
  static std::mutex mutex;  // a pipe takes only short lines whole
  std::lock_guard lock(mutex);
  static_cast<void>(write_all(STDERR_FILENO, as_bytes(line)));
}

void error(std::string_view event, const Error& error) {
  write(Level::kError, event,
        {{"code", std::string(to_string(error.code))}, {"message", error.message}, {"detail", error.detail}});
}

}  // namespace pier::log
