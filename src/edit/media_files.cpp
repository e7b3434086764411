#include <algorithm>
#include <filesystem>

#include <pier/core/bytes.hpp>
#include <pier/edit/media_files.hpp>

namespace pier::edit {
namespace {

namespace fs = std::filesystem;
using timeline::Item;
using timeline::MediaKind;

constexpr const char* kEnds[] = {"", ".mov", ".mxf", ".mp4", ".ts", ".mkv", ".wav", ".png", ".svg"};
constexpr size_t kMostFiles = 400;  // a child may hold 1024 descriptors

bool is_file(const fs::path& path) {
  std::error_code error;
  return fs::is_regular_file(path, error);
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/// RFC 8089, without a host: "file:///a%20b.mov".
Result<std::string> path_of(const std::string& target) {
  const size_t scheme = target.find("://");
  if (scheme == std::string::npos) return target;
  std::string_view rest = std::string_view(target).substr(scheme + 3);
  if (rest.starts_with("localhost/")) rest.remove_prefix(9);
  if (target.substr(0, scheme) != "file" || !rest.starts_with("/")) {
    return fail(ErrorCode::kInputUnsupported,
                "media " + display_text(target) + " is not a file here; fetch it and name its path");
  }
  std::string path;
  for (size_t i = 0; i < rest.size(); ++i) {
    const bool escaped =
        rest[i] == '%' && i + 2 < rest.size() && hex_digit(rest[i + 1]) >= 0 && hex_digit(rest[i + 2]) >= 0;
    path += escaped ? static_cast<char>(hex_digit(rest[i + 1]) * 16 + hex_digit(rest[i + 2])) : rest[i];
    if (escaped) i += 2;
  }
  if (path.find('\0') != std::string::npos) return fail(ErrorCode::kInvalidArgument, "a media path has a NUL in it");
  return path;
}

std::vector<std::string> names_of(const Item& clip) {
  std::vector<std::string> names{clip.media.name, clip.name};
  const json::value* said = clip.metadata.if_contains("cmx_3600");
  if (said != nullptr && said->is_object()) names.push_back(string_or(said->get_object(), "reel", ""));
  std::erase_if(names, [](const std::string& name) {
    return name.empty() || name == "AX" || name.find('/') != std::string::npos || name.find('\0') != std::string::npos;
  });
  return names;
}

Result<std::string> find(const Item& clip, const std::vector<std::string>& folders) {
  if (clip.media.kind == MediaKind::kFile) {
    PIER_TRY(const std::string path, path_of(clip.media.target));
    for (const std::string& folder : folders) {
      const fs::path whole = fs::path(folder) / path;
      if (is_file(whole)) return whole.string();
      const fs::path beside = fs::path(folder) / fs::path(path).filename();
      if (&folder != &folders.front() && is_file(beside)) return beside.string();
    }
    return fail(ErrorCode::kNotFound,
                "there is no file " + display_text(path) + "; put it there, or name its folder by --media");
  }
  std::string asked;
  for (const std::string& name : names_of(clip)) {
    asked += (asked.empty() ? "" : " or ") + display_text(name);
    for (const std::string& folder : folders) {
      for (const char* end : kEnds) {
        const fs::path path = fs::path(folder) / (name + end);
        if (is_file(path)) return path.string();
      }
    }
  }
  return fail(ErrorCode::kNotFound, "no file is called " + (asked.empty() ? "anything" : asked) +
                                        " in the folder of the timeline or those of --media; its clip names none");
}

}  // namespace

bool is_graphic(const std::string& path) {
  std::string end = fs::path(path).extension().string();
  std::ranges::transform(end, end.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return end == ".png" || end == ".svg";
}

Result<std::vector<MediaFile>> find_media(timeline::Timeline& timeline, const std::vector<std::string>& folders) {
  std::vector<MediaFile> files;
  for (timeline::Track& track : timeline.tracks) {
    if (!track.enabled) continue;
    for (size_t i = 0; i < track.items.size(); ++i) {
      Item& item = track.items[i];
      if (item.kind != timeline::ItemKind::kClip || !item.enabled || item.media.kind == MediaKind::kGenerator) continue;
      const auto path = find(item, folders);
      if (!path) {
        return fail_in("clip " + std::to_string(i + 1) + " of track " + display_text(track.name), path.error());
      }
      item.media.kind = MediaKind::kFile;
      item.media.target = *path;
      if (std::ranges::find(files, *path, &MediaFile::path) != files.end()) continue;
      if (!is_utf8(*path))
        return fail(ErrorCode::kInvalidArgument, "the name " + display_text(*path) + " is no UTF-8; rename it");
      if (files.size() >= kMostFiles)
        return fail(ErrorCode::kTooLarge, "the timeline speaks of more than 400 files; render it in parts");
      files.push_back({*path, is_graphic(*path)});
    }
  }
  return files;
}

}  // namespace pier::edit
