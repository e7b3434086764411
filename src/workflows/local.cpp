#include <algorithm>
#include <filesystem>

#include <fcntl.h>
#include <unistd.h>

#include <pier/analysis/analyse.hpp>
#include <pier/analysis/profile.hpp>
#include <pier/analysis/report.hpp>
#include <pier/core/id.hpp>
#include <pier/media/facts.hpp>
#include <pier/media/sequence.hpp>
#include <pier/reports/bundle.hpp>
#include <pier/reports/stills.hpp>
#include <pier/workflows/local.hpp>

#include "child.hpp"
#include "local_parts.hpp"

namespace pier::workflows {
namespace {

using namespace impl;

/// A directory that is gone when this is.
class TemporaryDirectory {
 public:
  static Result<TemporaryDirectory> make() {
    std::string path = (std::filesystem::temp_directory_path() / "pier-XXXXXX").string();
    if (::mkdtemp(path.data()) == nullptr)
      return Failure(errno_error(errno, "cannot make a temporary directory " + path));
    return TemporaryDirectory(std::move(path));
  }
  TemporaryDirectory(TemporaryDirectory&& other) noexcept : x_path(std::exchange(other.x_path, {})) {}
  TemporaryDirectory& operator=(TemporaryDirectory&&) = delete;
  ~TemporaryDirectory() {
    std::error_code ignored;
    if (!x_path.empty()) std::filesystem::remove_all(x_path, ignored);
  }
  const std::string& path() const { return x_path; }

 private:
  explicit TemporaryDirectory(std::string path) : x_path(std::move(path)) {}
  std::string x_path;
};

/// A task over one file, its outputs in a directory of its own.
class LocalTask {
 public:
  LocalTask(sandbox::Spawner& spawner, const LocalInput& input) : x_spawner(spawner), x_input(input) {}

  Result<void> run(const TaskKind& kind, json::object params, size_t outputs, const LocalProgress& progress) {
    PIER_TRY(auto directory, TemporaryDirectory::make());
    x_directory.emplace(std::move(directory));
    PIER_TRY(x_store, storage::open_directory_store(x_directory->path()));
    PIER_TRY(x_work.source, open_local(x_input));
    x_work.params = std::move(params);
    for (size_t i = 0; i < outputs; i++) {
      PIER_TRY(const ObjectKey key, storage::new_key("local", kind.name));
      PIER_TRY(auto writer, x_store->create(key));
      x_work.outputs.push_back(std::move(writer));
    }
    PIER_CHECK(run_child(x_spawner, kind, local_row(), x_work, beat_of(progress), {}));
    return {};
  }
  Result<Bytes> output(size_t index) {
    PIER_TRY(const ObjectInfo written, x_work.outputs[index]->commit());
    return storage::read_all(*x_store, written.key, 1ULL << 30U);
  }

