#include <algorithm>
#include <filesystem>
#include <fstream>
#include <thread>

#include <gtest/gtest.h>
#include <unistd.h>

#include <pier/analysis/attest.hpp>
#include <pier/analysis/report.hpp>
#include <pier/core/file.hpp>

namespace pier::analysis {
namespace {

constexpr WallTime kThen = 1'700'000'000'000'000;
const std::vector<std::string> kShipped{std::string(PIER_SOURCE_DIR) + "/profiles"};

/// A data directory of its own, gone afterwards.
class Attest : public testing::Test {
 protected:
  Attest() : x_data(std::filesystem::temp_directory_path() / ("pier-attest-" + std::to_string(::getpid()))) {
    std::filesystem::remove_all(x_data);
  }
  ~Attest() override { std::filesystem::remove_all(x_data); }

  std::string overlays() const { return overlay_directory(x_data.string()); }
  std::string path(const std::string& profile) const { return overlay_path(overlays(), profile); }
  static Profile shipped(const std::string& id) { return *load_profile(id, kShipped); }
  static const Rule& rule(const Profile& profile, const std::string& id) {
    return *std::ranges::find(profile.rules, id, &Rule::id);
  }
  static AttestRequest of(const std::string& rule, std::vector<std::string> changes = {}) {
    return {
        .rule = rule, .document = "GY/T 282-2014", .clause = "5.2", .by = "Li \"Wei\"", .changes = std::move(changes)};
  }
  std::string written() const { return *read_file(path("cn-uhd-4k")); }

