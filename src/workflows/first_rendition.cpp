#include "first_rendition.hpp"

#include <algorithm>
#include <vector>

#include "costs.hpp"

namespace pier::workflows::impl {
namespace {

constexpr int kMostLines = 720;
constexpr double kWorthSeconds = 2 * 3600;
constexpr double kMostShare = 0.25;

bool is_avc(const RungCost& rung) {
  return rung.codec == media::Codec::kAvc;
}

/// Whether `a` is the better first rendition.
bool is_better(const RungCost& a, const RungCost& b) {
  if (is_avc(a) != is_avc(b)) return is_avc(a);
  const bool small = a.short_side <= kMostLines;
  if (is_avc(a) && small != (b.short_side <= kMostLines)) return small;
  if (is_avc(a) && small && a.short_side != b.short_side) return a.short_side > b.short_side;
  return a.cost < b.cost;
}

std::vector<size_t> video_rungs(std::span<const RungCost> rungs) {
  std::vector<size_t> found;
  for (size_t i = 0; i < rungs.size(); i++) {
    if (rungs[i].kind == transcode::RungKind::kVideo) found.push_back(i);
  }
  return found;
}

Failure no_such_rung(const std::string& wish, std::span<const RungCost> rungs, const std::vector<size_t>& videos) {
  std::string names;
  for (const size_t i : videos) names += (names.empty() ? "" : ", ") + rungs[i].name;
  return fail(ErrorCode::kInvalidArgument, "the first rendition cannot be \"" + display_text(wish) +
                                               "\": the video rungs of this publication are " + names);
}

std::vector<RungCost> costs_of(const transcode::PublishPlan& plan) {
  std::vector<RungCost> costs;
  const std::vector<transcode::PlannedRung>& rungs = plan.chunks.front().rungs;
  for (size_t i = 0; i < rungs.size(); i++) {
    const colour::PictureSpec& picture = rungs[i].picture;
    RungCost one{rungs[i].rung.name, rungs[i].rung.kind, rungs[i].rung.codec, std::min(picture.width, picture.height)};
    for (size_t chunk = 0; chunk < plan.chunks.size(); chunk++)
      one.cost += encode_demand(with_rungs(plan.chunks[chunk], {i}), {}, plan.complexity[chunk]).cost;
    costs.push_back(std::move(one));
  }
  return costs;
}

}  // namespace

Result<std::optional<size_t>> choose_first(const std::string& wish, std::span<const RungCost> rungs) {
  const std::vector<size_t> videos = video_rungs(rungs);
  if (wish == "no") return std::optional<size_t>();
  if (wish != "auto") {
    const auto named = std::ranges::find_if(videos, [&](size_t i) { return rungs[i].name == wish; });
    if (named == videos.end()) return no_such_rung(wish, rungs, videos);
    return videos.size() > 1 ? std::optional(*named) : std::nullopt;
  }
  if (videos.size() < 2) return std::optional<size_t>();
  size_t first = videos.front();
  double all = 0;
  for (const size_t i : videos) {
    if (is_better(rungs[i], rungs[first])) first = i;
    all += rungs[i].cost;
  }
  const bool worth = all >= kWorthSeconds && rungs[first].cost <= kMostShare * all;
  return worth ? std::optional(first) : std::nullopt;
}

Result<std::optional<size_t>> first_track(const transcode::PublishPlan& plan, const std::string& wish) {
  return choose_first(wish, costs_of(plan));
}

json::object partly(json::object grid, const json::array& expected, const std::string& job_id) {
  grid["expected"] = expected;
  grid["job"] = job_id;
  return grid;
}

Result<json::value> partly_view(Session& session, const catalogue::AssetRow& asset,
                                std::span<const catalogue::TrackRow> tracks) {
  const json::object* grid = asset.grid.if_object();
  if (asset.publication == 0 || grid == nullptr || !grid->contains("expected")) return json::value();
  json::array out;
  for (const catalogue::TrackRow& track : tracks) out.emplace_back(track.rung);
  const std::string job = string_or(*grid, "job", "");
  json::object view{{"out", std::move(out)}, {"expected", grid->at("expected")}, {"job", job}};
  if (asset.state == catalogue::AssetState::kPublishing) {
    PIER_TRY(view["fraction"], jobs::fraction_of(session, job, kEncodeTask.name, kLater));
  }
  return view;
}

}  // namespace pier::workflows::impl
