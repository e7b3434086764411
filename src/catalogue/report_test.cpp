#include "catalogue_fixture.hpp"

namespace pier::catalogue {
namespace {

using ReportTest = test::CatalogueTest;

INSTANTIATE_TEST_SUITE_P(Engines, ReportTest, test::kBothEngines, test::engine_name);

TEST_P(ReportTest, TheNewestComesFirst) {
  const AssetRow made = asset("Harbour");
  ReportRow report;
  report.asset_id = made.id;
  report.profile = "uhd-delivery";
  report.verdict = Verdict::kNotJudged;
  report.body = {{"rules", 12}};
  report.object = object("report", "full report").key;
  const auto id = step([&](Transaction& tx) { return add_report(tx, "default", report); });
  ASSERT_TRUE(id) << id.error().message << id.error().detail;
  const auto stored = look([&](Session& session) { return show_report(session, "default", *id); });
  ASSERT_TRUE(stored) << stored.error().detail;
  EXPECT_EQ(stored->verdict, Verdict::kNotJudged);
  EXPECT_EQ(stored->body, report.body);
  EXPECT_EQ(stored->object, report.object);
  const auto second = step([&](Transaction& tx) { return add_report(tx, "default", report); });
  const auto all = look([&](Session& session) { return list_reports(session, "default", made.id); });
  ASSERT_EQ(all->size(), 2U);
  EXPECT_EQ((*all)[0].id, *second);
}

TEST_P(ReportTest, BelongsToItsAssetAndOrganisation) {
  const AssetRow made = asset("Harbour");
  ReportRow report;
  report.asset_id = made.id;
  const auto id = step([&](Transaction& tx) { return add_report(tx, "default", report); });
  ASSERT_TRUE(id);
  const auto code = [&](const char* organisation) {
    const auto found = look([&](Session& session) { return show_report(session, organisation, *id); });
    return found ? std::string("found") : std::string(to_string(found.error().code));
  };
  EXPECT_EQ(code("default"), "found");
  EXPECT_EQ(code("other"), "not_found");
  EXPECT_EQ(step([&](Transaction& tx) { return add_report(tx, "other", report); }).error().code, ErrorCode::kNotFound);
  report.object = object("report", "theirs", "other").key;
  EXPECT_EQ(step([&](Transaction& tx) { return add_report(tx, "default", report); }).error().code,
            ErrorCode::kPermission);
  ASSERT_TRUE(step([&](Transaction& tx) { return delete_asset(tx, "default", made.id); }));
  EXPECT_EQ(code("default"), "not_found");
}

TEST(Verdicts, HaveNames) {
  for (const Verdict verdict : {Verdict::kPass, Verdict::kWarn, Verdict::kFail, Verdict::kNotJudged}) {
    EXPECT_EQ(verdict_from(to_string(verdict)), verdict);
  }
  EXPECT_FALSE(verdict_from("maybe"));
  for (const TrackKind kind : {TrackKind::kVideo, TrackKind::kAudio, TrackKind::kText, TrackKind::kImage}) {
    EXPECT_EQ(track_kind_from(to_string(kind)), kind);
  }
}

}  // namespace
}  // namespace pier::catalogue