 private:
  sandbox::Spawner& x_spawner;
  const LocalInput& x_input;
  std::optional<TemporaryDirectory> x_directory;
  std::unique_ptr<storage::ObjectStore> x_store;
  Work x_work;
};

json::value packed(const std::optional<Rational>& point) {
  if (!point) return nullptr;
  return json::array{point->num, point->den};
}

Result<reports::ProgrammeRange> range_of(const CheckRequest& request, const media::Facts& facts,
                                         const json::object& facts_json) {
  reports::ProgrammeRange range = reports::declared_range(facts);
  if (request.in.empty() && request.out.empty()) return range;
  range.origin = reports::RangeOrigin::kGiven;
  range.in_text = request.in;
  range.out_text = request.out;
  PIER_TRY(const Points points, programme_points(request.in, request.out, facts_json));
  range.in = points.in;
  range.out = points.out;
  return range;
}

Result<analysis::AnalysisResult> run_analysis(LocalTask task, const json::object& facts_json,
                                              const reports::ProgrammeRange& range, const LocalProgress& progress) {
  json::object params{{"facts", facts_json},
                      {"in", packed(range.in)},
                      {"out", packed(range.out)},
                      {"threads", local_threads()},
                      {"no_fingerprints", true}};
  PIER_CHECK(task.run(kAnalyseTask, std::move(params), 2, progress));
  PIER_TRY(const Bytes frames, task.output(0));
  PIER_TRY(const Bytes text, task.output(1));
  PIER_TRY(const json::value parsed, parse_json(as_text(text)));
  PIER_TRY(analysis::AnalysisResult result, analysis::analysis_result_from_json(parsed));
  PIER_TRY(result.frames, analysis::frame_table_from_bytes(frames));
  return result;
}

Result<reports::Stills> run_stills(LocalTask task, const json::object& facts_json,
                                   const std::vector<reports::StillRequest>& requests, const LocalProgress& progress) {
  if (requests.empty()) return reports::Stills();
  json::object params{{"facts", facts_json}, {"requests", reports::to_json(requests)}, {"threads", local_threads()}};
  PIER_CHECK(task.run(kStillsTask, std::move(params), 1, progress));
  PIER_TRY(const Bytes text, task.output(0));
  PIER_TRY(const json::value parsed, parse_json(as_text(text)));
  return reports::stills_from_json(parsed);
}

/// Whether it is an image sequence. Its every reader counts with the rate of its facts, whatever single headers say.
Result<bool> settle_rate(const media::Facts& facts, LocalInput& input) {
  if (facts.container != media::kSequenceContainer || facts.video.empty()) return false;
  const Rational rate = facts.video.front().frame_rate;
  if (rate.num <= 0) {
    return fail(ErrorCode::kInvalidArgument,
                "nothing in " + display_text(facts.path) + " says how many pictures are a second; say it with --rate");
  }
  input.rate = rate.to_string();
  return true;
}

reports::Master master_of(const media::SourceReference& reference) {
  reports::Master master{reference.path, to_hex(reference.sha256), {}};
  for (const media::SourceReference::File& file : reference.files)
    master.files.push_back({file.name, file.state.size, to_hex(file.sha256)});
  return master;
}

}  // namespace

Result<json::object> probe_file(const LocalInput& input, bool quick, const LocalProgress& progress) {
  sandbox::Spawner spawner;
  PIER_TRY(const json::object result, probe_input(spawner, input, quick, false, progress));
  return get_object(result, "facts");
}

Result<reports::Document> check_file(const CheckRequest& request, const LocalProgress& progress) {
  sandbox::Spawner spawner;
  PIER_TRY(const json::object probed, probe_input(spawner, request.input, false, true, {}));
  PIER_TRY(const json::object facts_json, get_object(probed, "facts"));
  PIER_TRY(const json::object reference_json, get_object(probed, "reference"));
  PIER_TRY(const media::SourceReference reference, media::reference_from_json(reference_json));
  reports::Document document;
  PIER_TRY(document.facts, media::facts_from_json(facts_json));
  const media::Facts& facts = document.facts;
  document.master = master_of(reference);
  LocalInput input = request.input;
  PIER_TRY(const bool sequence, settle_rate(facts, input));
  PIER_TRY(document.programme, range_of(request, facts, facts_json));
  PIER_TRY(const analysis::Profile profile,
           analysis::load_profile(request.profile.empty() ? analysis::choose_profile(facts).id : request.profile,
                                  analysis::profile_directories(), request.overlays));
  analysis::JudgeOptions judging;
  judging.today = analysis::day_of(Clock::system().now());
  if (!request.waivers.empty()) {
    PIER_TRY(judging.waivers, analysis::load_waivers(request.waivers));
  }
  const bool decodable = facts.main_video >= 0 && facts.video[static_cast<size_t>(facts.main_video)].decodable;
  if (decodable || sequence) {
    PIER_TRY(document.analysis, run_analysis(LocalTask(spawner, input), facts_json, document.programme, progress));
    document.proposals = reports::propose_range(facts, *document.analysis);
  }
  PIER_TRY(document.report,
           analysis::judge(facts, document.analysis ? &*document.analysis : nullptr, profile, judging));
  document.rules_sha256 = reports::rules_digest(profile);
  document.overlay_sha256 = profile.overlay_digest;
  document.id = new_id("rpt");
  document.made = reports::local_time(Clock::system().now());
  document.program = request.program;
  if (request.stills && document.analysis && decodable) {
    const auto requests = reports::plan_stills(facts, *document.analysis, document.report);
    Result<reports::Stills> stills = run_stills(LocalTask(spawner, input), facts_json, requests, progress);
    if (stills) {
      document.stills = std::move(stills->made);
      document.stills_left_out = std::move(stills->left_out);
    } else {
      document.stills_left_out.push_back("no stills: " + stills.error().message);
    }
  }
  return document;
}

Result<json::object> bundle_finding(const std::string& path, const reports::Document& document,
                                    const std::string& finding, const std::string& folder,
                                    const LocalProgress& progress) {
  if (!document.analysis) return fail(ErrorCode::kNotFound, "the report has no findings: nothing was analysed");
  const auto& findings = document.analysis->findings;
  const auto found = std::ranges::find(findings, finding, &analysis::Finding::id);
  if (found == findings.end()) return fail(ErrorCode::kNotFound, "the report has no finding " + display_text(finding));
  Work work;
  LocalInput input{path, {}};
  PIER_CHECK(settle_rate(document.facts, input));
  PIER_TRY(work.source, open_local(input));
  PIER_TRY(const media::SourceReference reference, media::identify(*work.source));
  if (to_hex(reference.sha256) != document.master.sha256) {
    return fail(ErrorCode::kInputChanged,
                display_text(path) + " is not the master of this report (its SHA-256 differs); give the right file");
  }
  PIER_CHECK(make_directories(folder));
  const std::string draft = folder + "/.frames.mkv.part", pictures = folder + "/frames.mkv";
  work.scratch = UniqueFd(::open(draft.c_str(), O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC, 0666));
  if (!work.scratch) return Failure(errno_error(errno, "cannot write " + display_text(draft)));
  work.params = {
      {"facts", media::to_json(document.facts)}, {"finding", analysis::to_json(*found)}, {"threads", local_threads()}};
  sandbox::Spawner spawner;
  const auto answer = run_child(spawner, kBundleTask, local_row(), work, beat_of(progress), {});
  const int moved = answer ? ::rename(draft.c_str(), pictures.c_str()) : ::unlink(draft.c_str());
  if (!answer) return Failure(answer.error());
  if (moved != 0) return Failure(errno_error(errno, "cannot write " + display_text(pictures)));
  const json::object described = reports::bundle_case(document, *found, reports::bundled_frames_from_json(*answer));
  PIER_CHECK(replace_file(folder + "/case.json", as_bytes(pretty_json(described) + "\n")));
  return described;
}

}  // namespace pier::workflows
