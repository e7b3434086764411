#include <filesystem>
#include <thread>

#include <pier/analysis/analyse.hpp>
#include <pier/analysis/profile.hpp>
#include <pier/analysis/report.hpp>
#include <pier/media/facts.hpp>
#include <pier/workflows/local.hpp>

#include "child.hpp"

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

Result<json::object> run_probe(sandbox::Spawner& spawner, const std::string& path, bool quick,
                               const LocalProgress& progress) {
  Work work;
  PIER_TRY(work.source, media::open_source(path));
  work.params = {{"identify", false}, {"quick", quick}, {"any_file", true}};
  PIER_TRY(const json::object result, run_child(spawner, kProbeTask, local_row(), work, beat_of(progress), {}));
  return get_object(result, "facts");
}

}  // namespace

Result<json::object> probe_file(const std::string& path, bool quick, const LocalProgress& progress) {
  sandbox::Spawner spawner;
  return run_probe(spawner, path, quick, progress);
}

Result<json::object> check_file(const std::string& path, const std::string& profile_name,
                                const LocalProgress& progress) {
  sandbox::Spawner spawner;
  PIER_TRY(const json::object facts_json, run_probe(spawner, path, false, {}));
  PIER_TRY(const media::Facts facts, media::facts_from_json(facts_json));
  PIER_TRY(const analysis::Profile profile,
           analysis::load_profile(profile_name.empty() ? analysis::choose_profile(facts).id : profile_name));
  const bool decodable = facts.main_video >= 0 && facts.video[static_cast<size_t>(facts.main_video)].decodable;
  std::optional<analysis::AnalysisResult> analysed;
  if (decodable) {
    PIER_TRY(const TemporaryDirectory directory, TemporaryDirectory::make());
    PIER_TRY(const auto store, storage::open_directory_store(directory.path()));
    Work work;
    PIER_TRY(work.source, media::open_source(path));
    work.params = {{"facts", facts_json}, {"threads", static_cast<int64_t>(std::thread::hardware_concurrency())}};
    for (int i = 0; i < 2; i++) {
      PIER_TRY(const ObjectKey key, storage::new_key("local", "analysis"));
      PIER_TRY(auto writer, store->create(key));
      work.outputs.push_back(std::move(writer));
    }
    PIER_CHECK(run_child(spawner, kAnalyseTask, local_row(), work, beat_of(progress), {}));
    PIER_TRY(const ObjectInfo written, work.outputs[1]->commit());
    PIER_TRY(const Bytes text, storage::read_all(*store, written.key, 1ULL << 30U));
    PIER_TRY(const json::value parsed, parse_json(as_text(text)));
    PIER_TRY(analysed, analysis::analysis_result_from_json(parsed));
  }
  PIER_TRY(const analysis::Report report, analysis::judge(facts, analysed ? &*analysed : nullptr, profile));
  json::object result{{"facts", facts_json}, {"report", analysis::to_json(report)}};
  result["analysis"] = analysed ? json::value(analysis::to_json(*analysed)) : json::value(nullptr);
  return result;
}

}  // namespace pier::workflows
