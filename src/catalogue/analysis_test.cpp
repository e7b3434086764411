#include "catalogue_fixture.hpp"

namespace pier::catalogue {
namespace {

class AnalysisTest : public test::CatalogueTest {
 protected:
  AnalysisRow analysis_of(const AssetRow& made, const std::string& organisation = "default") {
    AnalysisRow row;
    row.asset_id = made.id;
    row.frames = object("frames", "frames of " + made.title, organisation).key;
    row.result = object("analysis", "analysis of " + made.title, organisation).key;
    row.engine = "analysis-1";
    row.by_hand = {{"content_light", {{"max_cll", 1000}, {"max_fall", 400}}}};
    row.totals = {{"black", {{"count", 2000}, {"seconds", 80.0}, {"listed", 500}}}};
    return row;
  }
  static FindingRow finding(int64_t number, const std::string& kind, const std::string& severity) {
    FindingRow row;
    row.id = "fnd_" + std::to_string(number);
    row.kind = kind;
    row.severity = severity;
    row.stream = 0;
    row.start = Rational(number * 1001, 60000);
    row.end = Rational((number + 1) * 1001, 60000);
    row.first_frame = row.last_frame = number;
    row.details = {{"measures", {{"share", 0.99}}}};
    return row;
  }
  Result<void> store(const AnalysisRow& row, const std::vector<FindingRow>& findings) {
    return step([&](Transaction& tx) { return store_analysis(tx, "default", row, findings); });
  }
  Result<FindingPage> page(const AssetRow& made, const FindingFilter& filter, size_t limit, const std::string& cursor) {
    return look([&](Session& session) { return list_findings(session, "default", made.id, filter, limit, cursor); });
  }
};

INSTANTIATE_TEST_SUITE_P(Engines, AnalysisTest, test::kBothEngines, test::engine_name);

TEST_P(AnalysisTest, ComesBackAsItWasStored) {
  const AssetRow made = asset("Harbour");
  EXPECT_EQ(look([&](Session& session) { return find_analysis(session, "default", made.id); }).error().code,
            ErrorCode::kNotFound);
  const AnalysisRow row = analysis_of(made);
  const auto stored = store(row, {finding(3, "black", "warn")});
  ASSERT_TRUE(stored) << stored.error().message << stored.error().detail;
  const auto back = look([&](Session& session) { return find_analysis(session, "default", made.id); });
  ASSERT_TRUE(back) << back.error().detail;
  EXPECT_EQ(back->frames, row.frames);
  EXPECT_EQ(back->result, row.result);
  EXPECT_EQ(back->engine, "analysis-1");
  EXPECT_EQ(back->by_hand, row.by_hand);
  EXPECT_EQ(back->totals, row.totals);
  const auto listed = page(made, {}, 10, "");
  ASSERT_EQ(listed->findings.size(), 1U);
  EXPECT_EQ(to_json(listed->findings[0]), to_json(finding(3, "black", "warn")));
  EXPECT_EQ(to_json(listed->findings[0]).at("start"), "1001/20000");
}

TEST_P(AnalysisTest, IsReplacedWhole) {
  const AssetRow made = asset("Harbour");
  ASSERT_TRUE(store(analysis_of(made), {finding(1, "black", "warn"), finding(2, "freeze", "info")}));
  ASSERT_TRUE(store(analysis_of(made), {finding(5, "silence", "info")}));
  const auto listed = page(made, {}, 10, "");
  ASSERT_EQ(listed->findings.size(), 1U);
  EXPECT_EQ(listed->findings[0].kind, "silence");
}

TEST_P(AnalysisTest, PagesHoldEveryFindingOnceInOrder) {
  const AssetRow made = asset("Harbour");
  std::vector<FindingRow> findings;
  for (int64_t i = 0; i < 25; ++i) findings.push_back(finding(i, i % 2 == 0 ? "black" : "freeze", "info"));
  ASSERT_TRUE(store(analysis_of(made), findings));
  for (const char* kind : {"", "black", "freeze"}) {
    std::vector<int64_t> seen;
    std::string cursor;
    do {
      const auto got = page(made, {.kind = kind}, 4, cursor);
      ASSERT_TRUE(got) << got.error().message;
      EXPECT_LE(got->findings.size(), 4U);
      for (const FindingRow& row : got->findings) seen.push_back(row.first_frame);
      cursor = got->next;
    } while (!cursor.empty());
    std::vector<int64_t> wanted;
    for (const FindingRow& row : findings) {
      if (*kind == 0 || row.kind == kind) wanted.push_back(row.first_frame);
    }
    EXPECT_EQ(seen, wanted) << kind;
  }
  EXPECT_EQ(page(made, {}, 25, "")->next, "") << "the last page says so";
  for (const char* cursor : {"x", "-1", "3x", "99999999999999999999"}) {
    EXPECT_EQ(page(made, {}, 4, cursor).error().code, ErrorCode::kInvalidArgument) << cursor;
  }
  EXPECT_EQ(page(made, {}, 0, "").error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(page(made, {}, 501, "").error().code, ErrorCode::kInvalidArgument);
}

TEST_P(AnalysisTest, ShotsComeInPagesAndGoWithTheAnalysis) {
  const AssetRow made = asset("Harbour");
  std::vector<ShotRow> shots;
  for (int64_t i = 0; i < 5; ++i) {
    const auto start = static_cast<double>(i) * 0.4;
    shots.push_back({10 * i, 10 * i + 9, start, start + 0.4, 10 * i + 4, i == 0 ? "start" : "cut", 0});
  }
  const AnalysisRow row = analysis_of(made);
  ASSERT_TRUE(step([&](Transaction& tx) { return store_analysis(tx, "default", row, {}, shots); }));
  const auto list = [&](size_t limit, const std::string& cursor) {
    return look([&](Session& session) { return list_shots(session, "default", made.id, limit, cursor); });
  };
  const auto first = list(3, "");
  ASSERT_TRUE(first) << first.error().detail;
  ASSERT_EQ(first->shots.size(), 3U);
  EXPECT_EQ(to_json(first->shots[1]), to_json(shots[1]));
  const auto rest = list(3, first->next);
  ASSERT_EQ(rest->shots.size(), 2U);
  EXPECT_EQ(rest->shots[1].first_frame, 40);
  EXPECT_EQ(rest->next, "");
  ASSERT_TRUE(step([&](Transaction& tx) { return store_analysis(tx, "default", row, {}); }));
  EXPECT_TRUE(list(3, "")->shots.empty());
}

TEST_P(AnalysisTest, AKindHasItsSubKinds) {
  const AssetRow made = asset("Harbour");
  ASSERT_TRUE(store(analysis_of(made), {finding(1, "levels.range", "info"), finding(2, "levels.reserved", "fail"),
                                        finding(3, "levels2", "info"), finding(4, "level", "info")}));
  const auto kinds = [&](const FindingFilter& filter) {
    std::vector<std::string> names;
    const auto got = page(made, filter, 10, "");
    for (const FindingRow& row : got->findings) names.push_back(row.kind);
    return names;
  };
  EXPECT_EQ(kinds({.kind = "levels"}), (std::vector<std::string>{"levels.range", "levels.reserved"}));
  EXPECT_EQ(kinds({.kind = "levels.reserved"}), (std::vector<std::string>{"levels.reserved"}));
  EXPECT_EQ(kinds({.kind = "levels", .severity = "info"}), (std::vector<std::string>{"levels.range"}));
  EXPECT_EQ(kinds({.kind = "%"}), std::vector<std::string>{});
}

TEST_P(AnalysisTest, HoldsItsObjectsAsLongAsTheAssetLives) {
  const AssetRow made = asset("Harbour");
  const AnalysisRow row = analysis_of(made);
  ASSERT_TRUE(store(row, {finding(1, "black", "warn")}));
  ASSERT_TRUE(collect_garbage(*x_database, *x_store, 0));
  EXPECT_TRUE(lies_there(row.result));
  ASSERT_TRUE(step([&](Transaction& tx) -> Result<void> {
    PIER_CHECK(delete_asset(tx, "default", made.id));
    return drop_references(tx, {"asset", made.id});
  }));
  EXPECT_EQ(page(made, {}, 10, "").error().code, ErrorCode::kNotFound);
  const auto gone = collect_garbage(*x_database, *x_store, 0);
  ASSERT_TRUE(gone) << gone.error().message << gone.error().detail;
  EXPECT_FALSE(lies_there(row.result));
  EXPECT_FALSE(lies_there(row.frames));
  EXPECT_EQ((*x_database->read()->one("SELECT count(*) FROM analyses"))->integer(0), 0);
}

TEST_P(AnalysisTest, BelongsToItsOrganisation) {
  const AssetRow made = asset("Harbour");
  EXPECT_EQ(store(analysis_of(made, "other"), {}).error().code, ErrorCode::kPermission);
  AnalysisRow unknown = analysis_of(made);
  unknown.result = *storage::new_key("default", "analysis");
  EXPECT_EQ(store(unknown, {}).error().code, ErrorCode::kNotFound);
  ASSERT_TRUE(store(analysis_of(made), {}));
  const auto from = [&](Session& session) { return find_analysis(session, "other", made.id); };
  EXPECT_EQ(look(from).error().code, ErrorCode::kNotFound);
}

/// A data directory of the version before: findings hung on reports, what could not be judged was "warn".
TEST_P(AnalysisTest, AnOlderDirectoryIsCarriedOver) {
  const database::test::FreshRecords records(GetParam(), database::test::Schema::kNone);
  const auto all = database::embedded_migrations();
  database::OpenOptions older;
  older.migrations = all.first(3);
  {
    auto opened = Database::open(records.url(), older);
    ASSERT_TRUE(opened) << opened.error().message;
    const auto written = (*opened)->write([&](Transaction& tx) -> Result<void> {
      PIER_CHECK(
          tx.run("INSERT INTO objects (key, organisation, kind, size, sha256, created, unreferenced) VALUES"
                 " ('default/frames/018f0000000070008000000000000001-1', 'default', 'frames', 1, $1, 1, 0),"
                 " ('default/analysis/018f0000000070008000000000000002-1', 'default', 'analysis', 1, $1, 1, 0)",
                 {Bytes(32)}));
      for (const char* sql :
           {"INSERT INTO assets (id, organisation, title, state, ladder, profile, created, updated, grid) VALUES"
            " ('ast_1', 'default', 'Old', 'published', 'hd', '', 5, 5, '{\"objects\":"
            "[\"default/frames/018f0000000070008000000000000001-1\","
            "\"default/analysis/018f0000000070008000000000000002-1\"]}')",
            "INSERT INTO reports VALUES ('rpt_1', 'ast_1', 'default', 'p', 'warn',"
            " '{\"verdict\":\"not_judged\"}', NULL, 1), ('rpt_2', 'ast_1', 'default', 'q', 'warn', NULL, NULL, 2)",
            "INSERT INTO findings (report_id, ordinal, kind, severity, details) VALUES"
            " ('rpt_1', 0, 'freeze', 'info', '{}'),"
            " ('rpt_2', 0, 'black', 'warn', '{\"id\":\"fnd_7\",\"stream\":0,\"start_seconds\":0.04,"
            "\"end_seconds\":0.08,\"first_frame\":1,\"last_frame\":1}')"})
        PIER_CHECK(tx.run(sql));
      return {};
    });
    ASSERT_TRUE(written) << written.error().detail;
  }
  auto opened = Database::open(records.url());
  ASSERT_TRUE(opened) << opened.error().message << opened.error().detail;
  auto snapshot = (*opened)->read();
  const auto analysis = find_analysis(*snapshot, "default", "ast_1");
  ASSERT_TRUE(analysis) << analysis.error().message;
  EXPECT_EQ(analysis->result.kind, "analysis");
  const auto found = list_findings(*snapshot, "default", "ast_1", {}, 10);
  ASSERT_TRUE(found) << found.error().detail;
  ASSERT_EQ(found->findings.size(), 1U) << "those of the newest report";
  EXPECT_EQ(found->findings[0].id, "fnd_7");
  EXPECT_EQ(found->findings[0].start, Rational(1, 25));
  EXPECT_EQ(found->findings[0].first_frame, 1);
  const auto reports = list_reports(*snapshot, "default", "ast_1");
  ASSERT_EQ(reports->size(), 2U);
  EXPECT_EQ((*reports)[0].verdict, Verdict::kWarn);
  EXPECT_EQ((*reports)[1].verdict, Verdict::kNotJudged);
  EXPECT_TRUE((*opened)->check_integrity());
}

}  // namespace
}  // namespace pier::catalogue
