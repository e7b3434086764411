#pragma once
// What media::check_package() found, as findings and measures.

#include <pier/analysis/analyse.hpp>
#include <pier/media/package.hpp>

namespace pier::analysis::impl {

/// One finding a kind ("package.hash", "package.missing", ...), all files in its measures; measures["package"].
void add_package(const media::PackageReport& report, AnalysisResult& result);
/// Of a source that is neither package nor image sequence: there is nothing of them to be found.
void add_no_package(AnalysisResult& result);

}  // namespace pier::analysis::impl
