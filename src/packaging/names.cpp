#include <algorithm>
#include <charconv>
#include <utility>

#include <pier/packaging/names.hpp>

namespace pier::packaging {
namespace {

constexpr std::string_view kHlsName = "hls.m3u8";
constexpr std::string_view kDashName = "dash.mpd";
constexpr std::pair<std::string_view, NameKind> kFixedNames[] = {{"init.mp4", NameKind::kInit},
                                                                 {"media.m3u8", NameKind::kMediaPlaylist},
                                                                 {"iframes.m3u8", NameKind::kIframePlaylist},
                                                                 {"images.m3u8", NameKind::kImagePlaylist},
                                                                 {"whole.vtt", NameKind::kWholeText}};
constexpr std::pair<std::string_view, NameKind> kNumberedNames[] = {
    {".m4s", NameKind::kSegment}, {".jpg", NameKind::kImage}, {".vtt", NameKind::kText}};

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

// A positive number in its one spelling.
std::optional<uint64_t> parse_number(std::string_view text) {
  if (text.empty() || text.front() == '0') return std::nullopt;
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

bool is_track_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 && name.front() != '.' && std::ranges::all_of(name, is_name_character);
}

std::string make_local_name(const MediaName& name) {
  switch (name.kind) {
    case NameKind::kHls:
      return std::string(kHlsName);
    case NameKind::kDash:
      return std::string(kDashName);
    default:
      break;
  }
  for (const auto& [suffix, kind] : kNumberedNames) {
    if (kind == name.kind) return std::to_string(name.number).append(suffix);
  }
  for (const auto& [text, kind] : kFixedNames) {
    if (kind == name.kind) return std::string(text);
  }
  return {};
}

std::string make_name(const MediaName& name) {
  if (name.kind == NameKind::kHls || name.kind == NameKind::kDash) return make_local_name(name);
  return name.track + '/' + make_local_name(name);
}

std::optional<MediaName> parse_name(std::string_view path) {
  if (path == kHlsName) return MediaName{.kind = NameKind::kHls, .track = {}, .number = 0};
  if (path == kDashName) return MediaName{.kind = NameKind::kDash, .track = {}, .number = 0};
  const size_t slash = path.find('/');
  if (slash == std::string_view::npos || !is_track_name(path.substr(0, slash))) return std::nullopt;
  const std::string track(path.substr(0, slash));
  const std::string_view local = path.substr(slash + 1);
  for (const auto& [text, kind] : kFixedNames) {
    if (local == text) return MediaName{.kind = kind, .track = track, .number = 0};
  }
  for (const auto& [suffix, kind] : kNumberedNames) {
    if (!local.ends_with(suffix)) continue;
    if (const auto number = parse_number(local.substr(0, local.size() - suffix.size()))) {
      return MediaName{.kind = kind, .track = track, .number = *number};
    }
  }
  return std::nullopt;
}

std::string_view content_type(NameKind name, TrackKind track) {
  switch (name) {
    case NameKind::kDash:
      return "application/dash+xml";
    case NameKind::kImage:
      return "image/jpeg";
    case NameKind::kText:
    case NameKind::kWholeText:
      return "text/vtt; charset=utf-8";
    case NameKind::kInit:
    case NameKind::kSegment:
      return track == TrackKind::kVideo ? "video/mp4" : track == TrackKind::kAudio ? "audio/mp4" : "application/mp4";
    default:
      return "application/vnd.apple.mpegurl";
  }
}

}  // namespace pier::packaging
