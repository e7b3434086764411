// Forecasts of an Engine: of jobs in the queue, and of a request that is not handed in yet.

#include <algorithm>

#include <pier/analysis/profile.hpp>
#include <pier/catalogue/organisation.hpp>
#include <pier/core/log.hpp>
#include <pier/media/facts.hpp>

#include "engine_impl.hpp"
#include "foresight.hpp"
#include "hdr10_plus_file.hpp"
#include "local_parts.hpp"
#include "subtitle_files.hpp"

namespace pier::workflows {
namespace impl {
namespace {

using namespace std::chrono_literals;

constexpr auto kGlance = 20s;  // at most, for what a file says about itself
constexpr auto kForeseenFor = 1s;
constexpr size_t kMostForeseen = 200;

Result<ExpectedPublication> glance(sandbox::Spawner& spawner, const PublishRequest& request,
                                   const EngineOptions& options) {
  Work work;
  PIER_TRY(work.source, media::open_source(request.path));
  const uint64_t bytes = work.source->total_bytes();
  work.params = {{"identify", false}, {"quick", true}};
  const auto end = std::chrono::steady_clock::now() + kGlance;
  const Beat beat = [&](double, int64_t) -> Result<void> {
    if (std::chrono::steady_clock::now() < end) return {};
    return fail(ErrorCode::kTimeout, "looking into " + display_text(request.path) + " takes too long to forecast it");
  };
  PIER_TRY(const json::object probed, run_child(spawner, kProbeTask, local_row(), work, beat, {}));
  PIER_TRY(const json::object facts_json, get_object(probed, "facts"));
  PIER_TRY(media::Facts facts, media::facts_from_json(facts_json));
  facts.bytes = std::max(facts.bytes, bytes);
  return expect_publication(facts, facts_json, request, options);
}

/// Before any worker is known this process's own slots count: they are about to be started.
void add_own_slots(Outlook& outlook, const EngineOptions& options) {
  if (outlook.workers.empty() && options.slots > 0)
    outlook.workers.push_back({options.slots, options.memory_bytes, options.tags});
}

}  // namespace

json::value look_ahead(sandbox::Spawner& spawner, const PublishRequest& request, const EngineOptions& options) {
  const Result<ExpectedPublication> expected = glance(spawner, request, options);
  if (expected) return packed(expected->tasks);
  // The job will say what is wrong with its master.
  log::info("a publication cannot be forecast yet",
            {{"path", display_text(request.path)}, {"message", expected.error().message}});
  return nullptr;
}

}  // namespace impl

Result<json::object> Engine::Impl::forecast(database::Session& session, const std::string& job_id) {
  const auto now = std::chrono::steady_clock::now();
  {
    std::lock_guard guard(foreseen_mutex);
    const auto found = foreseen.find(job_id);
    if (found != foreseen.end() && now - found->second.at < impl::kForeseenFor) return found->second.forecast;
  }
  PIER_TRY(impl::Outlook outlook, impl::read_outlook(session));
  impl::add_own_slots(outlook, options);
  PIER_TRY(const impl::OwnShare own, impl::read_own_share(session, job_id));
  json::object view = impl::to_json(impl::foresee(outlook, own, job_id), session.now(), options.prices);
  std::lock_guard guard(foreseen_mutex);
  if (foreseen.size() >= impl::kMostForeseen) foreseen.clear();
  foreseen[job_id] = {now, view};
  return view;
}

Result<json::object> Engine::estimate(const PublishRequest& request) {
  if (!request.profile.empty()) PIER_CHECK(analysis::load_profile(request.profile));
  PIER_CHECK(impl::read_subtitles(x_impl->spawner, request));
  PIER_CHECK(impl::read_hdr10_plus(x_impl->spawner, request.hdr10_plus));
  PIER_TRY(impl::ExpectedPublication expected, impl::glance(x_impl->spawner, request, x_impl->options));
  PIER_TRY(database::Snapshot snapshot, x_impl->database->read());
  PIER_TRY(impl::Outlook outlook, impl::read_outlook(snapshot));
  impl::add_own_slots(outlook, x_impl->options);
  jobs::OpenJob job{"", request.organisation, 1, impl::packed(expected.tasks)};
  PIER_TRY(const std::vector<catalogue::OrganisationRow> organisations, catalogue::list_organisations(snapshot));
  const auto known = std::ranges::find(organisations, request.organisation, &catalogue::OrganisationRow::id);
  if (known != organisations.end()) job.weight = known->weight;
  outlook.jobs.push_back(std::move(job));
  json::object view = std::move(expected.about);
  view["forecast"] = impl::to_json(impl::foresee(outlook, {}, ""), snapshot.now(), x_impl->options.prices);
  return view;
}

}  // namespace pier::workflows
