#pragma once
// Colours of a report, the same on the screen and on paper.

#include <array>

namespace pier::reports::look {

inline constexpr const char* kInk = "#1d2329";
inline constexpr const char* kMuted = "#68737d";
inline constexpr const char* kRule = "#aab4bd";
inline constexpr const char* kHairline = "#e3e8ec";
inline constexpr const char* kPaper = "#f6f8f9";
inline constexpr const char* kAccent = "#2f6f9f";
inline constexpr const char* kAccentPale = "#a9c8de";
inline constexpr const char* kPass = "#1e7a4c";
inline constexpr const char* kWarn = "#a46a00";
inline constexpr const char* kFail = "#b3261e";
inline constexpr const char* kOpen = "#5a6570";
inline constexpr std::array<const char*, 6> kSeries{"#2f6f9f", "#b0592b", "#3d7d5a", "#7a4f9a", "#8a6d1d", "#555f69"};

}  // namespace pier::reports::look
