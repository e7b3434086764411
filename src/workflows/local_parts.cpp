#include "local_parts.hpp"

#include <algorithm>
#include <thread>

namespace pier::workflows::impl {
namespace {

Result<Rational> rate_of(const std::string& text) {
  if (text.empty()) return Rational(0);
  const auto rate = parse_rational(text);
  if (!rate || rate->num <= 0 || rate->value() > 1000) {
    return fail(ErrorCode::kInvalidArgument,
                "--rate " + display_text(text) + " is no frame rate; give it as 24, 23.976 or 24000/1001");
  }
  return *rate;
}

}  // namespace

TaskRow local_row() {
  TaskRow row;
  row.organisation = "local";
  row.attempt = 1;
  row.memory_bytes = 8ULL << 30U;
  return row;
}

Beat beat_of(const LocalProgress& progress) {
  return [&progress](double fraction, int64_t frames) -> Result<void> {
    if (progress) progress(fraction, frames);
    return {};
  };
}

Result<media::Source> open_local(const LocalInput& input) {
  PIER_TRY(const Rational rate, rate_of(input.rate));
  PIER_TRY(media::Source source, media::open_input(input.path, rate));
  if (!input.rate.empty() && !source.sequence) {
    return fail(ErrorCode::kInvalidArgument,
                "--rate is for image sequences, which " + display_text(input.path) + " is not; leave it out");
  }
  return source;
}

Result<json::object> probe_input(sandbox::Spawner& spawner, const LocalInput& input, bool quick, bool identify,
                                 const LocalProgress& progress) {
  Work work;
  PIER_TRY(work.source, open_local(input));
  work.params = {{"identify", identify}, {"quick", quick}, {"any_file", true}};
  return run_child(spawner, kProbeTask, local_row(), work, beat_of(progress), {});
}

Result<void> add_files(const std::vector<std::string>& paths, Work& work) {
  for (const std::string& path : paths) {
    PIER_TRY(UniqueFd file, open_read(path));
    PIER_TRY(const FileState state, file_state(file.get()));
    if (!state.regular) return fail(ErrorCode::kInvalidArgument, display_text(path) + " is no file");
    work.inputs.push_back(std::move(file));
  }
  return {};
}

int64_t local_threads() {
  // Each thread holds a few pictures; with more than these a 4K picture would take the analysis beyond 2 GiB.
  return std::clamp<int64_t>(static_cast<int64_t>(std::thread::hardware_concurrency()), 1, 8);
}

}  // namespace pier::workflows::impl
