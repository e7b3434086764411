#include "hdr10_plus_file.hpp"

#include <cerrno>

#include <sys/mman.h>

#include <pier/core/file.hpp>
#include <pier/transcode/chunk.hpp>
#include <pier/workflows/local.hpp>

#include "child.hpp"
#include "local_parts.hpp"

namespace pier::workflows {
namespace impl {
namespace {

constexpr uint64_t kMostRuns = uint64_t{1} << 30U;  // bytes; hex doubles what a picture carries

Result<UniqueFd> scratch() {
  UniqueFd fd(::memfd_create("pier-hdr10-plus", MFD_CLOEXEC));
  if (!fd) return Failure(errno_error(errno, "cannot make room for HDR10+ metadata"));
  return fd;
}

Result<std::string> content_of(int fd) {
  PIER_TRY(const FileState state, file_state(fd));
  std::string text(state.size, '\0');
  PIER_TRY(const size_t count, read_at(fd, 0, std::as_writable_bytes(std::span(text))));
  text.resize(count);
  return text;
}

/// What the task puts into its scratch file, beside what it says.
Result<std::string> run_task(sandbox::Spawner& spawner, Work& work, const LocalProgress& progress,
                             json::object* said = nullptr) {
  PIER_TRY(work.scratch, scratch());
  PIER_TRY(const UniqueFd written, work.scratch.duplicate());
  PIER_TRY(json::object found, run_child(spawner, kHdr10PlusTask, local_row(), work, beat_of(progress), {}));
  if (said != nullptr) *said = std::move(found);
  return content_of(written.get());
}

Result<UniqueFd> open_json(const std::string& path) {
  PIER_TRY(UniqueFd input, open_read(path));
  PIER_TRY(const FileState state, file_state(input.get()));
  if (!state.regular) return fail(ErrorCode::kInvalidArgument, "it is no file");
  if (state.size > kMostHdr10PlusJson) return fail(ErrorCode::kTooLarge, "it has more than 256 MiB");
  return input;
}

}  // namespace

Result<std::string> read_hdr10_plus(sandbox::Spawner& spawner, const std::string& path) {
  if (path.empty()) return std::string();
  const std::string where = "HDR10+ metadata " + display_text(path);
  Work work;
  auto input = open_json(path);
  if (!input) return fail_in(where, std::move(input).error());
  work.inputs.push_back(std::move(*input));
  const LocalProgress quiet;
  auto runs = run_task(spawner, work, quiet);
  if (!runs) return fail_in(where, std::move(runs).error());
  return runs;
}

Result<ObjectInfo> take_hdr10_plus(Context& context, const std::string& organisation, const std::string& runs) {
  PIER_TRY(const ObjectKey key, storage::new_key(organisation, "hdr10plus"));
  return storage::put(context.store, key, as_bytes(runs));
}

Result<std::vector<Bytes>> given_hdr10_plus(Context& context, const TaskRow& task) {
  const std::string name = string_or(task.params.as_object(), "hdr10_plus", "");
  if (name.empty()) return std::vector<Bytes>();
  PIER_TRY(const ObjectKey key, storage::parse_key(name));
  PIER_TRY(const Bytes bytes, storage::read_all(context.store, key, kMostRuns));
  PIER_TRY(const json::value runs, parse_json({reinterpret_cast<const char*>(bytes.data()), bytes.size()}));
  if (!runs.is_array()) return fail(ErrorCode::kInternal, "kept HDR10+ metadata is no list");
  return transcode::payloads_of(runs.as_array());
}

}  // namespace impl

Result<json::object> write_hdr10_plus(const LocalInput& input, const std::string& output,
                                      const LocalProgress& progress) {
  impl::Work work;
  PIER_TRY(work.source, impl::open_local(input));
  sandbox::Spawner spawner;
  json::object said;
  auto text = impl::run_task(spawner, work, progress, &said);
  if (!text) return fail_in(display_text(input.path), std::move(text).error());
  for (const char* measured : {"peak_rss", "cpu_seconds", "wall_seconds"}) said.erase(measured);
  PIER_CHECK(replace_file(output, as_bytes(*text)));
  return said;
}

}  // namespace pier::workflows
