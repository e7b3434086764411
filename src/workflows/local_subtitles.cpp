#include <cerrno>

#include <sys/mman.h>

#include <pier/core/file.hpp>
#include <pier/packaging/track.hpp>
#include <pier/subtitles/retiming.hpp>
#include <pier/subtitles/writing.hpp>
#include <pier/workflows/local.hpp>

#include "broadcast_captions.hpp"
#include "child.hpp"
#include "local_parts.hpp"

namespace pier::workflows {
namespace {

using namespace impl;

Result<subtitles::Format> target(const SubtitlesRequest& request) {
  if (!request.to.empty()) return subtitles::format_from(request.to);
  if (const auto format = subtitles::format_of_name(request.output)) return *format;
  return fail(ErrorCode::kInvalidArgument, "the name " + display_text(request.output) +
                                               " does not say what to write; give --to srt, webvtt, imsc or ebu-stl");
}

Result<json::object> params_of(const SubtitlesRequest& request) {
  PIER_TRY(const subtitles::Format to, target(request));
  if (is_broadcast(request.from)) {
    PIER_CHECK(check_service(request.from, request.service));
    if (!request.encoding.empty())
      return fail(ErrorCode::kInvalidArgument, request.from + " has its own characters; leave --encoding out");
  } else {
    if (!request.from.empty()) PIER_CHECK(subtitles::format_from(request.from));
    if (request.service != 0)
      return fail(ErrorCode::kInvalidArgument, "--service belongs to --from cea-608, cea-708 or teletext");
  }
  if (!request.language.empty() && packaging::language_tag(request.language).empty())
    return fail(ErrorCode::kInvalidArgument,
                "--language " + display_text(request.language) + " is no language tag; give it as zh-Hans, en or ja");
  subtitles::Retiming retiming;
  if (!request.shift.empty()) {
    PIER_TRY(retiming.shift, subtitles::parse_shift(request.shift));
  }
  if (!request.rate.empty()) {
    PIER_TRY(retiming.stretch, subtitles::parse_rate_change(request.rate));
  }
  return json::object{{"from", request.from},
                      {"to", subtitles::to_string(to)},
                      {"encoding", display_text(request.encoding)},
                      {"language", request.language},
                      {"service", request.service},
                      {"stretch", json::array{retiming.stretch.num, retiming.stretch.den}},
                      {"shift", json::array{retiming.shift.num, retiming.shift.den}}};
}

Result<void> copy_out(int fd, const std::string& path) {
  PIER_TRY(const FileState state, file_state(fd));
  Bytes bytes(state.size);
  PIER_TRY(const size_t count, read_at(fd, 0, bytes));
  return replace_file(path, ByteView(bytes).first(count));
}

/// A media file is opened as such, a subtitle file is one input.
Result<void> open_input(const SubtitlesRequest& request, Work& work) {
  if (is_broadcast(request.from)) {
    PIER_TRY(work.source, open_local({request.input, {}}));
    return {};
  }
  PIER_TRY(UniqueFd input, open_read(request.input));
  PIER_TRY(const FileState state, file_state(input.get()));
  if (!state.regular) return fail(ErrorCode::kInvalidArgument, display_text(request.input) + " is no file");
  work.inputs.push_back(std::move(input));
  return {};
}

}  // namespace

Result<json::object> convert_subtitles(const SubtitlesRequest& request) {
  Work work;
  PIER_TRY(work.params, params_of(request));
  PIER_CHECK(open_input(request, work));
  work.scratch = UniqueFd(::memfd_create("pier-subtitles", MFD_CLOEXEC));
  if (!work.scratch) return Failure(errno_error(errno, "cannot make room for the subtitles"));
  PIER_TRY(const UniqueFd written, work.scratch.duplicate());
  sandbox::Spawner spawner;
  const LocalProgress quiet;
  auto found = run_child(spawner, kSubtitlesTask, local_row(), work, beat_of(quiet), {});
  if (!found) return fail_in(display_text(request.input), std::move(found).error());
  for (const char* measured : {"peak_rss", "cpu_seconds", "wall_seconds"}) found->erase(measured);
  PIER_CHECK(copy_out(written.get(), request.output));
  return found;
}

}  // namespace pier::workflows
