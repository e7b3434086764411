// Assets and jobs as the API and the command line show them.

#include <algorithm>

#include <pier/catalogue/analysis.hpp>
#include <pier/catalogue/report.hpp>

#include "engine_impl.hpp"
#include "first_rendition.hpp"

namespace pier::workflows {
namespace impl {

Result<std::string> asset_of_job(Session& session, const std::string& job_id) {
  PIER_TRY(const std::vector<jobs::TaskRow> tasks, jobs::list_tasks(session, job_id));
  for (const jobs::TaskRow& task : tasks) {
    for (const json::value* value : {&task.params, &task.result}) {
      if (!value->is_object()) continue;
      const std::string id = string_or(value->as_object(), "asset", "");
      if (!id.empty()) return id;
    }
  }
  return std::string();
}

namespace {

constexpr size_t kMostTried = 20;

/// Tasks of which an attempt ended badly, with all that is known of those attempts.
Result<json::array> tried_view(Session& session, const std::string& job_id) {
  PIER_TRY(const std::vector<jobs::TaskRow> tried, jobs::tasks_with_bad_ends(session, job_id, kMostTried));
  json::array tries;
  for (const jobs::TaskRow& task : tried) {
    json::object one = jobs::to_json(task);
    json::array ends;
    for (const jobs::BadEnd& end : task.bad_ends) ends.emplace_back(jobs::to_json(end));
    one["bad_ends"] = std::move(ends);
    tries.emplace_back(std::move(one));
  }
  return tries;
}

json::object track_view(const catalogue::TrackRow& row) {
  json::object track = catalogue::to_json(row);
  track["kind"] = catalogue::to_string(row.kind);
  track["codec"] = row.codec;
  return track;
}

std::string verdict_of(const catalogue::ReportRow& report) {
  return std::string(catalogue::to_string(report.verdict));
}

/// The verdict of the asset is the newest under its own profile; it may have been judged by others since.
void add_reports(const std::vector<catalogue::ReportRow>& reports, const std::string& profile, json::object& view) {
  json::array list;
  for (const catalogue::ReportRow& report : reports) {
    list.emplace_back(json::object{{"id", report.id},
                                   {"profile", report.profile},
                                   {"verdict", verdict_of(report)},
                                   {"created", to_rfc3339(report.created)}});
  }
  view["reports"] = std::move(list);
  view["verdict"] = nullptr;
  if (reports.empty()) return;
  const auto own = std::ranges::find(reports, profile, &catalogue::ReportRow::profile);
  const catalogue::ReportRow& report = own != reports.end() ? *own : reports.front();
  view["report"] = report.body;
  view["verdict"] = verdict_of(report);
}

Result<json::object> asset_view(Session& session, const std::string& organisation, const std::string& id) {
  PIER_TRY(const catalogue::AssetRow asset, catalogue::show_asset(session, organisation, id));
  PIER_TRY(const std::vector<catalogue::TrackRow> rows, catalogue::list_tracks(session, organisation, id));
  PIER_TRY(const std::vector<catalogue::ReportRow> reports, catalogue::list_reports(session, organisation, id));
  json::array tracks;
  for (const catalogue::TrackRow& row : rows) tracks.emplace_back(track_view(row));
  json::object view{{"asset", catalogue::to_json(asset)}, {"tracks", std::move(tracks)}};
  PIER_TRY(json::value partly, partly_view(session, asset, rows));
  if (!partly.is_null()) view["partly"] = std::move(partly);
  add_reports(reports, asset.profile, view);
  if (const auto analysed = catalogue::find_analysis(session, organisation, id)) view["findings"] = analysed->totals;
  if (asset.publication > 0 && asset.state != catalogue::AssetState::kDeleted) {
    view["hls"] = "/media/" + id + "/hls.m3u8";
    view["dash"] = "/media/" + id + "/dash.mpd";
    view["play"] = "/play/" + id;
  }
  return view;
}

/// What of the asset of a job is out before the job is done; null when that is nothing, or the asset is gone.
Result<json::value> partly_view_of(Session& session, const std::string& organisation, const std::string& id) {
  const Result<catalogue::AssetRow> asset = catalogue::show_asset(session, organisation, id);
  if (!asset || asset->publication == 0) return json::value();
  PIER_TRY(const std::vector<catalogue::TrackRow> tracks, catalogue::list_tracks(session, organisation, id));
  return partly_view(session, *asset, tracks);
}

}  // namespace
}  // namespace impl

Result<json::object> Engine::asset_view(const std::string& organisation, const std::string& asset_id) {
  PIER_TRY(database::Snapshot snapshot, x_impl->database->read());
  return impl::asset_view(snapshot, organisation, asset_id);
}

Result<json::object> Engine::job_view(const std::string& organisation, const std::string& job_id) {
  PIER_TRY(database::Snapshot snapshot, x_impl->database->read());
  PIER_TRY(const jobs::JobRow job, jobs::show_job(snapshot, organisation, job_id));
  PIER_TRY(const jobs::JobProgress progress, jobs::progress(snapshot, job_id));
  json::object view{{"job", jobs::to_json(job)}, {"progress", jobs::to_json(progress)}};
  if (!jobs::is_ended(job.state)) {
    PIER_TRY(json::object forecast, x_impl->forecast(snapshot, job_id));
    // One number for the time left, that of the forecast.
    const json::value& left = forecast.at("seconds_left");
    view["progress"].as_object()["eta_seconds"] = left.is_object() ? left.at("likely") : json::value(nullptr);
    view["forecast"] = std::move(forecast);
  }
  PIER_TRY(const std::vector<jobs::UnservedTasks> unserved, jobs::unserved_tasks(snapshot, job_id));
  json::array waits;
  for (const jobs::UnservedTasks& tasks : unserved) waits.emplace_back(jobs::to_json(tasks));
  if (!waits.empty()) view["waits_for"] = std::move(waits);
  PIER_TRY(json::array tries, impl::tried_view(snapshot, job_id));
  if (!tries.empty()) view["tried"] = std::move(tries);
  PIER_TRY(const std::string asset, impl::asset_of_job(snapshot, job_id));
  if (!asset.empty()) {
    view["asset_id"] = asset;
    PIER_TRY(json::value partly, impl::partly_view_of(snapshot, organisation, asset));
    if (!partly.is_null()) view["partly"] = std::move(partly);
  }
  if (const auto trouble = x_impl->worker.trouble()) {
    view["trouble"] = json::object{{"code", to_string(trouble->code)}, {"message", trouble->message}};
  }
  return view;
}

}  // namespace pier::workflows
