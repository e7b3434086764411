#pragma once
// Which analyzer gives which kinds of findings and which measures: what rules may name, and whether it was looked for.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <pier/analysis/analyse.hpp>
#include <pier/analysis/analyzer.hpp>

namespace pier::analysis::impl {

enum class About : uint8_t { kVideo, kAudio, kFile };

struct KindSource {
  std::string_view analyzer;  // "pass": the pass itself
  About about;                // what must have been analysed
  std::vector<std::string_view> kinds;
  std::vector<std::string_view> measures;  // paths below measures[analyzer] a rule may bound; '*' is any array index
};

/// One entry for "pass", "package", "sequence" and each registered analyzer.
const std::vector<KindSource>& kind_sources();

/// "levels" is the family of "levels.reserved".
bool of_family(std::string_view kind, std::string_view family);

/// Sources of a kind or family; empty when nothing gives it.
std::vector<const KindSource*> sources_of(std::string_view kind);

/// What the named analyzer looks for; empty for one without an entry.
std::span<const std::string_view> kinds_of(std::string_view analyzer);

/// Kinds in an outcome that its analyzer does not state: a mistake of ours.
std::vector<std::string> unstated(std::string_view analyzer, const Outcome& outcome);

/// Was it looked for when this result was made, maybe by another engine version?
bool looked_for(const AnalysisResult& result, const KindSource& source, std::string_view kind);

/// Whether `path` ("loudness.streams.*.integrated_lufs") is a number some analyzer gives.
bool is_measure(std::string_view path);

}  // namespace pier::analysis::impl
