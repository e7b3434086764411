#pragma once
// Waivers: who lets a broken rule, or one finding, pass, why and until when. A file of the user, TOML or JSON:
//
//     format = 1
//     [[waiver]]
//     rule = "loudness"            # or: finding = "fnd_0123456789abcdef"
//     profile = "cn-uhd-4k"        # optional: only under this profile
//     who = "Li Wei"
//     why = "Archive programme, mixed in 2009"
//     until = "2027-03-31"         # the last day it counts, UTC

#include <string>
#include <string_view>
#include <vector>

#include <pier/core/clock.hpp>
#include <pier/core/result.hpp>

namespace pier::analysis {

struct Waiver {
  std::string rule;     // one of rule and finding
  std::string finding;  // id
  std::string profile;  // empty: any
  std::string who, why;
  std::string until;  // "2027-03-31"
};

struct Waivers {
  std::vector<Waiver> list;
  std::string digest;  // SHA-256 of the file, empty when there is none
};

/// Errors name file, line (of JSON: which waiver) and key.
Result<Waivers> parse_waivers(std::string_view text, std::string_view name);
Result<Waivers> load_waivers(const std::string& path);

/// "2026-11-22", UTC.
std::string day_of(WallTime time);

}  // namespace pier::analysis
