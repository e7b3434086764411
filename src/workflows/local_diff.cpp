#include <pier/analysis/difference.hpp>
#include <pier/core/file.hpp>
#include <pier/media/facts.hpp>
#include <pier/workflows/local.hpp>

#include "child.hpp"
#include "local_parts.hpp"

namespace pier::workflows {
namespace {

using namespace impl;

struct Version {
  std::string path;
  json::object facts_json;
  media::Facts facts;
  media::Source source;
};

Result<Version> open_version(sandbox::Spawner& spawner, const std::string& path, const LocalProgress& progress) {
  Version version;
  version.path = path;
  const LocalInput input{path, {}};
  PIER_TRY(const json::object probed, probe_input(spawner, input, false, false, progress));
  PIER_TRY(version.facts_json, get_object(probed, "facts"));
  PIER_TRY(version.facts, media::facts_from_json(version.facts_json));
  PIER_TRY(version.source, open_local(input));
  if (version.source.sequence)
    return fail(ErrorCode::kInputUnsupported, display_text(path) + " is an image sequence; those are not compared");
  return version;
}

json::object describe(const Version& version) {
  json::object side{{"timecode", version.facts.timecode}};
  put_path(side, "path", version.path);
  if (version.facts.main_video < 0) return side;
  const Rational rate = version.facts.video[static_cast<size_t>(version.facts.main_video)].frame_rate;
  side["frame_rate"] = json::array{rate.num, rate.den};
  return side;
}

}  // namespace

Result<json::object> diff_files(const std::string& old_path, const std::string& new_path,
                                const LocalProgress& progress) {
  const auto part = [&progress](double from, double share) {
    return [&progress, from, share](double fraction, int64_t frames) {
      if (progress) progress(from + share * fraction, frames);
    };
  };
  sandbox::Spawner spawner;
  PIER_TRY(Version before, open_version(spawner, old_path, part(0, 0.1)));
  PIER_TRY(Version after, open_version(spawner, new_path, part(0.1, 0.1)));
  Work work;
  work.params = {{"old", before.facts_json}, {"new", after.facts_json}, {"threads", local_threads()}};
  work.source = std::move(before.source);
  work.other = std::move(after.source);
  const LocalProgress compared = part(0.2, 0.8);
  PIER_TRY(json::object found, run_child(spawner, kDiffTask, local_row(), work, beat_of(compared), {}));
  for (const char* measured : {"peak_rss", "cpu_seconds", "wall_seconds"}) found.erase(measured);
  found["tags"] = analysis::changed_facts(before.facts_json, after.facts_json);
  found["old"] = describe(before);
  found["new"] = describe(after);
  return found;
}

}  // namespace pier::workflows
