#pragma once
// Errors as values. Names of `core` live in namespace `pier` itself: every module speaks them.
//
// A function that can fail returns `Result<T>`; no exception crosses a module boundary. `Error::message` is one
// sentence for the person outside (what, where, what next); `Error::detail` is for the log only and never leaves.

#include <string>
#include <string_view>
#include <utility>

#include <tl/expected.hpp>

namespace pier {

enum class ErrorCode {
  kInvalidArgument,   // the caller's words are off
  kNotFound,          // no such asset, file, route
  kAlreadyExists,     // conditional create lost
  kConflict,          // stale revision, stale fencing token, changed master
  kInUse,             // data directory or port is held by another process
  kPermission,        // the operating system or the policy says no
  kUnauthenticated,   // who are you
  kInputDamaged,      // the media file breaks its own format
  kInputUnsupported,  // well formed, but nothing here can handle it
  kInputChanged,      // the master is not the file it was when it was taken in
  kTruncated,         // ends before its own header says
  kTooLarge,          // over a stated limit
  kNoSpace,           // disk full, quota used up
  kIo,                // read or write failed
  kTimeout,           // a deadline passed
  kCancelled,         // asked to stop
  kOverloaded,        // come back later
  kCrashed,           // a child process died
  kVerifyFailed,      // result does not equal what it must equal
  kNotConform,        // the answer is "no"
  kInternal,          // our own mistake
};

struct Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;  // for the outside: one sentence, says what, where and what to do next
  std::string detail;   // for the log
};

template <typename T>
using Result = tl::expected<T, Error>;

using Failure = tl::unexpected<Error>;

/// `return fail(ErrorCode::kIo, "cannot read " + name);`
inline Failure fail(ErrorCode code, std::string message, std::string detail = {}) {
  return Failure(Error{code, std::move(message), std::move(detail)});
}

/// The same error with where it happened put in front: "probe a.mp4: ...".
inline Failure fail_in(std::string_view where, Error error) {
  error.message = std::string(where) + ": " + error.message;
  return Failure(std::move(error));
}

/// kNotFound -> "not_found": stable, used in JSON, problem types and metrics.
std::string_view to_string(ErrorCode code);
/// The code of that name; kInternal when there is none.
ErrorCode error_code_from(std::string_view name);

/// HTTP status of RFC 9110 (507: RFC 4918) for an error.
int http_status(ErrorCode code);

/// Exit code of the command line: 1 the answer is "no" (not conform, verify failed), 2 could not be done.
int exit_code(ErrorCode code);

/// Error of an errno value: `message` = "<what>: <strerror>", the code is the nearest one (ENOENT -> kNotFound).
Error errno_error(int number, std::string_view what);

}  // namespace pier

#define PIER_CONCAT_IMPL(a, b) a##b
#define PIER_CONCAT(a, b) PIER_CONCAT_IMPL(a, b)

/// Leaves the function with the error of the expression (a Result of anything), else goes on.
#define PIER_CHECK(...) PIER_CHECK_IMPL(PIER_CONCAT(pier_check_, __COUNTER__), __VA_ARGS__)
#define PIER_CHECK_IMPL(name, ...)                                                         \
  do {                                                                                     \
    if (auto name = (__VA_ARGS__); !name) return ::pier::Failure(std::move(name).error()); \
  } while (false)

/// `PIER_TRY(auto file, open(path));` declares `file` or leaves the function with the error.
#define PIER_TRY(declaration, ...) PIER_TRY_IMPL(PIER_CONCAT(pier_try_, __COUNTER__), declaration, __VA_ARGS__)
#define PIER_TRY_IMPL(name, declaration, ...)                 \
  auto name = (__VA_ARGS__);                                  \
  if (!name) return ::pier::Failure(std::move(name).error()); \
  declaration = std::move(name).value()
