#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <unistd.h>

#include <pier/analysis/profile.hpp>

namespace pier::analysis {
namespace {

const std::string kShipped = std::string(PIER_SOURCE_DIR) + "/profiles";

std::string rule_text(const std::string& body) {
  return "format = 1\nid = \"own\"\nversion = \"1\"\ntitle.en = \"Own\"\ntitle.zh = \"自有\"\n\n[[rule]]\nid = \"r\"\n"
         "clause = \"c\"\nseverity = \"fail\"\napplies_to = \"video\"\nsource = \"s\"\nverified = \"text\"\n"
         "message.en = \"m\"\nmessage.zh = \"消息\"\n" +
         body;
}

TEST(Profile, ShippedOnesLoad) {
  const auto profiles = list_profiles({kShipped});
  ASSERT_TRUE(profiles) << profiles.error().message;
  std::vector<std::string> ids;
  for (const Profile& profile : *profiles) {
    ids.push_back(profile.id);
    EXPECT_EQ(std::filesystem::path(profile.path).stem(), profile.id);
    EXPECT_EQ(profile.digest.size(), 64U);
    for (const Rule& rule : profile.rules) {
      EXPECT_NE(rule.message.en, rule.message.zh) << profile.id << ' ' << rule.id;
      // Chinese is Chinese: there is at least one character beyond ASCII.
      EXPECT_TRUE(std::ranges::any_of(rule.message.zh, [](char c) { return static_cast<unsigned char>(c) > 127; }));
    }
  }
  for (const char* id : {"cn-uhd-4k", "cn-uhd-8k", "cn-ott-4k", "itu-bt2100", "ebu-uhd", "hdr10", "hlg", "hdr-vivid",
                         "netflix-like", "screen-any"}) {
    EXPECT_TRUE(std::ranges::find(ids, id) != ids.end()) << id;
  }
}

TEST(Profile, EveryKindOfRuleIsRead) {
  const auto fact = parse_profile(rule_text("fact = \"video.bit_depth\"\none_of = [10, 12]\n"), "x.toml");
  ASSERT_TRUE(fact) << fact.error().message;
  EXPECT_EQ(std::get<FactCheck>(fact->rules[0].check).one_of.size(), 2U);
  const auto absent = parse_profile(rule_text("absent = \"black\"\nlonger_than_seconds = 2\n"), "x.toml");
  ASSERT_TRUE(absent) << absent.error().message;
  EXPECT_EQ(std::get<AbsentCheck>(absent->rules[0].check).longer_than_seconds, 2.0);
  const auto measure =
      parse_profile(rule_text("measure = \"luminance.max_cll\"\nmax_fact = \"video.max_cll\"\n"), "x.toml");
  ASSERT_TRUE(measure) << measure.error().message;
  EXPECT_EQ(std::get<MeasureCheck>(measure->rules[0].check).max_fact, "video.max_cll");
}

struct Mistake {
  std::string body, line, words;
};

TEST(Profile, MistakesAreReportedWithLineAndKey) {
  const std::string fact = "fact = \"video.bit_depth\"\n";
  const std::vector<Mistake> mistakes{
      {fact + "one_off = [10]\n", ":17:", "'one_off' is not known"},
      {fact, ":16:", "exactly one of"},
      {fact + "min = 1\nequals = 2\n", ":16:", "exactly one of"},
      {"fact = \"video.bits\"\nequals = 10\n", ":16:", "'video.bits', which is no fact"},
      {fact + "min = \"ten\"\n", ":17:", "'min' must be a number"},
      {fact + "min = nan\n", ":17:", "out of range"},
      {fact + "one_of = []\n", ":17:", "must be a list"},
      {fact + "one_of = [[1]]\n", ":17:", "must be a text, a number or true/false"},
      {"absent = \"blak\"\n", ":16:", "'blak', which no analyzer finds"},
      {"measure = \"luminance.max_cll\"\n", ":16:", "needs min, max or max_fact"},
      {"measure = \"luminance.max_ccl\"\nmax = 1\n", ":16:", "'luminance.max_ccl', which no analyzer measures"},
      {"measure = \"luminance.max_cll\"\nmax_fact = \"video.max_ccl\"\n", ":17:", "'video.max_ccl', which is no fact"},
      {"absent = \"levels.reservd\"\n", ":16:", "which no analyzer finds"},
      {"absent = \"black\"\nlonger_than = 2\n", ":17:", "'longer_than' is not known"},
      {fact + "equals = 10\nmovielabs = \"maxcll\"\n", ":18:", "'movielabs' must be CATEGORY/TERM"},
      {fact + "equals = 10\nebu_qc = \"51B\"\n", ":18:", "'ebu_qc' must be four digits and a letter"},
      {fact + "equals = 10\nebu_qc = 51\n", ":18:", "'ebu_qc' must be a text"},
      {fact + "equals = 10\nabsent = \"black\"\n", ":8:", "exactly one of: fact, absent, measure"},
      {fact + "equals = \n", ":17:", ""},
  };
  for (const Mistake& mistake : mistakes) {
    const auto profile = parse_profile(rule_text(mistake.body), "own.toml");
    ASSERT_FALSE(profile) << mistake.body;
    EXPECT_EQ(profile.error().code, ErrorCode::kInvalidArgument);
    const std::string& message = profile.error().message;
    EXPECT_NE(message.find("own.toml" + mistake.line), std::string::npos) << message;
    EXPECT_NE(message.find(mistake.words), std::string::npos) << message;
  }
}

TEST(Profile, AllMistakesAreLinted) {
  const std::string text = rule_text("absent = \"blak\"\n") +
                           "[[rule]]\nid = \"s\"\n[[rule]]\nid = \"t\"\nclause = \"c\"\nseverity = \"fatal\"\n";
  const auto mistakes = lint_profile(text, "own.toml");
  ASSERT_EQ(mistakes.size(), 3U);
  EXPECT_NE(mistakes[0].find("own.toml:16: rule 'r': key 'absent'"), std::string::npos) << mistakes[0];
  EXPECT_NE(mistakes[1].find("rule 's': key 'clause' is missing"), std::string::npos) << mistakes[1];
  EXPECT_NE(mistakes[2].find("own.toml:22: rule 't': key 'severity'"), std::string::npos) << mistakes[2];
  EXPECT_TRUE(lint_profile(rule_text("absent = \"black\"\n"), "own.toml").empty());
  EXPECT_EQ(lint_profile("a = ", "own.toml").size(), 1U);
}

TEST(Profile, CodesAndWordsOfARule) {
  const auto profile = parse_profile(
      rule_text("measure = \"luminance.max_cll\"\nmax = 1000\nmax_fact = \"video.max_cll\"\nebu_qc = \"0051B\"\n"
                "movielabs = \"COLOR-TRANSFORM/MAXFALL-MAXCLL\"\n"),
      "x.toml");
  ASSERT_TRUE(profile) << profile.error().message;
  const Rule& rule = profile->rules[0];
  EXPECT_EQ(rule.ebu_qc, "0051B");
  EXPECT_EQ(rule.movielabs, "COLOR-TRANSFORM/MAXFALL-MAXCLL");
  EXPECT_EQ(describe(rule.check, "en"), "luminance.max_cll: at most 1000, at most video.max_cll");
  EXPECT_EQ(
      describe(
          Check(FactCheck{
              .fact = "video.bit_depth", .equals = {}, .one_of = {int64_t{10}, int64_t{12}}, .min = {}, .max = {}}),
          "en"),
      "video.bit_depth: one of 10, 12");
  EXPECT_EQ(
      describe(Check(FactCheck{.fact = "video.bitrate", .equals = {}, .one_of = {}, .min = 36e6, .max = {}}), "en"),
      "video.bitrate: at least 36000000");
  EXPECT_EQ(describe(Check(AbsentCheck{"black", 2.5}), "en"), "no black longer than 2.5 s");
  EXPECT_EQ(describe(Check(AbsentCheck{"damaged", 0}), "zh"), "不得检出 damaged");
  const json::object object = to_json(*profile);
  const json::object& first = object.at("rules").as_array().at(0).as_object();
  EXPECT_EQ(first.at("check").as_object().at("max"), json::value(1000.0));
  EXPECT_EQ(first.at("ebu_qc"), json::value("0051B"));
  EXPECT_EQ(first.at("digest").as_string().size(), 64U);
}

TEST(Profile, MistakesInTheHeadAreReported) {
  const std::string good = rule_text("absent = \"black\"\n");
  const auto broken = [&](const std::string& from, const std::string& to) {
    std::string text = good;
    text.replace(text.find(from), from.size(), to);
    const auto profile = parse_profile(text, "own.toml");
    return profile ? std::string() : profile.error().message;
  };
  EXPECT_NE(broken("format = 1", "format = 2").find("'format' must be 1"), std::string::npos);
  EXPECT_NE(broken("id = \"own\"", "id = \"Own One\"").find("lower-case"), std::string::npos);
  EXPECT_NE(broken("title.zh = \"自有\"\n", "").find("'zh' is missing"), std::string::npos);
  EXPECT_NE(broken("severity = \"fail\"", "severity = \"info\"").find("must be one of: warn, fail"), std::string::npos);
  EXPECT_NE(broken("verified = \"text\"", "verified = \"maybe\"").find("text, source, no"), std::string::npos);
  EXPECT_NE(broken("verified = \"text\"\n", "").find("'verified' is missing"), std::string::npos);
  const auto twice = parse_profile(good + good.substr(good.find("[[rule]]")), "own.toml");
  ASSERT_FALSE(twice);
  EXPECT_NE(twice.error().message.find("used twice"), std::string::npos);
}

TEST(Profile, FoundByNameByPathAndByEnvironment) {
  EXPECT_TRUE(load_profile("hdr10", {kShipped}));
  EXPECT_TRUE(load_profile(kShipped + "/hlg.toml", {}));
  const auto unknown = load_profile("hdr11", {kShipped});
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, ErrorCode::kNotFound);
  EXPECT_NE(unknown.error().message.find("itu-bt2100"), std::string::npos);

