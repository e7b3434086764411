#pragma once
// What a SQLSTATE means to the person outside.

#include <string>
#include <string_view>

#include <pier/core/result.hpp>

namespace pier::database::impl {

struct SqlStateMeaning {
  ErrorCode code = ErrorCode::kInternal;
  std::string_view text;
  bool lost = false;   // the connection is gone
  bool clash = false;  // another transaction stood in the way: begun anew, the work may succeed
};

/// `state` as in appendix A of PostgreSQL's manual; empty when libpq made the error by itself.
SqlStateMeaning meaning_of(std::string_view state);

/// The SQLSTATE in a message of verbosity PQERRORS_VERBOSE ("FATAL:  28P01: ..."), whatever its language; else empty.
std::string sql_state_in(std::string_view message);

}  // namespace pier::database::impl
