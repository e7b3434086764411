#include "catalogue_fixture.hpp"

namespace pier::catalogue {
namespace {

using ReportTest = test::CatalogueTest;

TEST_F(ReportTest, FindingsComeBackInTheOrderOfTime) {
  const AssetRow made = asset("Harbour");
  ReportRow report;
  report.asset_id = made.id;
  report.profile = "uhd-delivery";
  report.verdict = Verdict::kWarn;
  report.body = {{"rules", 12}};
  report.object = object("report", "full report").key;
  const std::vector<FindingRow> findings{
      {"freeze", "warn", Rational(7, 2), Rational(4), {{"frames", 25}}},
      {"loudness.integrated", "info", std::nullopt, std::nullopt, {{"lufs", -23.0}}},
      {"black", "warn", Rational(1001, 30000), Rational(2), nullptr},
  };
  const auto id = step([&](Transaction& tx) { return add_report(tx, "default", report, findings); });
  ASSERT_TRUE(id) << id.error().message << id.error().detail;
  const auto stored = look([&](Session& session) { return show_report(session, "default", *id); });
  ASSERT_TRUE(stored) << stored.error().detail;
  EXPECT_EQ(stored->verdict, Verdict::kWarn);
  EXPECT_EQ(stored->body, report.body);
  EXPECT_EQ(stored->object, report.object);
  const auto back = look([&](Session& session) { return list_findings(session, "default", *id); });
  ASSERT_TRUE(back) << back.error().detail;
  ASSERT_EQ(back->size(), 3U);
  EXPECT_EQ((*back)[0].kind, "loudness.integrated");
  EXPECT_FALSE((*back)[0].start);
  EXPECT_EQ((*back)[1].kind, "black");
  EXPECT_EQ((*back)[1].start, Rational(1001, 30000));
  EXPECT_EQ((*back)[2].end, Rational(4));
  EXPECT_EQ((*back)[2].details, json::value({{"frames", 25}}));
  EXPECT_EQ(to_json((*back)[1]).at("start"), "1001/30000");

  const auto second = step([&](Transaction& tx) { return add_report(tx, "default", report); });
  const auto all = look([&](Session& session) { return list_reports(session, "default", made.id); });
  ASSERT_EQ(all->size(), 2U);
  EXPECT_EQ((*all)[0].id, *second);
}

TEST_F(ReportTest, BelongsToItsAssetAndOrganisation) {
  const AssetRow made = asset("Harbour");
  ReportRow report;
  report.asset_id = made.id;
  const auto id = step([&](Transaction& tx) { return add_report(tx, "default", report); });
  ASSERT_TRUE(id);
  const auto code = [&](const char* organisation) {
    const auto found = look([&](Session& session) { return list_findings(session, organisation, *id); });
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
  for (const Verdict verdict : {Verdict::kPass, Verdict::kWarn, Verdict::kFail}) {
    EXPECT_EQ(verdict_from(to_string(verdict)), verdict);
  }
  EXPECT_FALSE(verdict_from("maybe"));
  for (const TrackKind kind : {TrackKind::kVideo, TrackKind::kAudio, TrackKind::kText, TrackKind::kImage}) {
    EXPECT_EQ(track_kind_from(to_string(kind)), kind);
  }
}

}  // namespace
}  // namespace pier::catalogue
