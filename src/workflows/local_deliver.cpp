#include "local_deliver.hpp"

#include <cerrno>

#include <unistd.h>

#include <pier/deliver/receipt.hpp>
#include <pier/overlay/font.hpp>

namespace pier::workflows {
namespace impl {

Result<OpenedMaster> open_master_file(sandbox::Spawner& spawner, const LocalInput& input, bool identify,
                                      const LocalProgress& progress) {
  OpenedMaster master;
  PIER_TRY(const json::object probed, probe_input(spawner, input, false, identify, progress));
  PIER_TRY(master.facts, get_object(probed, "facts"));
  if (identify) {
    PIER_TRY(master.reference, get_object(probed, "reference"));
  }
  PIER_TRY(master.source, open_local(input));
  return master;
}

namespace {

/// Subtitles and fonts for the task, in its order.
Result<void> add_burn_files(const deliver::BurnWish& wish, Work& work) {
  PIER_TRY(std::vector<std::string> paths, overlay::font_paths(wish.font));
  paths.insert(paths.begin(), wish.file);
  return add_files(paths, work);
}

}  // namespace

Result<json::object> make_output(sandbox::Spawner& spawner, OpenedMaster master, const deliver::Wish& wish,
                                 const Programme& programme, const deliver::OutputFile& output,
                                 const LocalProgress& progress) {
  Work work;
  work.source = std::move(master.source);
  work.scratch = UniqueFd(::dup(output.fd()));
  if (!work.scratch) return Failure(errno_error(errno, "cannot write the file"));
  work.params = {{"facts", std::move(master.facts)},
                 {"wish", deliver::to_json(wish)},
                 {"in", programme.in},
                 {"out", programme.out},
                 {"threads", local_threads()}};
  if (wish.burn) PIER_CHECK(add_burn_files(*wish.burn, work));
  PIER_TRY(json::object made, run_child(spawner, kDeliverTask, local_row(), work, beat_of(progress), {}));
  for (const char* measured : {"peak_rss", "cpu_seconds", "wall_seconds"}) made.erase(measured);
  return made;
}

}  // namespace impl

Result<json::object> convert_file(const ConvertRequest& request, const LocalProgress& progress) {
  const auto part = [&progress](double from, double share) {
    return [&progress, from, share](double fraction, int64_t frames) {
      if (progress) progress(from + share * fraction, frames);
    };
  };
  deliver::Wish wish = request.wish;
  PIER_CHECK(deliver::check_words(wish));
  PIER_TRY(wish.container, deliver::container_of(request.output, wish.format));
  PIER_TRY(deliver::OutputFile output, deliver::OutputFile::create(request.output, request.replace));
  sandbox::Spawner spawner;
  PIER_TRY(impl::OpenedMaster master, impl::open_master_file(spawner, request.input, false, part(0, 0.04)));
  auto made = impl::make_output(spawner, std::move(master), wish, {request.in, request.out}, output, part(0.04, 0.96));
  if (!made) return fail_in(display_text(request.input.path), std::move(made).error());
  PIER_TRY(const deliver::Digests digests, deliver::digests_of(output.fd()));
  PIER_CHECK(output.publish());
  (*made)["bytes"] = digests.bytes;
  (*made)["sha256"] = digests.sha256;
  (*made)["md5"] = digests.md5;
  (*made)["format"] = wish.format;
  (*made)["container"] = media::to_string(wish.container);
  put_path(*made, "input", request.input.path);
  put_path(*made, "output", request.output);
  return made;
}

}  // namespace pier::workflows
