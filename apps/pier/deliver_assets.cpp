#include "deliver_assets.hpp"

#include <algorithm>

#include <pier/core/id.hpp>

#include "service.hpp"

namespace pier::app {
namespace {

/// The id in what may have become a path relative to a list.
std::string asset_id(const std::string& master) {
  const std::string last = master.substr(master.rfind('/') + 1);
  return is_id("ast", last) ? last : std::string();
}

Result<deliver::Judged> newest_report(const net::Client& client, const std::string& id, const std::string& profile) {
  deliver::Judged judged;
  judged.asset = id;
  const auto answer = client.get("/v1/assets/" + id + "/report" + (profile.empty() ? "" : "?profile=" + profile));
  if (!answer && answer.error().code == ErrorCode::kNotFound) return judged;
  if (!answer) return Failure(answer.error());
  const json::object& report = answer->as_object();
  judged.report = string_or(report, "id", "");
  judged.profile = string_or(report, "profile", "");
  judged.verdict = string_or(report, "verdict", "");
  judged.created = string_or(report, "created", "");
  return judged;
}

/// Of all kinds, as the analysis counted them.
int64_t finding_count(const json::object& view) {
  int64_t count = 0;
  if (const auto totals = get_object(view, "findings")) {
    for (const auto& [kind, total] : *totals) count += total.is_object() ? int_or(total.as_object(), "count", 0) : 0;
  }
  return count;
}

Result<void> resolve(const net::Client& client, const deliver::Recipe& recipe, deliver::Episode& episode) {
  const std::string id = asset_id(episode.master);
  PIER_TRY(const json::value answer, client.get("/v1/assets/" + id));
  PIER_TRY(const json::object asset, get_object(answer.as_object(), "asset"));
  PIER_TRY(const json::object facts, get_object(asset, "facts"));
  PIER_TRY(episode.master, get_path(facts, "path"));
  const auto fill = [&](const char* word, const std::string& text) {
    if (!text.empty() && episode.words[word].empty()) episode.words[word] = text;
  };
  fill("title", string_or(asset, "title", ""));
  fill("in", string_or(asset, "in", ""));
  fill("out", string_or(asset, "out", ""));
  fill("asset", id);
  PIER_TRY(episode.judged, newest_report(client, id, recipe.demand_profile));
  episode.judged->findings = finding_count(answer.as_object());
  episode.judged->master_bytes = static_cast<uint64_t>(int_or(facts, "bytes", 0));
  return {};
}

}  // namespace

Result<void> resolve_assets(const Globals& globals, const deliver::Recipe& recipe,
                            std::vector<deliver::Episode>& episodes) {
  const auto names_asset = [](const deliver::Episode& episode) { return !asset_id(episode.master).empty(); };
  if (std::ranges::none_of(episodes, names_asset)) return {};
  PIER_TRY(const Connection connection, Connection::open(globals, "pier deliver"));
  for (deliver::Episode& episode : episodes) {
    if (names_asset(episode)) PIER_CHECK(resolve(connection.client(), recipe, episode));
  }
  return {};
}

}  // namespace pier::app
