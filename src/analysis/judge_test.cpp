#include <algorithm>

#include <gtest/gtest.h>

#include <pier/analysis/report.hpp>

#include "finding_kinds.hpp"

namespace pier::analysis {
namespace {

const std::vector<std::string> kDirectories{std::string(PIER_SOURCE_DIR) + "/profiles"};
const std::vector<std::string> kUhd{"cn-uhd-4k", "cn-uhd-8k", "cn-ott-4k", "itu-bt2100", "ebu-uhd"};

/// A master that conforms to UHD with HDR.
media::Facts good_facts() {
  media::Facts facts;
  facts.main_video = 0;
  media::VideoFacts video;
  video.codec = media::Codec::kHevc;
  video.width = 3840;
  video.height = 2160;
  video.format = {.bit_depth = 10, .chroma = Chroma::k420, .rgb = false};
  video.colour = {Primaries::kBt2020, Transfer::kPq, Matrix::kBt2020Ncl, Range::kNarrow, ChromaSite::kTopLeft};
  video.hdr = media::HdrKind::kHdr10;
  video.mastering_display.emplace().max_luminance = 10'000'000;
  video.content_light = ContentLight{1000, 400};
  video.frame_rate = 50;
  facts.video.push_back(video);
  media::AudioFacts audio;
  audio.stream_index = 1;
  audio.sample_rate = 48000;
  audio.channels = 2;
  facts.audio.push_back(audio);
  return facts;
}

/// Every stream is a programme of its own.
json::object loudness_of(const std::vector<json::object>& streams) {
  const json::array all(streams.begin(), streams.end());
  return {{"streams", all}, {"programmes", all}};
}

AnalysisResult good_result() {
  AnalysisResult result;
  result.video_stream = 0;
  result.audio.push_back({.stream_index = 1, .sample_rate = 48000, .channels = 2});
  result.measures = {
      {"luminance", {{"max_cll", 950}, {"max_fall", 300}}},
      {"loudness", loudness_of({{{"integrated_lufs", -23.5}, {"true_peak_dbtp", -3.0}}})},
      {"findings", json::object()},
  };
  for (const auto& source : impl::kind_sources()) {
    for (const std::string_view kind : source.kinds) result.looked_for.emplace_back(kind);
  }
  return result;
}

Report judged(const std::string& profile, const media::Facts& facts, const AnalysisResult* result) {
  const auto loaded = load_profile(profile, kDirectories);
  EXPECT_TRUE(loaded) << loaded.error().message;
  auto report = judge(facts, result, *loaded);
  EXPECT_TRUE(report);
  return *report;
}

std::vector<std::string> rules_with(const Report& report, RuleOutcome outcome) {
  std::vector<std::string> ids;
  for (const RuleReport& rule : report.rules) {
    if (rule.outcome == outcome) ids.push_back(rule.rule);
  }
  return ids;
}

bool has(const std::vector<std::string>& list, const std::string& id) {
  return std::ranges::find(list, id) != list.end();
}

Finding finding(const std::string& kind, Rational start, Rational end) {
  Finding f;
  f.kind = kind;
  f.time = {start, end};
  set_id(f);
  return f;
}

TEST(Judge, ConformingMasterPasses) {
  const auto result = good_result();
  for (const char* profile : {"itu-bt2100", "cn-uhd-4k", "hdr10", "screen-any"}) {
    const Report report = judged(profile, good_facts(), &result);
    EXPECT_EQ(report.verdict, Verdict::kPass) << describe(report, "en");
  }
}

TEST(Judge, FourKByRasterOnlyFailsEveryUhdProfileWithEachReason) {
  media::Facts facts = good_facts();
  media::VideoFacts& video = facts.video[0];
  video.codec = media::Codec::kAvc;
  video.format.bit_depth = 8;
  video.rotation = 270;
  video.colour = {Primaries::kBt470bg, Transfer::kSmpte170m, Matrix::kSmpte170m, Range::kFull, ChromaSite::kLeft};
  video.hdr = media::HdrKind::kSdr;
  video.mastering_display.reset();
  video.content_light.reset();
  video.frame_rate = 60;
  for (const std::string& profile : kUhd) {
    for (const auto& result : {std::optional<AnalysisResult>(), std::optional(good_result())}) {
      const Report report = judged(profile, facts, result ? &*result : nullptr);
      EXPECT_EQ(report.verdict, Verdict::kFail) << profile;
      const auto broken = rules_with(report, RuleOutcome::kBroken);
      for (const char* reason : {"bit-depth", "upright", "aspect", "primaries", "matrix", "transfer"}) {
        EXPECT_TRUE(has(broken, reason)) << profile << ' ' << reason;
      }
      const std::string text = describe(report, "en");
      EXPECT_NE(text.find("video.bit_depth is 8"), std::string::npos) << text;
      EXPECT_NE(text.find("video.rotation is 270"), std::string::npos);
    }
  }
  EXPECT_TRUE(has(rules_with(judged("cn-uhd-4k", facts, nullptr), RuleOutcome::kBroken), "frame-rate"));
}

TEST(Judge, PqWithoutSt2086IsReported) {
  media::Facts facts = good_facts();
  facts.video[0].mastering_display.reset();
  facts.video[0].hdr = media::HdrKind::kPq;
  const auto result = good_result();
  EXPECT_EQ(judged("hdr10", facts, &result).verdict, Verdict::kFail);
  EXPECT_EQ(judged("itu-bt2100", facts, &result).verdict, Verdict::kWarn);
  EXPECT_TRUE(has(rules_with(judged("screen-any", facts, &result), RuleOutcome::kBroken), "mastering-display"));
}

TEST(Judge, UnverifiedRuleNeverDecides) {
  media::Facts facts = good_facts();
  facts.video[0].frame_rate = 60;  // 50/100/120 is not verified; at least 50 is
  auto result = good_result();
  result.measures["loudness"] = loudness_of({{{"integrated_lufs", -24.0}, {"true_peak_dbtp", -1.0}}});
  const Report report = judged("cn-uhd-4k", facts, &result);
  EXPECT_EQ(report.verdict, Verdict::kPass) << describe(report, "en");
  EXPECT_TRUE(has(rules_with(report, RuleOutcome::kBroken), "frame-rate"));
  EXPECT_TRUE(has(rules_with(report, RuleOutcome::kBroken), "true-peak"));
  EXPECT_NE(describe(report, "en").find("unverified"), std::string::npos);
}

TEST(Judge, WhatWasNotMeasuredIsNotPassed) {
  const Report facts_only = judged("itu-bt2100", good_facts(), nullptr);
  EXPECT_EQ(facts_only.verdict, Verdict::kNotJudged);
  EXPECT_TRUE(has(rules_with(facts_only, RuleOutcome::kNotJudged), "whole-pictures"));
  auto result = good_result();
  // Silence has no loudness.
  result.measures["loudness"] = loudness_of({{{"integrated_lufs", nullptr}, {"true_peak_dbtp", nullptr}}});
  EXPECT_EQ(judged("cn-uhd-4k", good_facts(), &result).verdict, Verdict::kNotJudged);
  // No picture at all.
  media::Facts sound_only = good_facts();
  sound_only.video.clear();
  sound_only.main_video = -1;
  EXPECT_EQ(judged("itu-bt2100", sound_only, &result).verdict, Verdict::kNotJudged);
}

TEST(Judge, SoundRulesDoNotApplyWithoutSound) {
  media::Facts facts = good_facts();
  facts.audio.clear();
  auto result = good_result();
  result.audio.clear();
  const Report report = judged("cn-uhd-4k", facts, &result);
  EXPECT_EQ(report.verdict, Verdict::kPass);
  EXPECT_TRUE(has(rules_with(report, RuleOutcome::kNotApplicable), "loudness"));
}

TEST(Judge, LoudnessOfEveryStreamMustHold) {
  auto result = good_result();
  result.measures["loudness"] = loudness_of(
      {{{"integrated_lufs", -24.0}, {"true_peak_dbtp", -3.0}}, {{"integrated_lufs", -18.0}, {"true_peak_dbtp", -3.0}}});
  const Report report = judged("cn-uhd-4k", good_facts(), &result);
  EXPECT_EQ(report.verdict, Verdict::kFail);
  EXPECT_TRUE(has(rules_with(report, RuleOutcome::kBroken), "loudness"));
}

TEST(Judge, MeasuredLightAgainstDeclaredLight) {
  auto result = good_result();
  result.measures["luminance"] = {{"max_cll", 1200}, {"max_fall", 300}};
  EXPECT_EQ(judged("hdr10", good_facts(), &result).verdict, Verdict::kFail);
  media::Facts undeclared = good_facts();
  undeclared.video[0].content_light = ContentLight{0, 0};  // 0 is unknown, CTA-861.3
  const Report report = judged("hdr10", undeclared, &result);
  EXPECT_TRUE(has(rules_with(report, RuleOutcome::kNotApplicable), "max-cll"));
}

TEST(Judge, FindingsByKindFamilyAndLength) {
  auto result = good_result();
  result.findings = {finding("black", 0, 4), finding("levels.reserved", 5, 6)};
  result.measures["findings"] = {{"black", {{"count", 1}, {"listed", 1}}}};
  EXPECT_EQ(judged("screen-any", good_facts(), &result).verdict, Verdict::kPass);  // 4 s of black are not over 5 s
  const Report itu = judged("itu-bt2100", good_facts(), &result);
  EXPECT_EQ(itu.verdict, Verdict::kFail);
  const auto rule = std::ranges::find_if(itu.rules, [](const RuleReport& r) { return r.rule == "reserved-codes"; });
  ASSERT_NE(rule, itu.rules.end());
  EXPECT_EQ(rule->findings, std::vector<std::string>{result.findings[1].id});
  result.findings[0] = finding("black", 0, 6);
  EXPECT_EQ(judged("screen-any", good_facts(), &result).verdict, Verdict::kWarn);
  // Findings that were counted but not listed could be longer than asked.
  result.findings.clear();
  result.measures["findings"] = {{"black", {{"count", 900}, {"listed", 500}}}};
  EXPECT_EQ(judged("screen-any", good_facts(), &result).verdict, Verdict::kNotJudged);
}

TEST(Judge, CappedFindings) {
  auto result = good_result();
  // 400 more of 10 s together: none can be longer than 5 s only when that is less.
  result.measures["findings"] = {{"black", {{"count", 900}, {"listed", 500}, {"seconds", 4.0}}}};
  EXPECT_EQ(judged("screen-any", good_facts(), &result).verdict, Verdict::kPass);
  result.measures["findings"] = {{"black", {{"count", 900}, {"listed", 500}, {"seconds", 10.0}}}};
  EXPECT_TRUE(has(rules_with(judged("screen-any", good_facts(), &result), RuleOutcome::kNotJudged), "black"));
  // A kind that must not be there at all is broken by what was only counted.
  result.measures["findings"] = {{"damaged", {{"count", 2}, {"listed", 0}, {"seconds", 0.1}}}};
  const Report report = judged("screen-any", good_facts(), &result);
  EXPECT_TRUE(has(rules_with(report, RuleOutcome::kBroken), "whole-pictures"));
  EXPECT_EQ(report.verdict, Verdict::kFail);
}

const RuleReport& rule_of(const Report& report, const std::string& id) {
  const auto found = std::ranges::find(report.rules, id, &RuleReport::rule);
  EXPECT_NE(found, report.rules.end()) << id;
  return *found;
}

TEST(Judge, ResultOfAnEarlierEngine) {
  auto result = good_result();
  result.engine = "analysis-0";
  result.looked_for.clear();
  result.measures["black"] = json::object();
  const Report report = judged("screen-any", good_facts(), &result);
  EXPECT_EQ(report.engine, "analysis-0");
  EXPECT_EQ(report.judged_by, kEngineVersion);
  EXPECT_EQ(rule_of(report, "black").outcome, RuleOutcome::kHolds);
  EXPECT_EQ(rule_of(report, "freeze").outcome, RuleOutcome::kNotJudged) << "that engine left no trace of it";
  EXPECT_NE(rule_of(report, "freeze").evidence.en.find("analysis-0"), std::string::npos);
  EXPECT_NE(describe(report, "en").find("measured by engine analysis-0, judged by " + std::string(kEngineVersion)),
            std::string::npos);
  result.measures.erase("luminance");
  const Report dark = judged("hdr10", good_facts(), &result);
  EXPECT_EQ(rule_of(dark, "max-cll").outcome, RuleOutcome::kNotJudged);
  EXPECT_NE(rule_of(dark, "max-cll").evidence.en.find("was not measured"), std::string::npos);
  // A stored result reads back with what it told, and without.
  for (const bool tells : {true, false}) {
    AnalysisResult stored = good_result();
    if (!tells) stored.looked_for.clear();
    json::object object = to_json(stored);
    if (!tells) object.erase("looked_for");
    const auto back = analysis_result_from_json(*parse_json(json::serialize(object)));
    ASSERT_TRUE(back) << back.error().message;
    EXPECT_EQ(back->looked_for, stored.looked_for);
  }
}

TEST(Judge, AppliesOnlyWhereTheThingIs) {
  const auto outcome = [](const std::string& applies_to, const media::Facts& facts) {
    const auto profile = parse_profile(
        "format = 1\nid = \"own\"\nversion = \"1\"\ntitle.en = \"Own\"\ntitle.zh = \"自有\"\n[[rule]]\nid = "
        "\"r\"\nclause = "
        "\"c\"\nseverity = \"fail\"\nsource = \"s\"\nverified = \"text\"\nmessage.en = \"m\"\nmessage.zh = "
        "\"m\"\nfact = \"audio.tracks\"\nmin = 0\napplies_to = \"" +
            applies_to + "\"\n",
        "own.toml");
    EXPECT_TRUE(profile) << profile.error().message;
    return judge(facts, nullptr, *profile)->rules[0].outcome;
  };
  media::Facts facts = good_facts();
  for (const char* absent : {"package", "surround", "sdr", "hlg", "hdr10plus", "hdr_vivid", "dolby_vision"})
    EXPECT_EQ(outcome(absent, facts), RuleOutcome::kNotApplicable) << absent;
  facts.audio[0].channels = 6;
  facts.container = "imf";
  facts.video[0].hdr10_plus = facts.video[0].hdr_vivid = true;
  facts.video[0].dolby_vision.emplace();
  for (const char* present :
       {"file", "package", "video", "audio", "surround", "hdr", "pq", "hdr10plus", "hdr_vivid", "dolby_vision"})
    EXPECT_EQ(outcome(present, facts), RuleOutcome::kHolds) << present;
}

// ---- waivers

Waiver waiver_of(const std::string& rule, const std::string& finding, const std::string& until = "2026-12-31") {
  return {.rule = rule, .finding = finding, .profile = {}, .who = "Li Wei", .why = "archive", .until = until};
}

Report judged_with(const std::string& profile, const AnalysisResult& result, std::vector<Waiver> waivers) {
  JudgeOptions options;
  options.waivers.list = std::move(waivers);
  options.waivers.digest = "d";
  options.today = "2026-12-31";
  const auto report = judge(good_facts(), &result, *load_profile(profile, kDirectories), options);
  EXPECT_TRUE(report);
  return *report;
}

TEST(Waivers, OfARuleLetsItPassAndIsListed) {
  auto result = good_result();
  result.findings = {finding("damaged", 0, 1)};
  ASSERT_EQ(judged_with("screen-any", result, {}).verdict, Verdict::kFail);
  const Report report = judged_with("screen-any", result, {waiver_of("whole-pictures", "")});
  EXPECT_EQ(report.verdict, Verdict::kPass);
  const RuleReport& rule = rule_of(report, "whole-pictures");
  EXPECT_EQ(rule.outcome, RuleOutcome::kBroken);
  EXPECT_FALSE(rule.deciding());
  EXPECT_EQ(report.waivers.at(0).state, WaiverState::kApplied);
  const std::string text = describe(report, "en");
  EXPECT_NE(text.find("waived by Li Wei until 2026-12-31: archive"), std::string::npos) << text;
  EXPECT_NE(text.find("1 waived"), std::string::npos);
  EXPECT_NE(describe(report, "zh").find("由 Li Wei 豁免至 2026-12-31"), std::string::npos);
  const auto back = report_from_json(*parse_json(json::serialize(to_json(report))));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(json::serialize(to_json(*back)), json::serialize(to_json(report)));
}

TEST(Waivers, AnExpiredOneDecidesAndIsSaid) {
  auto result = good_result();
  result.findings = {finding("damaged", 0, 1)};
  const std::string id = result.findings[0].id;
  for (const Waiver& waiver : {waiver_of("whole-pictures", "", "2026-12-30"), waiver_of("", id, "2026-12-30")}) {
    const Report report = judged_with("screen-any", result, {waiver});
    EXPECT_EQ(report.verdict, Verdict::kFail);
    EXPECT_EQ(report.waivers.at(0).state, WaiverState::kExpired);
    EXPECT_NE(rule_of(report, "whole-pictures").evidence.en.find("ended on 2026-12-30"), std::string::npos);
    EXPECT_NE(describe(report, "en").find("waiver ended on 2026-12-30"), std::string::npos);
    EXPECT_NE(describe(report, "zh").find("豁免已于 2026-12-30 到期"), std::string::npos);
  }
}

TEST(Waivers, OfFindingsMustCoverAllOfThem) {
  auto result = good_result();
  result.findings = {finding("damaged", 0, 1), finding("damaged", 3, 4)};
  const Report one = judged_with("screen-any", result, {waiver_of("", result.findings[0].id)});
  EXPECT_EQ(one.verdict, Verdict::kFail);
  EXPECT_NE(rule_of(one, "whole-pictures").evidence.en.find("1 of kind damaged, first at 3–4 s; 1 more are waived"),
            std::string::npos)
      << rule_of(one, "whole-pictures").evidence.en;
  EXPECT_EQ(one.waivers[0].state, WaiverState::kApplied);
  const Report both =
      judged_with("screen-any", result, {waiver_of("", result.findings[0].id), waiver_of("", result.findings[1].id)});
  EXPECT_EQ(both.verdict, Verdict::kPass);
  EXPECT_EQ(rule_of(both, "whole-pictures").waived.size(), 2U);
  // One more that was only counted is not waived.
  result.measures["findings"] = {{"damaged", {{"count", 3}, {"listed", 2}, {"seconds", 2.1}}}};
  EXPECT_EQ(
      judged_with("screen-any", result, {waiver_of("", result.findings[0].id), waiver_of("", result.findings[1].id)})
          .verdict,
      Verdict::kFail);
}

TEST(Waivers, BeyondTheEvidenceThatIsListed) {
  auto result = good_result();
  std::vector<Waiver> waivers;
  for (int i = 0; i < 40; ++i) {
    result.findings.push_back(finding("damaged", i, i + 1));
    waivers.push_back(waiver_of("", result.findings.back().id));
  }
  const Report report = judged_with("screen-any", result, waivers);
  EXPECT_EQ(report.verdict, Verdict::kPass);
  for (const WaiverReport& waiver : report.waivers) EXPECT_EQ(waiver.state, WaiverState::kApplied);
  waivers.pop_back();
  EXPECT_EQ(judged_with("screen-any", result, waivers).verdict, Verdict::kFail);
}

TEST(Waivers, DoNotReachFurtherThanTheySay) {
  auto result = good_result();
  result.findings = {finding("damaged", 0, 1)};
  Waiver elsewhere = waiver_of("whole-pictures", "");
  elsewhere.profile = "hdr10";
  const Report other = judged_with("screen-any", result, {elsewhere});
  EXPECT_EQ(other.verdict, Verdict::kFail);
  EXPECT_EQ(other.waivers[0].state, WaiverState::kUnused);
  EXPECT_NE(describe(other, "en").find("waiver without use: whole-pictures"), std::string::npos);
  // What holds or was not judged cannot be waived.
  EXPECT_EQ(judged_with("screen-any", good_result(), {waiver_of("whole-pictures", "")}).waivers[0].state,
            WaiverState::kUnused);
  auto blind = good_result();
  std::erase(blind.looked_for, "damaged");
  const Report unjudged = judged_with("screen-any", blind, {waiver_of("whole-pictures", "")});
  EXPECT_EQ(unjudged.verdict, Verdict::kNotJudged);
  EXPECT_EQ(unjudged.waivers[0].state, WaiverState::kUnused);
}

TEST(Waivers, NeedADay) {
  JudgeOptions options;
  options.waivers.list = {waiver_of("black", "")};
  const auto result = good_result();
  EXPECT_FALSE(judge(good_facts(), &result, *load_profile("screen-any", kDirectories), options));
}

TEST(Report, ComesBackFromJson) {
  auto result = good_result();
  result.findings = {finding("levels.reserved", 5, 6)};
  result.warnings = {"one"};
  const Report report = judged("itu-bt2100", good_facts(), &result);
  const std::string text = json::serialize(to_json(report));
  const auto back = report_from_json(*parse_json(text));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(json::serialize(to_json(*back)), text);
  for (const char* bad : {"[]", "{}", R"({"format":1,"verdict":"good"})"})
    EXPECT_FALSE(report_from_json(*parse_json(bad)));
}

TEST(Report, OfAnEarlierEngineIsRead) {
  const auto result = good_result();
  json::object old = to_json(judged("screen-any", good_facts(), &result));
  for (const char* key : {"overlay_digest", "judged_by", "waivers", "waivers_digest"}) old.erase(key);
  const auto back = report_from_json(json::value(old));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(back->judged_by, back->engine);
  EXPECT_TRUE(back->waivers.empty());
}

TEST(Report, UnverifiedRulesAreListedMetAndNotMet) {
  auto result = good_result();
  result.measures["loudness"] = loudness_of({{{"integrated_lufs", -24.0}, {"true_peak_dbtp", -1.0}}});
  const std::string text = describe(judged("cn-uhd-4k", good_facts(), &result), "en");
  EXPECT_NE(text.find("(not met)   true-peak"), std::string::npos) << text;
  EXPECT_NE(text.find("(met)       frame-rate"), std::string::npos) << text;
  EXPECT_NE(text.find("conform by "), std::string::npos);
}

TEST(Report, TextInBothLanguages) {
  media::Facts facts = good_facts();
  facts.video[0].format.bit_depth = 8;
  const auto result = good_result();
  const Report report = judged("itu-bt2100", facts, &result);
  const std::string english = describe(report, "en");
  EXPECT_TRUE(english.starts_with("FAIL: UHDTV with HDR")) << english;
  EXPECT_NE(english.find("video.bit_depth is 8; asked: one of 10, 12"), std::string::npos);
  const std::string chinese = describe(report, "zh-CN");
  EXPECT_TRUE(chinese.starts_with("不通过：")) << chinese;
  EXPECT_NE(chinese.find("量化为 10 或 12 比特"), std::string::npos);
}

TEST(Finding, ComesBackFromJsonAndKeepsItsId) {
  Finding f = finding("black", Rational(1, 3), Rational(5, 2));
  f.first_frame = 4;
  f.last_frame = 9;
  f.region = Region{1, 2, 3, 4};
  f.measures["share"] = 0.5;
  const auto back = finding_from_json(*parse_json(json::serialize(to_json(f))));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(back->time, f.time);
  EXPECT_EQ(back->region, f.region);
  EXPECT_EQ(json::serialize(to_json(*back)), json::serialize(to_json(f)));
  EXPECT_EQ(finding("black", Rational(1, 3), 9).id, f.id) << "the id does not hang on the end";
  EXPECT_NE(finding("black", Rational(1, 4), 9).id, f.id);
}

}  // namespace
}  // namespace pier::analysis
