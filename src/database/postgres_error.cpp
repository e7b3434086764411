#include "postgres_error.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace pier::database::impl {
namespace {

struct Entry {
  std::string_view prefix;
  SqlStateMeaning meaning;
};

constexpr std::string_view kLost =
    "the connection to the server was lost; what was not committed is undone, see that PostgreSQL runs and try again";

// The first entry whose prefix fits counts.
constexpr std::array kMeanings{
    Entry{"23505", {ErrorCode::kAlreadyExists, "a row with that key is already there"}},
    Entry{"23503", {ErrorCode::kConflict, "a row it belongs to is missing, or it still has rows"}},
    Entry{"22021", {ErrorCode::kInvalidArgument, "text that is not UTF-8 cannot be stored"}},
    Entry{"22", {ErrorCode::kConflict, "the schema forbids such a value"}},
    Entry{"23", {ErrorCode::kConflict, "a constraint of the schema forbids it"}},
    Entry{"40", {ErrorCode::kOverloaded, "another transaction stood in the way; try again", false, true}},
    Entry{"0A000", {ErrorCode::kOverloaded, "the schema has just been changed; try again", true, true}},
    Entry{"55P03", {ErrorCode::kOverloaded, "another transaction held what was asked for too long; try again"}},
    Entry{"53100", {ErrorCode::kNoSpace, "the server's disk is full; free space there, nothing was lost"}},
    Entry{"53300", {ErrorCode::kOverloaded, "the server takes no more connections; raise its max_connections"}},
    Entry{"53200", {ErrorCode::kOverloaded, "the server is out of memory or locks; raise max_locks_per_transaction"}},
    Entry{"53", {ErrorCode::kOverloaded, "the server is out of memory or another resource; try again"}},
    Entry{"54", {ErrorCode::kTooLarge, "a value or statement is too large"}},
    Entry{"25006", {ErrorCode::kPermission, "it is read-only; name a server that may be written to"}},
    Entry{"25P03", {ErrorCode::kIo, "the server ended a transaction that stood still for too long", true}},
    Entry{"42501",
          {ErrorCode::kPermission, "the user may not do that; make the user the owner of the database (createdb -O)"}},
    Entry{"28", {ErrorCode::kPermission, "user or password is refused; correct them, or pg_hba.conf of the server"}},
    Entry{"3D000",
          {ErrorCode::kNotFound, "the server has no database of that name; make it: createdb -E UTF8 -T template0"}},
    Entry{"57014", {ErrorCode::kTimeout, "the server broke the statement off (statement_timeout, or by hand)"}},
    Entry{"57P03", {ErrorCode::kIo, "the server is starting or stopping; try again", true}},
    Entry{"57P", {ErrorCode::kIo, kLost, true}},
    Entry{"08", {ErrorCode::kIo, kLost, true}},
    Entry{"58", {ErrorCode::kIo, "the server's disk gave an error; look into its log"}},
    Entry{"XX00", {ErrorCode::kIo, "the records are damaged; look into the server's log and restore them from a copy"}},
};

}  // namespace

SqlStateMeaning meaning_of(std::string_view state) {
  if (state.empty()) return {ErrorCode::kIo, kLost, true};
  if (state == "08P01") return {ErrorCode::kInternal, "the statement failed"};  // wrong number of parameters
  if (state == "XX000") return {ErrorCode::kInternal, "the server met an internal error; look into its log"};
  for (const Entry& entry : kMeanings) {
    if (state.starts_with(entry.prefix)) return entry.meaning;
  }
  return {ErrorCode::kInternal, "the statement failed"};
}

std::string sql_state_in(std::string_view message) {
  constexpr size_t kLength = 5;
  const auto is_sign = [](unsigned char c) { return std::isdigit(c) != 0 || (c >= 'A' && c <= 'Z'); };
  for (size_t at = message.find(":  "); at != std::string_view::npos; at = message.find(":  ", at + 1)) {
    const std::string_view state = message.substr(at + 3, kLength);
    const bool ends = message.substr(std::min(at + 3 + kLength, message.size()), 2) == ": ";
    if (ends && state.size() == kLength && std::all_of(state.begin(), state.end(), is_sign)) return std::string(state);
  }
  return {};
}

}  // namespace pier::database::impl
