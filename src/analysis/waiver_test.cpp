#include <gtest/gtest.h>

#include <pier/analysis/waiver.hpp>

namespace pier::analysis {
namespace {

const std::string kOne =
    "format = 1\n[[waiver]]\nrule = \"loudness\"\nprofile = \"own\"\nwho = \"Li Wei\"\nwhy = \"archive\"\n"
    "until = \"2027-03-31\"\n";

TEST(Waiver, TomlAndJsonSayTheSame) {
  const auto toml = parse_waivers(kOne, "w.toml");
  ASSERT_TRUE(toml) << toml.error().message;
  const auto json = parse_waivers(R"( {"format": 1, "waiver": [{"rule": "loudness", "profile": "own", "who": "Li Wei",
                                       "why": "archive", "until": "2027-03-31"}]})",
                                  "w.json");
  ASSERT_TRUE(json) << json.error().message;
  for (const auto* waivers : {&*toml, &*json}) {
    ASSERT_EQ(waivers->list.size(), 1U);
    EXPECT_EQ(waivers->list[0].rule, "loudness");
    EXPECT_EQ(waivers->list[0].profile, "own");
    EXPECT_EQ(waivers->list[0].who, "Li Wei");
    EXPECT_EQ(waivers->list[0].why, "archive");
    EXPECT_EQ(waivers->list[0].until, "2027-03-31");
    EXPECT_EQ(waivers->digest.size(), 64U);
  }
  EXPECT_NE(toml->digest, json->digest);
}

TEST(Waiver, MistakesNameLineAndKey) {
  const auto told = [](std::string text, const std::string& from, const std::string& to) {
    text.replace(text.find(from), from.size(), to);
    const auto waivers = parse_waivers(text, "w.toml");
    return waivers ? std::string() : waivers.error().message;
  };
  EXPECT_NE(told(kOne, "who = ", "woh = ").find("w.toml:5: waiver 1: key 'woh' is not known"), std::string::npos);
  EXPECT_NE(told(kOne, "why = \"archive\"\n", "").find("key 'why' is missing"), std::string::npos);
  EXPECT_NE(told(kOne, "\"archive\"", "\"\"").find("w.toml:6: waiver 1: key 'why' must not be empty"),
            std::string::npos);
  EXPECT_NE(told(kOne, "rule = \"loudness\"\n", "").find("one of the two"), std::string::npos);
  EXPECT_NE(told(kOne, "profile = \"own\"", "finding = \"fnd_1\"").find("one of the two"), std::string::npos);
  EXPECT_NE(told(kOne, "format = 1", "format = 2").find("'format' must be 1"), std::string::npos);
  EXPECT_NE(told(kOne, "[[waiver]]", "[waiver]").find("[[waiver]]"), std::string::npos);
  EXPECT_NE(told(kOne, "until = ", "until = = ").find("w.toml:7:"), std::string::npos);
}

TEST(Waiver, UntilIsADayOfTheCalendar) {
  for (const char* day : {"2027-02-29", "2027-13-01", "2027-00-10", "2027-04-31", "27-04-01", "2027/04/01", "forever",
                          "2027-04-01T00:00:00Z", "0000-01-01"}) {
    std::string text = kOne;
    text.replace(text.find("2027-03-31"), 10, day);
    const auto waivers = parse_waivers(text, "w.toml");
    ASSERT_FALSE(waivers) << day;
    EXPECT_NE(waivers.error().message.find("'until' must be a day"), std::string::npos) << waivers.error().message;
  }
  std::string leap = kOne;
  leap.replace(leap.find("2027-03-31"), 10, "2028-02-29");
  EXPECT_TRUE(parse_waivers(leap, "w.toml"));
}

TEST(Waiver, BrokenJsonIsToldWithItsPlace) {
  const auto told = [](const std::string& text) {
    const auto waivers = parse_waivers(text, "w.json");
    return waivers ? std::string() : waivers.error().message;
  };
  EXPECT_NE(told(R"({"format": 1, "waiver": [{"rule": "r", "who": "w", "why": "y"}]})").find("waiver 1: key 'until'"),
            std::string::npos);
  EXPECT_NE(told(R"({"format": 1, "waiver": [1]})").find("list of tables"), std::string::npos);
  EXPECT_NE(told(R"({"format": 1, "waiver": {}})").find("list of tables"), std::string::npos);
  EXPECT_NE(told(R"({"format": 1,)").find("w.json"), std::string::npos);
  EXPECT_NE(told(R"({"format": 1, "waiver": [{"rule": 7, "who": "w", "why": "y", "until": "2027-01-01"}]})")
                .find("'rule' must be a text"),
            std::string::npos);
  EXPECT_FALSE(parse_waivers("format = 1\n# \xff\n", "w.toml"));
}

TEST(Waiver, DayOfAMoment) {
  EXPECT_EQ(day_of(1'700'000'000'000'000), "2023-11-14");
}

}  // namespace
}  // namespace pier::analysis
