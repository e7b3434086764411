#pragma once
// The stored analysis of an asset and the report a profile makes of it: for the judge task, the plan and re-judging.

#include <string>

#include <pier/analysis/analyse.hpp>
#include <pier/analysis/report.hpp>
#include <pier/catalogue/analysis.hpp>
#include <pier/catalogue/report.hpp>
#include <pier/media/facts.hpp>

#include "task_kind.hpp"

namespace pier::workflows::impl {

/// Findings and measures of a stored analysis; the frame table stays where it is.
Result<analysis::AnalysisResult> read_analysis(storage::ObjectStore& store, const ObjectKey& result);

/// What was set by hand replaces what the master says about its own light. Packed: null when nothing was.
json::value packed_by_hand(const PublishRequest& request);
Result<media::Facts> facts_with(const json::value& facts, const json::value& by_hand);

/// Under the profile of that name with the overlay of this data directory, or the one the source asks for when the name
/// is empty.
Result<analysis::Report> judge(const std::string& data, const std::string& profile, const media::Facts& facts,
                               const analysis::AnalysisResult& result);

catalogue::ReportRow report_row(const std::string& asset_id, const json::object& report);
std::vector<catalogue::FindingRow> finding_rows(const analysis::AnalysisResult& result);
/// measures.shots: {"columns": [names], "list": [[values]]}; none when shots were not looked for.
std::vector<catalogue::ShotRow> shot_rows(const analysis::AnalysisResult& result);

/// Ids of the deciding rules of severity fail that are broken, the first few and how many more: "raster, bits and 2
/// more".
std::string broken_rules(const analysis::Report& report);

}  // namespace pier::workflows::impl
