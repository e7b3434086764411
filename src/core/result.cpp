#include <array>
#include <cerrno>
#include <system_error>

#include <pier/core/result.hpp>

namespace pier {
namespace {

struct CodeInfo {
  ErrorCode code;
  std::string_view name;
  int status;
};

constexpr std::array kCodes{
    CodeInfo{ErrorCode::kInvalidArgument, "invalid_argument", 400},
    CodeInfo{ErrorCode::kNotFound, "not_found", 404},
    CodeInfo{ErrorCode::kAlreadyExists, "already_exists", 409},
    CodeInfo{ErrorCode::kConflict, "conflict", 409},
    CodeInfo{ErrorCode::kInUse, "in_use", 409},
    CodeInfo{ErrorCode::kPermission, "permission", 403},
    CodeInfo{ErrorCode::kUnauthenticated, "unauthenticated", 401},
    CodeInfo{ErrorCode::kInputDamaged, "input_damaged", 422},
    CodeInfo{ErrorCode::kInputUnsupported, "input_unsupported", 422},
    CodeInfo{ErrorCode::kInputChanged, "input_changed", 409},
    CodeInfo{ErrorCode::kTruncated, "truncated", 422},
    CodeInfo{ErrorCode::kTooLarge, "too_large", 413},
    CodeInfo{ErrorCode::kNoSpace, "no_space", 507},
    CodeInfo{ErrorCode::kIo, "io", 500},
    CodeInfo{ErrorCode::kTimeout, "timeout", 504},
    CodeInfo{ErrorCode::kCancelled, "cancelled", 409},
    CodeInfo{ErrorCode::kOverloaded, "overloaded", 503},
    CodeInfo{ErrorCode::kCrashed, "crashed", 500},
    CodeInfo{ErrorCode::kVerifyFailed, "verify_failed", 500},
    CodeInfo{ErrorCode::kNotConform, "not_conform", 422},
    CodeInfo{ErrorCode::kInternal, "internal", 500},
};

const CodeInfo& info(ErrorCode code) {
  for (const CodeInfo& entry : kCodes) {
    if (entry.code == code) return entry;
  }
  return kCodes.back();
}

ErrorCode code_of_errno(int number) {
  switch (number) {
    case ENOENT:
    case ENOTDIR:
      return ErrorCode::kNotFound;
    case EEXIST:
    case ENOTEMPTY:
      return ErrorCode::kAlreadyExists;
    case EACCES:
    case EPERM:
    case EROFS:
      return ErrorCode::kPermission;
    case ENOSPC:
    case EDQUOT:
      return ErrorCode::kNoSpace;
    case EFBIG:
      return ErrorCode::kTooLarge;
    case ENAMETOOLONG:
    case ELOOP:
    case EISDIR:
      return ErrorCode::kInvalidArgument;
    case EBUSY:
    case ETXTBSY:
    case EADDRINUSE:
      return ErrorCode::kInUse;
    case ETIMEDOUT:
      return ErrorCode::kTimeout;
    case ECANCELED:
      return ErrorCode::kCancelled;
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case EAGAIN:
      return ErrorCode::kOverloaded;
    default:
      return ErrorCode::kIo;
  }
}

}  // namespace

std::string_view to_string(ErrorCode code) {
  return info(code).name;
}

ErrorCode error_code_from(std::string_view name) {
  for (const CodeInfo& entry : kCodes) {
    if (entry.name == name) return entry.code;
  }
  return ErrorCode::kInternal;
}

int http_status(ErrorCode code) {
  return info(code).status;
}

int exit_code(ErrorCode code) {
  return code == ErrorCode::kNotConform || code == ErrorCode::kVerifyFailed ? 1 : 2;
}

Error errno_error(int number, std::string_view what) {
  return {code_of_errno(number), std::string(what) + ": " + std::generic_category().message(number),
          "errno " + std::to_string(number)};
}

}  // namespace pier
