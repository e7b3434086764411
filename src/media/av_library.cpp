#include <cerrno>
#include <cstdarg>
#include <cstdlib>
#include <mutex>

#include <pier/core/log.hpp>

#include "av_handles.hpp"

namespace pier::media {
namespace {

void forward_log(void* context, int level, const char* format, va_list arguments) {
  if (level > AV_LOG_WARNING) return;
  char line[1024];
  int print_prefix = 1;
  av_log_format_line2(context, level, format, arguments, line, sizeof line, &print_prefix);
  std::string_view text(line);
  while (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  log::debug("ffmpeg", {{"line", display_text(text)}});
}

ErrorCode code_of(int status) {
  switch (status) {
    case AVERROR_INVALIDDATA:
      return ErrorCode::kInputDamaged;
    case AVERROR_EOF:
      return ErrorCode::kTruncated;
    case AVERROR_EXIT:
      return ErrorCode::kTimeout;
    case AVERROR_PATCHWELCOME:
    case AVERROR_DECODER_NOT_FOUND:
    case AVERROR_DEMUXER_NOT_FOUND:
    case AVERROR_ENCODER_NOT_FOUND:
    case AVERROR_PROTOCOL_NOT_FOUND:
      return ErrorCode::kInputUnsupported;
    case AVERROR(ENOMEM):
      return ErrorCode::kTooLarge;
    case AVERROR(EIO):
      return ErrorCode::kIo;
    case AVERROR(ENOENT):
      return ErrorCode::kNotFound;
    case AVERROR(EACCES):
      return ErrorCode::kPermission;
    case AVERROR(EINVAL):
      return ErrorCode::kInputDamaged;
    default:
      return ErrorCode::kInputDamaged;
  }
}

}  // namespace

void prepare_av_library() {
  static std::once_flag once;
  std::call_once(once, [] {
    av_log_set_level(AV_LOG_WARNING);
    av_log_set_callback(forward_log);
    setenv("SVT_LOG", "-1", 0);  // SVT-AV1 writes to standard error itself
  });
}

Error av_error(int status, std::string_view what) {
  char text[AV_ERROR_MAX_STRING_SIZE] = {};
  av_strerror(status, text, sizeof text);
  return Error{code_of(status), std::string(what) + ": " + text, "libav status " + std::to_string(status)};
}

AVRational rational_to_av(Rational value) {
  AVRational result{0, 1};
  av_reduce(&result.num, &result.den, value.num, value.den, INT32_MAX);
  return result;
}

}  // namespace pier::media
