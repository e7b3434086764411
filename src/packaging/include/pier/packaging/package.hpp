#pragma once
// The tracks that are published together: what the manifests are made from.

#include <string>
#include <vector>

#include <pier/packaging/names.hpp>
#include <pier/packaging/track_index.hpp>

namespace pier::packaging {

struct PackageTrack {
  std::string name;              // directory in the URLs (is_track_name), unique in the package
  TrackDescription description;  // index.description(), parsed once
  TrackIndexView index;          // borrowed: its bytes outlive the package
  std::string label;             // for people, any language, UTF-8; empty: made from language and layout
  bool is_default = false;       // sound, text: chosen when the viewer says nothing; no sound marked: the first
};

struct Package {
  std::string title;  // any language, UTF-8; may be empty
  std::vector<PackageTrack> tracks;
};

/// kInvalidArgument: no playable track, a name twice or not a track name, text that is not UTF-8, no segments.
Result<void> check(const Package& package);

/// Presentation end of the longest sound or video track, seconds.
Rational duration(const Package& package);

}  // namespace pier::packaging
