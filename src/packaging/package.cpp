#include <algorithm>
#include <set>

#include <pier/packaging/package.hpp>

namespace pier::packaging {
namespace {

Result<void> check_track(const PackageTrack& track) {
  const auto bad = [&track](std::string_view what) {
    return fail(ErrorCode::kInvalidArgument, "track \"" + display_text(track.name) + "\" " + std::string(what));
  };
  if (!is_track_name(track.name)) return bad("does not have a name that can stand in a URL");
  if (!is_utf8(track.label)) return bad("has a label that is not UTF-8");
  if (track.index.segments().empty()) return bad("has no segments");
  if (track.description.kind != track.index.kind()) return bad("has the index of another kind of track");
  return check(track.description);
}

}  // namespace

Result<void> check(const Package& package) {
  if (!is_utf8(package.title)) return fail(ErrorCode::kInvalidArgument, "the title is not UTF-8");
  std::set<std::string_view> names;
  bool playable = false;
  for (const PackageTrack& track : package.tracks) {
    PIER_CHECK(check_track(track));
    if (!names.insert(track.name).second) {
      return fail(ErrorCode::kInvalidArgument, "two tracks are named \"" + track.name + "\"");
    }
    playable = playable || track.description.kind == TrackKind::kVideo || track.description.kind == TrackKind::kAudio;
  }
  if (!playable) return fail(ErrorCode::kInvalidArgument, "the package has no track to play");
  return {};
}

Rational duration(const Package& package) {
  Rational longest;
  for (const PackageTrack& track : package.tracks) {
    if (track.description.kind != TrackKind::kVideo && track.description.kind != TrackKind::kAudio) continue;
    longest = std::max(longest, track.description.seconds(track.index.end_time()));
  }
  return longest;
}

}  // namespace pier::packaging
