#include "finding_kinds.hpp"

#include <algorithm>
#include <set>

#include <gtest/gtest.h>

#include <pier/analysis/analyzer.hpp>
#include <pier/analysis/profile.hpp>

namespace pier::analysis {
namespace {

TEST(FindingKinds, EveryAnalyzerStatesItsKindsAndNobodyElseDoes) {
  std::set<std::string_view> stated, registered{"pass", "package", "sequence"};
  for (const auto& source : impl::kind_sources()) {
    EXPECT_TRUE(stated.insert(source.analyzer).second) << source.analyzer << " is there twice";
    EXPECT_FALSE(source.kinds.empty() && source.measures.empty()) << source.analyzer << " gives nothing";
  }
  for (const AnalyzerEntry& entry : analyzer_registry()) registered.insert(entry.name);
  EXPECT_EQ(stated, registered) << "an analyzer without a line in finding_kinds.cpp, or a line without an analyzer";
}

TEST(FindingKinds, FamilyIsAWholeWord) {
  EXPECT_TRUE(impl::of_family("levels.reserved", "levels"));
  EXPECT_TRUE(impl::of_family("levels", "levels"));
  EXPECT_FALSE(impl::of_family("levelsx", "levels"));
  EXPECT_FALSE(impl::of_family("levels", "levels.reserved"));
  EXPECT_EQ(impl::sources_of("levels").size(), 1U);
  EXPECT_TRUE(impl::sources_of("level").empty());
  EXPECT_TRUE(impl::sources_of("").empty());
}

TEST(FindingKinds, NamesForRules) {
  const auto kinds = finding_kind_names();
  EXPECT_TRUE(std::ranges::is_sorted(kinds));
  for (const char* kind : {"black", "levels", "levels.reserved", "damaged"})
    EXPECT_TRUE(std::ranges::find(kinds, kind) != kinds.end()) << kind;
  const auto measures = measure_names();
  for (const std::string& measure : measures) EXPECT_TRUE(impl::is_measure(measure)) << measure;
  EXPECT_FALSE(impl::is_measure("luminance"));
  EXPECT_FALSE(impl::is_measure("luminance.max_ccl"));
  EXPECT_FALSE(impl::is_measure("black.max_cll"));
}

TEST(FindingKinds, WhatAnOutcomeHoldsBeyondThem) {
  Outcome outcome;
  outcome.findings.resize(1);
  outcome.findings[0].kind = "black";
  EXPECT_TRUE(impl::unstated("black", outcome).empty());
  outcome.totals["blakc"].count = 2;
  EXPECT_EQ(impl::unstated("black", outcome), std::vector<std::string>{"blakc"});
  EXPECT_EQ(impl::unstated("freeze", outcome), (std::vector<std::string>{"black", "blakc"}));
}

TEST(FindingKinds, LookedForIsWhatTheResultTells) {
  const impl::KindSource& levels = *impl::sources_of("levels").front();
  AnalysisResult result;
  EXPECT_FALSE(impl::looked_for(result, levels, "levels")) << "no picture";
  result.video_stream = 0;
  EXPECT_FALSE(impl::looked_for(result, levels, "levels")) << "an engine before looked_for, without this analyzer";
  result.measures["levels"] = json::object();
  EXPECT_TRUE(impl::looked_for(result, levels, "levels"));
  result.looked_for = {"levels.reserved"};
  EXPECT_TRUE(impl::looked_for(result, levels, "levels.reserved"));
  EXPECT_FALSE(impl::looked_for(result, levels, "levels")) << "one of the family was not looked for";
}

}  // namespace
}  // namespace pier::analysis