  const std::filesystem::path share =
      std::filesystem::temp_directory_path() / ("pier-profile-test-" + std::to_string(getpid()));
  std::filesystem::create_directories(share / "profiles");
  std::ofstream(share / "profiles" / "own.toml") << rule_text("absent = \"black\"\n");
  setenv("PIER_SHARE", share.c_str(), 1);
  const auto directories = profile_directories();
  ASSERT_FALSE(directories.empty());
  EXPECT_EQ(directories.front(), (share / "profiles").string());
  EXPECT_TRUE(load_profile("own"));
  EXPECT_TRUE(load_profile("hdr10")) << "the shipped ones stay reachable";
  unsetenv("PIER_SHARE");
  std::filesystem::remove_all(share);
}

media::Facts uhd(Transfer transfer, int width, int height, Rational rate) {
  media::Facts facts;
  facts.main_video = 0;
  media::VideoFacts video;
  video.width = width;
  video.height = height;
  video.frame_rate = rate;
  video.colour.transfer = transfer;
  facts.video.push_back(video);
  return facts;
}

TEST(Profile, ChoiceBySource) {
  EXPECT_EQ(choose_profile(uhd(Transfer::kPq, 3840, 2160, 50)).id, "itu-bt2100");
  EXPECT_EQ(choose_profile(uhd(Transfer::kHlg, 7680, 4320, 120)).id, "itu-bt2100");
  EXPECT_EQ(choose_profile(uhd(Transfer::kBt709, 3840, 2160, 50)).id, "screen-any");
  EXPECT_EQ(choose_profile(uhd(Transfer::kPq, 1920, 1080, 50)).id, "screen-any");
  EXPECT_EQ(choose_profile(uhd(Transfer::kPq, 3840, 2160, Rational(24000, 1001))).id, "screen-any");
  EXPECT_EQ(choose_profile({}).id, "screen-any");
  EXPECT_FALSE(choose_profile({}).reason.zh.empty());
}

}  // namespace
}  // namespace pier::analysis
