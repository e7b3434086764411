// The list of analyzers: add a line here and a folder beside.

#include <pier/analysis/analyzer.hpp>

#include "analyzers/black/black.hpp"
#include "analyzers/freeze/freeze.hpp"
#include "analyzers/gamut/gamut.hpp"
#include "analyzers/levels/levels.hpp"
#include "analyzers/loudness/loudness.hpp"
#include "analyzers/luminance/luminance.hpp"
#include "analyzers/silence/silence.hpp"

namespace pier::analysis {

const std::vector<AnalyzerEntry>& analyzer_registry() {
  static const std::vector<AnalyzerEntry> kEntries{
      {"black", BlackAnalyzer::make},     {"freeze", FreezeAnalyzer::make},       {"levels", LevelsAnalyzer::make},
      {"gamut", GamutAnalyzer::make},     {"luminance", LuminanceAnalyzer::make}, {"loudness", LoudnessAnalyzer::make},
      {"silence", SilenceAnalyzer::make},
  };
  return kEntries;
}

}  // namespace pier::analysis