  std::filesystem::path x_data;
};

TEST_F(Attest, RaisesARuleToTextAndLeavesTheShippedFileAlone) {
  const Profile before = shipped("cn-uhd-4k");
  ASSERT_EQ(rule(before, "true-peak").verified, Verified::kNo);
  const auto made = attest(before, of("true-peak"), overlays(), kThen);
  ASSERT_TRUE(made) << made.error().message;
  const auto loaded = load_profile("cn-uhd-4k", kShipped, overlays());
  ASSERT_TRUE(loaded) << loaded.error().message;
  for (const Profile* profile : {&*made, &*loaded}) {
    const Rule& attested = rule(*profile, "true-peak");
    EXPECT_EQ(attested.verified, Verified::kText);
    ASSERT_TRUE(attested.attestation);
    EXPECT_EQ(attested.attestation->by, "Li \"Wei\"");
    EXPECT_EQ(attested.attestation->date, "2023-11-14T22:13:20.000000Z");
    EXPECT_EQ(attested.attestation->document, "GY/T 282-2014");
    EXPECT_EQ(profile->digest, before.digest);
    EXPECT_EQ(profile->overlay_digest.size(), 64U);
    EXPECT_EQ(profile->overlay_path, path("cn-uhd-4k"));
    EXPECT_TRUE(profile->warnings.empty());
  }
  EXPECT_EQ(rule(*load_profile("cn-uhd-4k", kShipped), "true-peak").verified, Verified::kNo) << "without overlays";
  EXPECT_TRUE(load_profile("hdr10", kShipped, overlays())->overlay_digest.empty()) << "another profile";
}

TEST_F(Attest, ChangesAThreshold) {
  const auto made = attest(shipped("cn-uhd-4k"), of("true-peak", {"max = -3.0"}), overlays(), kThen);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(std::get<MeasureCheck>(rule(*made, "true-peak").check).max, -3.0);
  const auto rates = attest(shipped("cn-uhd-4k"), of("frame-rate", {"one_of = [\"50\"]"}), overlays(), kThen);
  ASSERT_TRUE(rates) << rates.error().message;
  EXPECT_EQ(std::get<FactCheck>(rule(*rates, "frame-rate").check).one_of.size(), 1U);
  EXPECT_EQ(std::get<MeasureCheck>(rule(*rates, "true-peak").check).max, -3.0) << "the first one is kept";
  const auto floor = attest(shipped("cn-uhd-4k"), of("frame-rate", {"min = 50", "max = 60"}), overlays(), kThen);
  ASSERT_TRUE(floor) << floor.error().message;
  const auto& check = std::get<FactCheck>(rule(*floor, "frame-rate").check);
  EXPECT_TRUE(check.one_of.empty());
  EXPECT_EQ(check.max, 60.0);
}

TEST_F(Attest, TheLastOfARuleCountsAndAllAreKept) {
  ASSERT_TRUE(attest(shipped("cn-uhd-4k"), of("true-peak", {"max = -3.0"}), overlays(), kThen));
  const auto second = attest(shipped("cn-uhd-4k"), of("true-peak"), overlays(), kThen + 60'000'000);
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_EQ(std::get<MeasureCheck>(rule(*second, "true-peak").check).max, -2.0) << "as shipped again";
  const auto overlay = parse_overlay(written(), "o.toml");
  ASSERT_TRUE(overlay) << overlay.error().message;
  EXPECT_EQ(overlay->attestations.size(), 2U);
}

TEST_F(Attest, WhatDoesNotFitIsRefusedAndNothingIsWritten) {
  const Profile profile = shipped("cn-uhd-4k");
  const auto refused = [&](const AttestRequest& request) {
    const auto made = attest(profile, request, overlays(), kThen);
    return made ? std::string("made") : made.error().message;
  };
  EXPECT_NE(refused(of("true-pique")).find("no rule 'true-pique'; it has: raster"), std::string::npos);
  EXPECT_NE(refused(of("true-peak", {"maxi = 1"})).find("'maxi' is not known"), std::string::npos);
  EXPECT_NE(refused(of("true-peak", {"one_of = [1]"})).find("'one_of' is not known"), std::string::npos);
  EXPECT_NE(refused(of("true-peak", {"max = \"low\""})).find("must be a number"), std::string::npos);
  EXPECT_NE(refused(of("true-peak", {"max = "})).find("change:1"), std::string::npos);
  EXPECT_NE(refused(of("true-peak", {"max = 1\n[[attest]]"})).find("one line"), std::string::npos);
  AttestRequest nobody = of("true-peak");
  nobody.by.clear();
  EXPECT_NE(refused(nobody).find("who attests"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(path("cn-uhd-4k")));
}

TEST_F(Attest, DoesNotCountForAnotherTextOfTheRule) {
  ASSERT_TRUE(attest(shipped("cn-uhd-4k"), of("true-peak"), overlays(), kThen));
  auto overlay = *parse_overlay(written(), "o.toml");
  Profile later = shipped("cn-uhd-4k");
  auto& changed = *std::ranges::find(later.rules, "true-peak", &Rule::id);
  changed.digest = std::string(64, '0');
  const auto judged = with_overlay(later, overlay);
  ASSERT_TRUE(judged);
  EXPECT_EQ(rule(*judged, "true-peak").verified, Verified::kNo);
  ASSERT_EQ(judged->warnings.size(), 1U);
  EXPECT_NE(judged->warnings[0].find("attest it again"), std::string::npos) << judged->warnings[0];
  overlay.attestations[0].rule = "gone";
  EXPECT_NE(with_overlay(later, overlay)->warnings[0].find("no such rule"), std::string::npos);
  EXPECT_FALSE(with_overlay(shipped("hdr10"), overlay)) << "an overlay of another profile";
}

TEST_F(Attest, TheDigestOfARuleIsOfWhatItAsks) {
  const std::string text = *read_file(kShipped[0] + "/cn-uhd-4k.toml");
  const auto digest = [](const std::string& toml) {
    const auto profile = parse_profile(toml, "x.toml");
    return profile ? rule(*profile, "true-peak").digest : profile.error().message;
  };
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string other = text;
    other.replace(other.find(from, other.find("id = \"true-peak\"")), from.size(), to);
    return digest(other);
  };
  EXPECT_EQ(with("severity = \"fail\"", "severity = \"warn\""), digest(text));
  EXPECT_EQ(with("True peak", "Peak"), digest(text));
  EXPECT_NE(with("max = -2.0", "max = -1.0"), digest(text));
  EXPECT_NE(with("GY/T 282-2014", "GY/T 282-2024"), digest(text));
}

TEST_F(Attest, TwoAtOnceAreBothKept) {
  const Profile profile = shipped("cn-uhd-4k");
  const auto many = [&](const char* id) {
    for (int i = 0; i < 10; ++i) EXPECT_TRUE(attest(profile, of(id), overlays(), kThen));
  };
  std::thread other(many, "true-peak");
  many("frame-rate");
  other.join();
  EXPECT_EQ(parse_overlay(written(), "o.toml")->attestations.size(), 20U);
}

TEST_F(Attest, MistakesInAnOverlayNameLineAndKey) {
  const std::string good =
      "format = 1\nprofile = \"p\"\n[[attest]]\nrule = \"r\"\nrule_digest = \"0\"\ndocument = \"d\"\nclause = \"c\"\n"
      "by = \"b\"\ndate = \"2026-01-01T00:00:00Z\"\n[attest.change]\nmax = 1\n";
  ASSERT_TRUE(parse_overlay(good, "o.toml"));
  const auto told = [&](const std::string& from, const std::string& to) {
    std::string text = good;
    text.replace(text.find(from), from.size(), to);
    const auto overlay = parse_overlay(text, "o.toml");
    return overlay ? std::string() : overlay.error().message;
  };
  EXPECT_NE(told("by = ", "bye = ").find("o.toml:8: attestation of 'r': key 'bye'"), std::string::npos);
  EXPECT_NE(told("max = 1", "maxx = 1").find("o.toml:11: attestation of 'r': change: key 'maxx'"), std::string::npos);
  EXPECT_NE(told("clause = \"c\"\n", "").find("'clause' is missing"), std::string::npos);
  EXPECT_NE(told("format = 1", "format = 9").find("'format' must be 1"), std::string::npos);
  EXPECT_NE(told("[attest.change]\nmax = 1", "change = 3").find("must be a table"), std::string::npos);
}

TEST_F(Attest, TheReportNamesBothDigestsAndWho) {
  const auto profile = attest(shipped("cn-uhd-4k"), of("true-peak", {"max = -3.0"}), overlays(), kThen);
  media::Facts facts;
  facts.audio.emplace_back();
  AnalysisResult result;
  result.measures["loudness"] = {{"streams", json::array{{{"integrated_lufs", -24.0}, {"true_peak_dbtp", -2.5}}}}};
  const auto report = judge(facts, &result, *profile);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->profile_digest, profile->digest);
  EXPECT_EQ(report->overlay_digest, profile->overlay_digest);
  const auto broken = std::ranges::find(report->rules, "true-peak", &RuleReport::rule);
  EXPECT_EQ(broken->outcome, RuleOutcome::kBroken);
  EXPECT_TRUE(broken->deciding());
  EXPECT_NE(describe(*report, "en").find("attested by Li \"Wei\" after GY/T 282-2014, 5.2"), std::string::npos);
  EXPECT_NE(describe(*report, "en").find("changed: max = -3"), std::string::npos) << describe(*report, "en");
  EXPECT_NE(describe(*report, "zh").find("依据 GY/T 282-2014 5.2 认证"), std::string::npos);
  const auto back = report_from_json(*parse_json(json::serialize(to_json(*report))));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(json::serialize(to_json(*back)), json::serialize(to_json(*report)));
}

}  // namespace
}  // namespace pier::analysis
