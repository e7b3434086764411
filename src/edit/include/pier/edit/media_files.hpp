#pragma once
// Which files a timeline speaks of.

#include <string>
#include <vector>

#include <pier/timeline/timeline.hpp>

namespace pier::edit {

struct MediaFile {
  std::string path;
  bool graphic = false;  // PNG or SVG, by its end
};

bool is_graphic(const std::string& path);

/// Puts the path of a file that exists into the `target` of every clip's media, and gives them, each once. A path is
/// relative to `folders.front()`, the folder of the timeline; "file://" is understood, other URLs are refused. Media
/// without a path are looked for in all folders by name and by reel, with any of the usual ends. kNotFound names the
/// clip and where was looked.
Result<std::vector<MediaFile>> find_media(timeline::Timeline& timeline, const std::vector<std::string>& folders);

}  // namespace pier::edit
