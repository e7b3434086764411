#pragma once
// Which picture track of a publication is made, verified and published before the others, and the order that takes.

#include <optional>
#include <span>
#include <string>

#include <pier/media/encode.hpp>
#include <pier/transcode/plan.hpp>

#include "task_kind.hpp"

namespace pier::workflows::impl {

/// Priorities of a publication's tasks. What the first rendition needs goes before all other encodes; assemblies go
/// before encodes, so that chunks do not lie about.
inline constexpr int64_t kLater = 0, kLaterAssembly = 1, kFirst = 2, kFirstAssembly = 3, kFirstPublication = 4;

/// A track of the plan; `cost`: of encoding all of it, core seconds.
struct RungCost {
  std::string name;
  transcode::RungKind kind = transcode::RungKind::kVideo;
  media::Codec codec = media::Codec::kUnknown;
  int short_side = 0;
  double cost = 0;
};

/// Place in `rungs` of the first rendition; nullopt: all are published at once. `wish` is "auto", "no" or the name of a
/// video rung (kInvalidArgument: there is none of that name). "auto" takes what most players play, the largest H.264
/// rung of up to 720 lines, else the cheapest H.264 rung, else the cheapest; and only when that is worth reading the
/// master twice: all together cost two hours of a core or more, and the first rendition a quarter of it or less. A
/// publication with a single video rung has no first one.
Result<std::optional<size_t>> choose_first(const std::string& wish, std::span<const RungCost> rungs);

/// The same of a plan, by what its tracks are expected to cost.
Result<std::optional<size_t>> first_track(const transcode::PublishPlan& plan, const std::string& wish);

/// Grid of a publication of which more follows: with "expected", the names of the rungs that are not out yet, and
/// "job", which makes them.
json::object partly(json::object grid, const json::array& expected, const std::string& job_id);

/// {"out", "expected", "job", "fraction"?} of an asset of which only a first rendition is published; null of all
/// others. "fraction": of the encodes that are still missing, while they go on.
Result<json::value> partly_view(Session& session, const catalogue::AssetRow& asset,
                                std::span<const catalogue::TrackRow> tracks);

}  // namespace pier::workflows::impl
