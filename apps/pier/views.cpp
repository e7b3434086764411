#include "views.hpp"

#include <cmath>
#include <cstdio>
#include <filesystem>
#include <set>

#include "console.hpp"

namespace pier::app {
namespace {

std::string raster_of(const json::object& track) {
  const int64_t width = int_or(track, "width", 0);
  if (width == 0) return "-";
  return std::to_string(width) + "x" + std::to_string(int_or(track, "height", 0));
}

/// ", HDR10+ in 200 pictures"
std::string dynamic_of(const json::object& quality) {
  const auto dynamic = get_object(quality, "dynamic");
  std::string text;
  if (!dynamic) return text;
  constexpr std::pair<const char*, const char*> kNames[] = {
      {"hdr10plus", "HDR10+"}, {"hdr_vivid", "HDR Vivid"}, {"dolby_vision", "Dolby Vision"}};
  for (const auto& [key, name] : kNames) {
    const int64_t pictures = int_or(*dynamic, key, 0);
    if (pictures > 0) text += std::string(", ") + name + " in " + std::to_string(pictures) + " pictures";
  }
  return text;
}

std::string quality_of(const json::object& track) {
  const auto quality = get_object(track, "quality");
  if (!quality) return "";
  char figures[64];
  std::snprintf(figures, sizeof figures, "PSNR %.1f dB (least %.1f)", double_or(*quality, "psnr_y_mean", 0),
                double_or(*quality, "psnr_y_min", 0));
  std::string text = figures;
  if (quality->contains("xpsnr_mean")) {
    std::snprintf(figures, sizeof figures, ", XPSNR %.1f dB", double_or(*quality, "xpsnr_mean", 0));
    text += figures;
  }
  text += dynamic_of(*quality);
  const auto bucket = get_object(*quality, "bucket");
  const int64_t size = bucket ? int_or(*bucket, "size_bits", 0) : 0;
  if (size == 0) return text;
  // How empty the decoder's buffer becomes, and the most that is decoded in one second.
  const double least = 100 * static_cast<double>(int_or(*bucket, "least_bits", 0)) / static_cast<double>(size);
  char more[64];
  std::snprintf(more, sizeof more, ", buffer from %.0f %%, peak ", least);
  return text + more + bitrate_text(int_or(*bucket, "peak_rate", 0));
}

void print_tracks(const json::array& tracks) {
  std::printf("\n  %-14s %-32s %-11s %8s %9s %13s  %s\n", "track", "codec", "raster", "frames", "size", "rate",
              "quality");
  for (const json::value& value : tracks) {
    const json::object& track = value.as_object();
    std::printf("  %-14s %-32s %-11s %8ld %9s %13s  %s\n", string_or(track, "rung", "").c_str(),
                string_or(track, "codec", "").c_str(), raster_of(track).c_str(),
                static_cast<long>(int_or(track, "frames", 0)), bytes_text(int_or(track, "bytes", 0)).c_str(),
                bitrate_text(int_or(track, "bitrate", 0)).c_str(), quality_of(track).c_str());
  }
}

void print_notes(const json::object& asset) {
  const auto grid = get_object(asset, "grid");
  if (!grid) return;
  if (const auto left_out = get_array(*grid, "left_out")) {
    for (const json::value& rung : *left_out) {
      std::printf("  left out %s: %s\n", string_or(rung.as_object(), "rung", "").c_str(),
                  string_or(rung.as_object(), "reason", "").c_str());
    }
  }
  if (const auto steering = get_array(*grid, "steering")) {
    for (const json::value& value : *steering) {
      const json::object& rung = value.as_object();
      std::printf("  steered %s: %ld lines at CRF %.1f for %.1f dB (XPSNR; by trials %.1f dB, %s)\n",
                  string_or(rung, "rung", "").c_str(), static_cast<long>(int_or(rung, "height", 0)),
                  double_or(rung, "crf", 0), double_or(rung, "asked_xpsnr", 0), double_or(rung, "expected_xpsnr", 0),
                  bitrate_text(int_or(rung, "expected_bitrate", 0)).c_str());
    }
  }
  if (const auto peaks = get_array(*grid, "peaks")) {
    std::set<double> different;
    for (const json::value& peak : *peaks) different.insert(double_or(peak.as_object(), "nits", 0));
    std::printf("  SDR makes room for %.0f to %.0f cd/m2, scene by scene (%zu changes)\n", *different.begin(),
                *different.rbegin(), peaks->size() - 1);
  }
  if (const auto warnings = get_array(*grid, "warnings")) {
    for (const json::value& warning : *warnings) std::printf("  note: %s\n", std::string(warning.as_string()).c_str());
  }
}

void print_other_reports(const json::object& view, const std::string& profile) {
  const auto reports = get_array(view, "reports");
  for (size_t i = 0; reports && i < reports->size(); i++) {
    const json::object& one = (*reports)[i].as_object();
    if (string_or(one, "profile", "") == profile) continue;
    std::printf("  %s under %s: %s (%s)\n", string_or(one, "id", "").c_str(), string_or(one, "profile", "").c_str(),
                string_or(one, "verdict", "").c_str(), string_or(one, "created", "").c_str());
  }
}

std::string names_of(const json::object& object, std::string_view member) {
  std::string text;
  const auto names = get_array(object, member);
  for (size_t i = 0; names && i < names->size(); i++)
    text += (text.empty() ? "" : ", ") + std::string((*names)[i].as_string());
  return text;
}

}  // namespace

int exit_of(analysis::Verdict verdict) {
  switch (verdict) {
    case analysis::Verdict::kPass:
    case analysis::Verdict::kWarn:
      return 0;
    case analysis::Verdict::kFail:
      return 1;
    case analysis::Verdict::kNotJudged:
      break;
  }
  return 2;
}

std::string absolute_profile(const std::string& profile) {
  if (profile.find('/') == std::string::npos && !profile.ends_with(".toml")) return profile;
  std::error_code ignored;
  return std::filesystem::absolute(profile, ignored).native();
}

std::string partly_text(const json::object& view) {
  const auto partly = get_object(view, "partly");
  if (!partly) return "";
  const std::string out = "partly published: " + names_of(*partly, "out") + "; " + names_of(*partly, "expected");
  const std::string job = string_or(*partly, "job", "");
  if (!partly->contains("fraction")) return out + " not; to complete it: pier jobs retry " + job;
  return out + " at " + std::to_string(std::lround(100 * double_or(*partly, "fraction", 0))) + " % (" + job + ")";
}

void print_asset(const json::object& view) {
  const auto asset = get_object(view, "asset");
  if (!asset) return;
  std::printf("%s  %s  %s\n", string_or(*asset, "id", "").c_str(), string_or(*asset, "state", "").c_str(),
              string_or(*asset, "title", "").c_str());
  if (const json::value* report = view.if_contains("report"); report != nullptr && report->is_object()) {
    if (const auto parsed = analysis::report_from_json(*report))
      std::printf("\n%s", analysis::describe(*parsed, "en").c_str());
  }
  print_other_reports(view, string_or(*asset, "profile", ""));
  if (const auto error = get_object(*asset, "error"))
    std::printf("  %s: %s\n", string_or(*error, "code", "").c_str(), string_or(*error, "message", "").c_str());
  if (const std::string partly = partly_text(view); !partly.empty()) std::printf("  %s\n", partly.c_str());
  if (const auto tracks = get_array(view, "tracks"); tracks && !tracks->empty()) print_tracks(*tracks);
  print_notes(*asset);
  if (const std::string hls = string_or(view, "hls", ""); !hls.empty()) {
    std::printf("\n  HLS  %s\n  DASH %s\n  page %s (on the server)\n", hls.c_str(), string_or(view, "dash", "").c_str(),
                string_or(view, "play", "").c_str());
  }
}

}  // namespace pier::app
