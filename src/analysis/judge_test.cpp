#include <algorithm>

#include <gtest/gtest.h>

#include <pier/analysis/report.hpp>

namespace pier::analysis {
namespace {

const std::vector<std::string> kDirectories{std::string(PIER_SOURCE_DIR) + "/profiles"};
const std::vector<std::string> kUhd{"cn-uhd-4k", "cn-uhd-8k", "itu-bt2100", "ebu-uhd"};

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

AnalysisResult good_result() {
  AnalysisResult result;
  result.video_stream = 0;
  result.audio.push_back({.stream_index = 1, .sample_rate = 48000, .channels = 2});
  result.measures = {
      {"luminance", {{"max_cll", 950}, {"max_fall", 300}}},
      {"loudness", {{"streams", json::array{{{"integrated_lufs", -23.5}, {"true_peak_dbtp", -3.0}}}}}},
      {"findings", json::object()},
  };
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
  result.measures["loudness"] = {{"streams", json::array{{{"integrated_lufs", -24.0}, {"true_peak_dbtp", -1.0}}}}};
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
  // R 103 is a rule of ebu-uhd that nothing measures yet.
  auto result = good_result();
  EXPECT_EQ(judged("ebu-uhd", good_facts(), &result).verdict, Verdict::kNotJudged);
  // Silence has no loudness.
  result.measures["loudness"] = {{"streams", json::array{{{"integrated_lufs", nullptr}, {"true_peak_dbtp", nullptr}}}}};
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
  result.measures["loudness"] = {{"streams", json::array{{{"integrated_lufs", -24.0}, {"true_peak_dbtp", -3.0}},
                                                         {{"integrated_lufs", -18.0}, {"true_peak_dbtp", -3.0}}}}};
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
