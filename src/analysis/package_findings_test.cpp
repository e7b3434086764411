#include "package_findings.hpp"

#include <algorithm>

#include <gtest/gtest.h>

namespace pier::analysis {
namespace {

TEST(PackageFindings, OneFindingAKindWithItsFiles) {
  media::PackageReport report;
  report.compositions.push_back({"cpl.xml", "urn:uuid:1", "Film", 25, 4, true});
  for (int i = 0; i < 150; ++i) report.issues.push_back({"hash", std::to_string(i) + ".mxf", "aa", "bb"});
  report.issues.push_back({"unlisted", "x.mxf", "in a packing list", "in none"});
  report.issue_count = 151;
  AnalysisResult result;
  impl::add_package(report, result);
  ASSERT_EQ(result.findings.size(), 2U);
  EXPECT_EQ(result.findings[0].kind, "package.hash");
  EXPECT_EQ(result.findings[0].severity, Severity::kFail);
  EXPECT_EQ(result.findings[0].measures.at("count").as_int64(), 150);
  EXPECT_EQ(result.findings[0].measures.at("files").as_array().size(), 100U);
  EXPECT_EQ(result.findings[1].kind, "package.unlisted");
  EXPECT_EQ(result.findings[1].severity, Severity::kWarn);
  EXPECT_NE(result.findings[0].id, result.findings[1].id);
  EXPECT_EQ(result.measures.at("findings").at("package.hash").at("count").as_int64(), 1);
  EXPECT_EQ(result.measures.at("package").at("compositions").at(0).at("title").as_string(), "Film");
}

TEST(PackageFindings, GoodPackageHasNone) {
  AnalysisResult result;
  impl::add_package({}, result);
  EXPECT_TRUE(result.findings.empty());
  EXPECT_EQ(result.measures.at("package").at("issues").as_int64(), 0);
  const auto looked_for = [&](const char* kind) {
    return std::find(result.looked_for.begin(), result.looked_for.end(), kind) != result.looked_for.end();
  };
  EXPECT_TRUE(looked_for("package.missing"));
  EXPECT_FALSE(looked_for("package.hash"));
  result = {};
  impl::add_no_package(result);
  EXPECT_TRUE(looked_for("package.hash"));
}

}  // namespace
}  // namespace pier::analysis
