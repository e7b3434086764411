#pragma once
// One line a record, to standard error: time, level, what happened, then key=value pairs. Thread-safe.

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include <pier/core/result.hpp>

namespace pier::log {

enum class Level { kDebug, kInfo, kWarn, kError };
using Field = std::pair<std::string_view, std::string>;

void set_level(Level level);  // default kInfo; from PIER_LOG=debug|info|warn|error at start
void write(Level level, std::string_view event, std::initializer_list<Field> fields = {});
inline void debug(std::string_view event, std::initializer_list<Field> fields = {}) {
  write(Level::kDebug, event, fields);
}
inline void info(std::string_view event, std::initializer_list<Field> fields = {}) {
  write(Level::kInfo, event, fields);
}
inline void warn(std::string_view event, std::initializer_list<Field> fields = {}) {
  write(Level::kWarn, event, fields);
}
inline void error(std::string_view event, std::initializer_list<Field> fields = {}) {
  write(Level::kError, event, fields);
}
/// Message and detail of an error as fields.
void error(std::string_view event, const Error& error);

}  // namespace pier::log
