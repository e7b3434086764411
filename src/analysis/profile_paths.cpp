// Where profiles are found and how one is chosen.

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>

#include <pier/analysis/attest.hpp>
#include <pier/core/file.hpp>

namespace pier::analysis {

namespace fs = std::filesystem;

namespace {

std::vector<std::string> toml_files(const std::string& directory) {
  std::vector<std::string> files;
  std::error_code error;
  for (fs::directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (name.ends_with(".toml") && !name.ends_with(".overlay.toml")) files.push_back(it->path().string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

Result<Profile> read_profile(const std::string& path) {
  PIER_TRY(const std::string text, read_file(path, 1U << 20U));
  PIER_TRY(Profile profile, parse_profile(text, path));
  profile.path = path;
  return profile;
}

Result<Profile> with_overlay_of(const std::string& overlays, Profile profile) {
  std::error_code error;
  const std::string path = overlay_path(overlays, profile.id);
  if (overlays.empty() || !fs::exists(path, error)) return profile;
  PIER_TRY(const std::string text, read_file(path, 4U << 20U));
  PIER_TRY(const Overlay overlay, parse_overlay(text, path));
  PIER_TRY(profile, with_overlay(std::move(profile), overlay));
  profile.overlay_path = path;
  return profile;
}

Failure unknown_profile(std::string_view name, const std::vector<std::string>& directories) {
  std::string known;
  for (const std::string& directory : directories) {
    for (const std::string& file : toml_files(directory)) {
      known += (known.empty() ? "" : ", ") + fs::path(file).stem().string();
    }
  }
  return fail(ErrorCode::kNotFound,
              "there is no profile '" + std::string(name) + "'; " +
                  (known.empty() ? "no profile directory was found, set PIER_SHARE" : "known: " + known));
}

bool is_uhd_raster(const media::VideoFacts& video) {
  return (video.width == 3840 && video.height == 2160) || (video.width == 7680 && video.height == 4320);
}

}  // namespace

std::vector<std::string> profile_directories() {
  std::vector<fs::path> candidates;
  if (const char* share = std::getenv("PIER_SHARE"); share != nullptr && *share != '\0') {
    candidates.push_back(fs::path(share) / "profiles");
  }
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  if (!error) candidates.push_back(program.parent_path().parent_path() / "share" / "pier" / "profiles");
  candidates.emplace_back(PIER_ANALYSIS_SOURCE_PROFILES);
  std::vector<std::string> directories;
  for (const fs::path& candidate : candidates) {
    if (fs::is_directory(candidate, error)) directories.push_back(candidate.string());
  }
  return directories;
}

Result<Profile> load_profile(std::string_view name, const std::vector<std::string>& directories,
                             const std::string& overlays) {
  std::string path(name);
  if (name.find('/') == std::string_view::npos && !name.ends_with(".toml")) {
    std::error_code error;
    const auto has = [&](const std::string& directory) {
      path = directory + "/" + std::string(name) + ".toml";
      return fs::is_regular_file(path, error);
    };
    if (std::ranges::none_of(directories, has)) return unknown_profile(name, directories);
  }
  PIER_TRY(Profile profile, read_profile(path));
  return with_overlay_of(overlays, std::move(profile));
}

Result<std::vector<Profile>> list_profiles(const std::vector<std::string>& directories) {
  std::map<std::string, Profile> by_id;
  for (const std::string& directory : directories) {
    for (const std::string& file : toml_files(directory)) {
      PIER_TRY(Profile profile, read_profile(file));
      by_id.emplace(profile.id, std::move(profile));
    }
  }
  std::vector<Profile> profiles;
  for (auto& [id, profile] : by_id) profiles.push_back(std::move(profile));
  return profiles;
}

ProfileChoice choose_profile(const media::Facts& facts) {
  const ProfileChoice screen{
      "screen-any",
      {"the source is not PQ or HLG at a UHD raster and 50, 100 or 120 Hz, so it is only checked for "
       "faults that would show on any screen",
       "片源不是 50、100 或 120 Hz 的 PQ/HLG 超高清，因此只检查在任何屏幕上都会出现的问题"}};
  if (facts.main_video < 0 || facts.main_video >= static_cast<int>(facts.video.size())) return screen;
  const media::VideoFacts& video = facts.video[static_cast<size_t>(facts.main_video)];
  const Rational& rate = video.frame_rate;
  const bool rate_fits = rate == Rational(50) || rate == Rational(100) || rate == Rational(120);
  if (!video.colour.is_hdr() || !is_uhd_raster(video) || !rate_fits) return screen;
  return {"itu-bt2100",
          {"the source is " + std::string(video.colour.transfer == Transfer::kPq ? "PQ" : "HLG") + " at " +
               std::to_string(video.width) + "x" + std::to_string(video.height) + " and " + rate.to_string() + " Hz",
           "片源为 " + std::string(video.colour.transfer == Transfer::kPq ? "PQ" : "HLG") + "，" +
               std::to_string(video.width) + "x" + std::to_string(video.height) + "，" + rate.to_string() + " Hz"}};
}

}  // namespace pier::analysis
